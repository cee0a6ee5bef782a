//go:build unix

package tenantfile

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

const readOnlyFileSystem = syscall.EROFS

// giveOwner gives a file the owner and the group of another, so that the proxy can read a file that
// root wrote. If the program may not do that, it refuses a replacement that the old owner could not
// read.
func giveOwner(f *os.File, like fs.FileInfo, isNew bool) error {
	want, ok := like.Sys().(*syscall.Stat_t)
	if !ok || isNew && os.Geteuid() != 0 {
		return nil
	}
	if err := f.Chown(int(want.Uid), int(want.Gid)); err == nil || isNew || like.Mode().Perm()&0o004 != 0 {
		return nil
	}
	return fmt.Errorf("it belongs to the user %d and the group %d, who could not read it any more: run the command as that user, or as root",
		want.Uid, want.Gid)
}
