//go:build linux || darwin

package disk

import "syscall"

// Free returns the bytes that a user without privileges can still write into a directory. It
// reports false if that is not known.
func Free(dir string) (bytes int64, known bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return int64(s.Bavail * uint64(s.Bsize)), true
}
