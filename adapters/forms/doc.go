// Package forms has the rules for forms of URNs and values that SCIM does not define, but that
// clients of every provider send. A correct client sends nothing that they change.
package forms
