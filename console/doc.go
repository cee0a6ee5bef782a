// Package console serves the pages of operators at /console on the admin listener: tenants with
// their live activity, tokens, guard, drift, undo and set-up link; users and groups; the system.
//
//	Backend   the proxy as the pages see it, and the types that they show   (backend.go, views.go)
//	Console   the routes; which of them need a session                     (console.go)
//	action    what changes something: a question, and what is done         (action*.go)
//	pages     what is only read                                            (pages*.go)
//
// A GET changes nothing. An action is a POST of a form that its own page showed: the page asks
// once, and the form has a token that is bound to the session and the action and works once. The
// action is recorded with the operator's name before it is done.
package console
