package tenantfile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// mode is who may do what with a file.
type mode struct {
	// first is the mode of a new file, before the umask.
	first fs.FileMode
	// most is what remains of the mode of a file that is there.
	most fs.FileMode
}

var (
	tenantMode = mode{0o644, 0o777}
	secretMode = mode{0o600, 0o770}
)

// writer writes files of a directory. Its owner holds the lock of the directory.
type writer struct {
	// forbidden says why the directory cannot be written. Then the writer writes nothing.
	forbidden error
}

// replace gives a file a new content at once. It keeps mode and owner of a file that is there, and
// follows links. A new file has the owner of its directory if the program may give it that.
func (w writer) replace(path string, content []byte, m mode) error {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		target = path // a new file
	}
	perm := m.first
	like, err := os.Stat(target)
	isNew := errors.Is(err, fs.ErrNotExist)
	switch {
	case isNew:
		like, err = os.Stat(filepath.Dir(target))
	case err == nil:
		perm = like.Mode().Perm() & m.most
		if old, err := os.ReadFile(target); err == nil && bytes.Equal(old, content) && like.Mode().Perm() == perm {
			return nil
		}
	}
	if err == nil {
		err = w.forbidden
	}
	if err == nil {
		err = write(target, content, perm, like, isNew)
	}
	if forbidden(err) {
		return &NotWritableError{Path: path, Content: content, Err: err}
	}
	return err
}

// remove removes a file. A file that is gone already is fine.
func (w writer) remove(path string) error {
	err := w.forbidden
	if err == nil {
		err = os.Remove(path)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case forbidden(err):
		return &NotWritableError{Path: path, Err: err}
	case err != nil:
		return err
	}
	return syncDir(filepath.Dir(path))
}

// write writes a hidden file beside the path and renames it. The name is the same every time, so
// that what a killed process left is replaced.
func write(path string, content []byte, perm fs.FileMode, like fs.FileInfo, isNew bool) error {
	temp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".tmp")
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = giveOwner(f, like, isNew)
	}
	if err == nil && !isNew {
		err = f.Chmod(perm) // regardless of the umask, and of the change of the owner
	}
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes the names of a directory durable. Windows cannot open one for that.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// forbidden reports that the operating system does not allow a change here.
func forbidden(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, readOnlyFileSystem)
}

// errno is what the operating system said, without the name of the file.
func errno(err error) string {
	if e, ok := errors.AsType[syscall.Errno](err); ok {
		return e.Error()
	}
	return err.Error()
}
