// Package walk reads the pages of a directory one after the other, several at the same time.
//
// The next page is not known before the last resource of the one before, so that pages by
// ResumeAfter cannot be read ahead. Pages by index can, but skip resources while others create and
// delete. So each page by index begins with the last row of the page before. If that row is another
// resource, rows have moved: what was read ahead is dropped, and the walk resumes after its last
// resource. A walk sees each resource that exists all the time exactly once.
package walk
