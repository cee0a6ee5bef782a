// Package storetest is the suite that every engine of the store passes, and the in-memory engine for tests of the rooms above.
//
// It owns what the contract means, as tests (Run), and Memory, which passes them too and can be told to fail. It must not know any real
// engine: their own tests call Run.
//
// # Failure story
//
// Memory is gone with the process. SetDown makes it a store that is down; OnOp decides before each operation, so a test can fail the
// n-th save, block a caller, or end a context in the middle of a conversation.
package storetest
