package embedded

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
)

// The layout of a bbolt file, in bytes and in the byte order of the machine. A page begins with its
// number (8), its kind (2), the number of its elements (2) and of the pages that continue it (4).
// The elements follow, 16 each, then their keys and values without a gap in the order of the
// elements.
const (
	headerSize  = 16
	elementSize = 16
	branchPage  = 0x01
	leafPage    = 0x02
	freePage    = 0x10
	bucketFlag  = 0x01
	noFreePage  = ^uint64(0)
	metaMagic   = 0xED0CDAED
	metaVersion = 2
	metaSize    = 64 // the last 8 are a checksum
)

// Bounds that a file of this package never reaches.
const (
	deepest = 64       // levels of one tree
	largest = 64 << 20 // one page with those that continue it
	longest = 32 << 10 // a key
)

// meta says where everything else is. It is on each of the first two pages; bbolt writes them in
// turn, and the newer valid one counts.
type meta struct{ root, free, pages, transaction uint64 }

func readMeta(file io.ReaderAt, at int64) (meta, bool) {
	var b [metaSize]byte
	if _, err := file.ReadAt(b[:], at+headerSize); err != nil {
		return meta{}, false
	}
	sum := fnv.New64a()
	sum.Write(b[:metaSize-8])
	valid := u32(b[0:]) == metaMagic && u32(b[4:]) == metaVersion && u64(b[metaSize-8:]) == sum.Sum64()
	return meta{root: u64(b[16:]), free: u64(b[32:]), pages: u64(b[40:]), transaction: u64(b[48:])}, valid
}

func newestMeta(file io.ReaderAt, pageSize int64) (meta, bool) {
	first, ok1 := readMeta(file, 0)
	second, ok2 := readMeta(file, pageSize)
	if ok2 && (!ok1 || second.transaction > first.transaction) {
		return second, true
	}
	return first, ok1
}

func u16(b []byte) uint16 { return binary.NativeEndian.Uint16(b) }
func u32(b []byte) uint32 { return binary.NativeEndian.Uint32(b) }
func u64(b []byte) uint64 { return binary.NativeEndian.Uint64(b) }

// verifier walks the pages of a file. bbolt trusts every page: a damaged one makes it panic,
// recurse without end, take memory without bound, or miss records. Keys and values are not checked,
// because they have no checksum.
type verifier struct {
	file     io.ReaderAt
	pageSize int64
	used     []bool // pages that were reached or are free
	fresh    bool   // bbolt made the file, and nothing was written to it yet
}

// verify reports damage of the file's structure.
func verify(file io.ReaderAt, size, pageSize int64) error {
	m, ok := newestMeta(file, pageSize)
	if !ok {
		return errors.New("its first two pages are not valid")
	}
	if m.pages > uint64(size/pageSize) {
		return fmt.Errorf("it has %d bytes, and %d pages of %d", size, m.pages, pageSize)
	}
	v := &verifier{file: file, pageSize: pageSize, used: make([]bool, m.pages), fresh: m.transaction <= 1}
	if err := v.bucket(m.root, nil, place{}); err != nil {
		return err
	}
	return v.freePages(m.free)
}

// page reads a page and the pages that continue it.
func (v *verifier) page(id uint64) ([]byte, error) {
	if id < 2 || id >= uint64(len(v.used)) {
		return nil, fmt.Errorf("it refers to page %d of %d", id, len(v.used))
	}
	var header [headerSize]byte
	at := int64(id) * v.pageSize
	if _, err := v.file.ReadAt(header[:], at); err != nil {
		return nil, fmt.Errorf("page %d: %w", id, err)
	}
	more := uint64(u32(header[12:]))
	size := int64(more+1) * v.pageSize
	if u64(header[:]) != id || id+more >= uint64(len(v.used)) || size > largest {
		return nil, fmt.Errorf("page %d begins wrongly", id)
	}
	for i := id; i <= id+more; i++ {
		if v.used[i] {
			return nil, fmt.Errorf("page %d is used twice", i)
		}
		v.used[i] = true
	}
	page := make([]byte, size)
	if _, err := v.file.ReadAt(page, at); err != nil {
		return nil, fmt.Errorf("page %d: %w", id, err)
	}
	return page, nil
}

// element is an element of a leaf, or of a branch. In a branch, child is the page below it.
type element struct {
	key, value []byte
	isBucket   bool
	child      uint64
}

// elements returns the elements of a leaf or branch, and the number of bytes that they use. Their
// keys must rise from low, inclusive, to high, exclusive; nil means no bound.
func elements(page, low, high []byte) (out []element, used int, err error) {
	out = make([]element, u16(page[10:]))
	data := uint64(headerSize + elementSize*len(out))
	for i := range out {
		at := headerSize + elementSize*i
		if data > uint64(len(page)) {
			return nil, 0, errors.New("has too many elements")
		}
		e, b := &out[i], page[at:]
		var start, keySize, valueSize uint64
		if u16(page[8:]) == branchPage {
			start, keySize, e.child = uint64(u32(b)), uint64(u32(b[4:])), u64(b[8:])
		} else {
			start, keySize, valueSize = uint64(u32(b[4:])), uint64(u32(b[8:])), uint64(u32(b[12:]))
			e.isBucket = u32(b) == bucketFlag
			if u32(b) > bucketFlag {
				return nil, 0, fmt.Errorf("has an element %d of an unknown kind", i)
			}
		}
		end := data + keySize + valueSize
		if uint64(at)+start != data || end > uint64(len(page)) || keySize == 0 || keySize > longest {
			return nil, 0, fmt.Errorf("has an element %d in a wrong place", i)
		}
		e.key, e.value = page[data:data+keySize], page[data+keySize:end]
		if i > 0 && bytes.Compare(out[i-1].key, e.key) >= 0 || i == 0 && bytes.Compare(low, e.key) > 0 || high != nil && bytes.Compare(e.key, high) >= 0 {
			return nil, 0, fmt.Errorf("has an element %d out of order", i)
		}
		data = end
	}
	return out, int(data), nil
}

// freePages checks that each page is either in use or free. bbolt overwrites free pages, and if a
// page is neither, records are missing.
func (v *verifier) freePages(id uint64) error {
	if id == noFreePage {
		return nil // bbolt then searches for free pages
	}
	page, err := v.page(id)
	if err != nil {
		return err
	}
	ids, count := page[headerSize:], uint64(u16(page[10:]))
	if count == 0xFFFF {
		ids, count = ids[8:], u64(ids)
	}
	if u16(page[8:]) != freePage || count > uint64(len(ids)/8) {
		return fmt.Errorf("page %d is not a list of free pages", id)
	}
	for i := range count {
		free := u64(ids[8*i:])
		if free < 2 || free >= uint64(len(v.used)) || v.used[free] {
			return fmt.Errorf("page %d is free and in use, or not there", free)
		}
		v.used[free] = true
	}
	if lost := slices.Index(v.used[2:], false); lost >= 0 {
		return fmt.Errorf("page %d is neither free nor in use", lost+2)
	}
	return nil
}
