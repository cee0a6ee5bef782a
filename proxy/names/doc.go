// Package names examines the names in writes that no schema defines: core attributes,
// sub-attributes, attributes of a declared extension, and extensions that are not declared.
//
// POST, PUT and PATCH follow one rule. A tolerant tenant keeps them, and a name that looks like a
// misspelt one is noted. A strict tenant refuses them with 400.
package names
