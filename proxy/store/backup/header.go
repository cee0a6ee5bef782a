package backup

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

const (
	kind = "scim-proxy store backup\n"
	// version is the version of the format that this release writes, and the only one it reads.
	version = 1

	recordTag  = 1
	trailerTag = 0
)

// ErrDamaged means that a file is not a backup, or that it was cut short or changed.
var ErrDamaged = errors.New("the backup is damaged")

// Header says what is in a backup.
type Header struct {
	// Version is that of the format.
	Version int `json:"version"`
	// Created is when the backup was begun.
	Created time.Time `json:"created"`
	// Release is the release of the program that made the backup, or empty.
	Release string `json:"release,omitempty"`
	// Stamp is that of the store.
	Stamp string `json:"stamp"`
	// Schema is the form of the records; package guard knows it.
	Schema int `json:"schema"`
}

func parseHeader(b []byte) (h Header, err error) {
	if err := json.Unmarshal(b, &h); err != nil {
		return h, fmt.Errorf("%w: its header cannot be read", ErrDamaged)
	}
	if h.Version != version {
		return h, fmt.Errorf("the backup has format %d, and this release reads format %d: use release %q or a later one", h.Version, version, h.Release)
	}
	return h, nil
}
