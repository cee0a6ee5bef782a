// Package corpus reads the golden corpus in adapters/testdata/<idp>/*.txtar: what identity providers send, what a dialect makes of it, and the
// state that it must end in. The tests of adapters and the conversations on a real Keycloak share it.
package corpus
