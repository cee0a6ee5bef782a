package codec_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"keycloak-scim-proxy/proxy/store/internal/codec"
)

// awkward draws names with many bytes that are special to the encoding.
func awkward() *rapid.Generator[string] {
	return rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 2, 3, 'a', 'b', 0xff}), 1, 6), func(b []byte) string { return string(b) })
}

func TestPackedRecordsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms := rapid.SliceOfN(awkward(), 0, 4).Draw(t, "terms")
		body := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		gotTerms, gotBody, err := codec.Unpack(codec.Pack(nil, terms, body))
		if err != nil || !slices.Equal(gotTerms, terms) || !bytes.Equal(gotBody, body) {
			t.Fatalf("Unpack(Pack(%q, %q)) = %q, %q, %v", terms, body, gotTerms, gotBody, err)
		}
	})
}

func TestAnEntryBelongsToItsTermOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		term, other, id := awkward().Draw(t, "term"), awkward().Draw(t, "other"), awkward().Draw(t, "id")
		entry := codec.Entry(term, id)
		found, ok := strings.CutPrefix(entry, codec.Entry(other, ""))
		if ok != (term == other) || ok && found != id {
			t.Fatalf("entry %q of term %q is found under %q: %v %q", entry, term, other, ok, found)
		}
		if between := entry > codec.Entry(other, "") && entry < codec.EntryEnd(other); between != ok {
			t.Fatalf("entry %q in the range of %q: %v, want %v", entry, other, between, ok)
		}
	})
}

func TestForeignBytesAreRefused(t *testing.T) {
	for name, b := range map[string][]byte{
		"empty":                    {},
		"length beyond the end":    {5, 'a'},
		"length without end":       {0x80, 0x80},
		"unfinished escape":        {2, 'a', 1},
		"unknown escape":           {2, 1, 3},
		"empty term between terms": {4, 'a', 0, 0, 'b'},
	} {
		if _, _, err := codec.Unpack(b); !errors.Is(err, codec.ErrMalformed) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
