// Package storetest is the suite that every engine of the store passes, and an in-memory engine for
// tests of the layers above.
//
// It owns the contract in the form of tests (Run, and RunGuard for package guard), and Memory,
// which passes them too and can be made to fail. It must not know any real engine: their own tests
// call Run.
//
// # Failure story
//
// Memory is lost with the process. SetDown makes it a store that is down. OnOp decides before each
// operation, so a test can fail the n-th save, block a caller, or end a context during a
// conversation.
package storetest
