// Package turns bounds how many calls run at the same time, and shares the places fairly between
// the callers.
//
//	Queue   has a number of places; a call takes one with Acquire and gives it back
//
// A place that becomes free goes to the callers that wait in turn: each caller has one queue of its
// own, in the order of arrival, and the queues are served one after the other. So a caller with a
// thousand waiting calls delays the call of another by one call, not by a thousand. One caller may
// hold at most three quarters of the places, so that others find one at once.
//
// If nothing is there to be called, Refuse sends all that wait away at once.
//
// It does not know what a call is, and who calls.
package turns
