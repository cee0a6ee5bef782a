// Package browser drives a real Chromium for tests of pages, and checks pages for what people need
// who use a keyboard, a screen reader, a phone or a dark screen.
//
// One Chromium serves all tests of a process; it ends with the process, also if that is killed.
// Each Tab has its own cookies. A tab fails its test at the end if the page wrote an error to the
// console, violated its content security policy, opened a dialog, or asked for a file that is not
// there. Every wait has a deadline and none has a fixed length.
//
// Tests skip under -short. Screenshots are artifacts: run go test with -artifacts -outputdir DIR to
// keep them.
package browser
