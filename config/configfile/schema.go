package configfile

import (
	_ "embed"
	"encoding/json"
)

//go:embed schema.json
var schema []byte

// Schema returns the JSON Schema (draft 2020-12) of the main file; that of a tenant's file is its
// definition Tenant. It is made from the comments of the structs by `go test -update`. A file that
// does not conform is refused by Load too; Load refuses more, such as files that do not exist.
func Schema() []byte { return schema }

// TenantSchema returns the JSON Schema of a tenant's file. It has every definition of Schema.
func TenantSchema() ([]byte, error) {
	var all map[string]any
	if err := json.Unmarshal(schema, &all); err != nil {
		return nil, err
	}
	all["$ref"], all["title"] = "#/$defs/Tenant", "The file of a tenant of scim-proxy"
	return json.MarshalIndent(all, "", "  ")
}
