package backup

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/internal/codec"
)

const (
	maxHeader = 64 << 10
	// maxPacked bounds a packed record, in bytes. Escaping at most doubles a term.
	maxPacked = store.MaxBody + store.MaxTerms*(2*store.MaxTerm+1) + binary.MaxVarintLen64
)

// File is a backup that is complete and not damaged.
type File struct {
	Header
	// Records is their number.
	Records uint64

	from io.ReadSeeker
}

// Open reads all of a backup and checks it. Its errors are ErrDamaged, that of a format of a later
// release, or those of reading.
func Open(from io.ReadSeeker) (*File, error) {
	f := &File{from: from}
	return f, f.read(func(string, store.Entry) error {
		f.Records++
		return nil
	})
}

// Each calls fn for each record, in the order of the file. It checks the file again, so that one
// that was changed since Open is an error after the last record.
func (f *File) Each(fn func(space string, e store.Entry) error) error { return f.read(fn) }

func (f *File) read(fn func(string, store.Entry) error) error {
	if _, err := f.from.Seek(0, io.SeekStart); err != nil {
		return err
	}
	r := &reader{in: bufio.NewReaderSize(f.from, 1<<16), sum: sha256.New()}
	if head := r.bytes(len(kind)); r.err != nil || string(head) != kind {
		return orDamaged(r.err, "it does not begin as one")
	}
	head := r.part(maxHeader)
	if r.err != nil {
		return orDamaged(r.err, "")
	}
	var err error
	if f.Header, err = parseHeader(head); err != nil {
		return err
	}
	for n := uint64(0); ; n++ {
		tag := r.bytes(1)
		if r.err == nil && tag[0] == trailerTag {
			return r.trailer(n)
		}
		if r.err == nil && tag[0] != recordTag {
			return orDamaged(nil, fmt.Sprintf("after %d records there is no record", n))
		}
		space, e, err := r.record()
		if err != nil {
			return err
		}
		if err := fn(space, e); err != nil {
			return err
		}
	}
}

// reader reads parts and keeps the first error.
type reader struct {
	in  *bufio.Reader
	sum hash.Hash
	err error
}

func (r *reader) record() (space string, e store.Entry, err error) {
	space, e.ID = string(r.part(store.MaxID)), string(r.part(store.MaxID))
	packed := r.part(maxPacked)
	if r.err != nil {
		return "", e, orDamaged(r.err, "")
	}
	if e.Terms, e.Body, err = codec.Unpack(packed); err == nil {
		e.Record, err = store.Prepare(e.ID, e.Record)
	}
	if err == nil {
		err = store.CheckIDs(space)
	}
	if err != nil {
		return "", e, orDamaged(nil, err.Error())
	}
	return space, e, nil
}

// trailer checks the end of the file, which follows after n records.
func (r *reader) trailer(n uint64) error {
	count := r.bytes(8)
	if r.err == nil && binary.BigEndian.Uint64(count) != n {
		return orDamaged(nil, fmt.Sprintf("it has %d records and says %d", n, binary.BigEndian.Uint64(count)))
	}
	want := r.sum.Sum(nil)
	got := r.bytes(len(want))
	switch {
	case r.err != nil:
		return orDamaged(r.err, "")
	case !bytes.Equal(got, want):
		return orDamaged(nil, "its checksum is wrong")
	}
	if _, err := r.in.ReadByte(); !errors.Is(err, io.EOF) {
		return orDamaged(nil, "more follows after its end")
	}
	return nil
}

// ReadByte is io.ByteReader.
func (r *reader) ReadByte() (byte, error) {
	b := r.bytes(1)
	if r.err != nil {
		return 0, r.err
	}
	return b[0], nil
}

// part reads a length of at most limit, and as many bytes.
func (r *reader) part(limit uint64) []byte {
	n, err := binary.ReadUvarint(r)
	if r.err == nil && (err != nil || n > limit) {
		r.err = fmt.Errorf("%w: a length of %d bytes, at most %d", ErrDamaged, n, limit)
	}
	if r.err != nil {
		return nil
	}
	return r.bytes(int(n))
}

// bytes reads n bytes. Memory is taken as they come, because n may be damaged.
func (r *reader) bytes(n int) []byte {
	if r.err != nil {
		return nil
	}
	var b bytes.Buffer
	if _, err := io.CopyN(&b, r.in, int64(n)); err != nil {
		r.err = err
		return nil
	}
	r.sum.Write(b.Bytes())
	return b.Bytes()
}

// orDamaged returns ErrDamaged with a reason. An end of the file means that it was cut short; any
// other error of reading is returned as it is.
func orDamaged(err error, why string) error {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: it is cut short", ErrDamaged)
	case err != nil:
		return err
	}
	return fmt.Errorf("%w: %s", ErrDamaged, why)
}
