//go:build !linux && !darwin

package disk

// Free reports false: it is not known here.
func Free(string) (bytes int64, known bool) { return 0, false }
