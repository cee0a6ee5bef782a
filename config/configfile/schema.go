package configfile

import (
	_ "embed"
)

//go:embed schema.json
var schema []byte

// Schema returns the JSON Schema (draft 2020-12) of the main file; that of a tenant's file is its
// definition Tenant. It is made from the comments of the structs by `go test -update`. A file that
// does not conform is refused by Load too; Load refuses more, such as files that do not exist.
func Schema() []byte { return schema }
