//go:build linux || darwin

package doctor

import "syscall"

// disk returns how many bytes of a file system users other than root may still write, and its size.
func disk(dir string) (free, all uint64, err error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, 0, err
	}
	block := uint64(s.Bsize)
	return s.Bavail * block, s.Blocks * block, nil
}
