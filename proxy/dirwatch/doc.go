// Package dirwatch notices that the files of a directory have changed.
//
// The operating system reports a change at once. Because it does not report every one (a link whose
// target changes, a network file system, a directory that is replaced as a whole), the directory is
// also compared with what it was every Poll. A change counts when nothing has changed for Quiet, so
// that a program that writes several files, or Kubernetes that replaces a mounted ConfigMap, is not
// seen halfway.
//
// It does not know what the files mean.
package dirwatch
