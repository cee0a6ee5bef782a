// Package corpus reads the golden corpus in adapters/testdata/<idp>/*.txtar: requests that identity
// providers send, the form that a dialect turns them into, and the state after them. The tests of
// package adapters and the tests on a real Keycloak share it.
package corpus
