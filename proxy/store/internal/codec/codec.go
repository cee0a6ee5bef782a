package codec

import (
	"encoding/binary"
	"errors"
	"strings"
)

// ErrMalformed means that bytes were not written by this package.
var ErrMalformed = errors.New("malformed record")

// escape removes NUL from a term, so that NUL can end it: 00 becomes 01 01, and 01 becomes 01 02.
// Byte order is kept.
func escape(term string) string {
	if !strings.ContainsAny(term, "\x00\x01") {
		return term
	}
	return escaper.Replace(term)
}

var escaper = strings.NewReplacer("\x00", "\x01\x01", "\x01", "\x01\x02")

func unescape(s string) (string, error) {
	if strings.IndexByte(s, 1) < 0 {
		return s, nil
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != 1 {
			out = append(out, s[i])
			continue
		}
		if i++; i == len(s) || s[i] != 1 && s[i] != 2 {
			return "", ErrMalformed
		}
		out = append(out, s[i]-1)
	}
	return string(out), nil
}

// Entry is the index entry that leads from a term to a record: the escaped term, NUL, the id. The
// entries of a term are exactly those that begin with Entry(term, ""), so a term never matches
// another one that begins with it.
func Entry(term, id string) string { return escape(term) + "\x00" + id }

// EntryEnd is the smallest string that is greater than all entries of the term.
func EntryEnd(term string) string { return escape(term) + "\x01" }

// JoinTerms joins the escaped terms by NUL. No term may be empty.
func JoinTerms(terms []string) string {
	out := make([]string, len(terms))
	for i, t := range terms {
		out[i] = escape(t)
	}
	return strings.Join(out, "\x00")
}

// SplitTerms is the inverse of JoinTerms.
func SplitTerms(joined string) ([]string, error) {
	if joined == "" {
		return nil, nil
	}
	out := strings.Split(joined, "\x00")
	for i, s := range out {
		t, err := unescape(s)
		if err != nil || t == "" {
			return nil, ErrMalformed
		}
		out[i] = t
	}
	return out, nil
}

// Pack appends terms and body to dst: the length of the joined terms as a uvarint, the joined
// terms, and the body.
func Pack(dst []byte, terms []string, body []byte) []byte {
	joined := JoinTerms(terms)
	dst = binary.AppendUvarint(dst, uint64(len(joined)))
	dst = append(dst, joined...)
	return append(dst, body...)
}

// Unpack is the inverse of Pack. The body is a part of b and not a copy.
func Unpack(b []byte) (terms []string, body []byte, err error) {
	n, used := binary.Uvarint(b)
	if used <= 0 || n > uint64(len(b)-used) {
		return nil, nil, ErrMalformed
	}
	b = b[used:]
	terms, err = SplitTerms(string(b[:n]))
	return terms, b[n:], err
}
