package cli

import "fmt"

// UsageError is an error in the command line. The program exits with 2.
type UsageError struct{ Err error }

// Usage makes an error in the command line.
func Usage(format string, args ...any) error { return UsageError{fmt.Errorf(format, args...)} }

// Error is the text of the error.
func (e UsageError) Error() string { return e.Err.Error() }

// Unwrap returns the error.
func (e UsageError) Unwrap() error { return e.Err }
