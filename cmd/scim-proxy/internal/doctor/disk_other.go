//go:build !linux && !darwin

package doctor

import "errors"

// disk is not known on this system.
func disk(string) (free, all uint64, err error) { return 0, 0, errors.ErrUnsupported }
