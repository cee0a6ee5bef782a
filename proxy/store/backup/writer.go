package backup

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"hash"
	"io"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/internal/codec"
)

// Writer writes a backup. After an error the file is useless.
type Writer struct {
	out     *bufio.Writer // to the file and to sum
	to      io.Writer
	sum     hash.Hash
	records uint64
	buf     []byte
}

// NewWriter writes the header; it sets its Version.
func NewWriter(to io.Writer, h Header) (*Writer, error) {
	h.Version = version
	head, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	w := &Writer{to: to, sum: sha256.New()}
	w.out = bufio.NewWriterSize(io.MultiWriter(to, w.sum), 1<<16)
	_, _ = w.out.WriteString(kind) // a bufio.Writer keeps its first error
	return w, w.part(head)
}

// Add writes a record of a space.
func (w *Writer) Add(space string, e store.Entry) error {
	w.records++
	w.buf = codec.Pack(w.buf[:0], e.Terms, e.Body)
	_ = w.out.WriteByte(recordTag)
	_ = w.part([]byte(space))
	_ = w.part([]byte(e.ID))
	return w.part(w.buf)
}

// part writes the length of b, and b.
func (w *Writer) part(b []byte) error {
	_, _ = w.out.Write(binary.AppendUvarint(nil, uint64(len(b))))
	_, err := w.out.Write(b)
	return err
}

// Close writes the trailer, and returns the number of records. It does not close the file.
func (w *Writer) Close() (records uint64, err error) {
	_, _ = w.out.Write(binary.BigEndian.AppendUint64([]byte{trailerTag}, w.records))
	if err := w.out.Flush(); err != nil {
		return 0, err
	}
	_, err = w.to.Write(w.sum.Sum(nil))
	return w.records, err
}
