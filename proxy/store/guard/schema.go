package guard

import (
	"encoding/json"
	"fmt"

	"keycloak-scim-proxy/proxy/store"
)

// Schema is the form in which this release keeps records: their bodies, index terms and spaces. A
// release that changes it so that earlier ones would misread the records raises it.
// docs/upgrading.md lists the schemas.
const Schema = 1

// schemaID is the record that says which schema a store has. A store of before this record has
// schema 1.
const schemaID = "schema"

// schemaNote is the body of the record, as JSON.
type schemaNote struct {
	Schema int `json:"schema"`
	// Release wrote the note: it and later ones can read the store.
	Release string `json:"release"`
}

func (n schemaNote) body() []byte {
	b, _ := json.Marshal(n) // a number and a text
	return b
}

// SchemaOf returns the schema of a store from the records of its system space. The error is
// ErrSchema.
func SchemaOf(records map[string]store.Record) (int, error) {
	n, err := noted(records)
	return n.Schema, err
}

func noted(records map[string]store.Record) (n schemaNote, err error) {
	r, there := records[schemaID]
	if !there {
		return schemaNote{Schema: Schema}, nil
	}
	if err := json.Unmarshal(r.Body, &n); err != nil {
		return n, fmt.Errorf("%w: the record with its schema cannot be read", store.ErrSchema)
	}
	return n, nil
}

// checkSchema reports ErrSchema for a store of a later schema.
func checkSchema(records map[string]store.Record) error {
	n, err := noted(records)
	if err == nil && n.Schema > Schema {
		err = fmt.Errorf("%w: it has schema %d, and this release reads schema %d: use release %q, which wrote it, or a later one (docs/upgrading.md)", store.ErrSchema, n.Schema, Schema, n.Release)
	}
	return err
}
