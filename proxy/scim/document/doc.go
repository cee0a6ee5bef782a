// Package document is SCIM's JSON: immutable resources, objects that are parsed once and changed in
// place, attribute paths, and operations on JSON text.
//
// Values that nothing changes keep their bytes. Member names are found without regard to letter case
// (RFC 7643 section 2.1). Texts are JSON that CheckJSON or json.Valid has accepted; only those two
// look at the grammar.
//
// It knows neither schemas nor filters nor requests.
package document
