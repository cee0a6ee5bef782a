// Package proxy is the composition root: the only package that knows all rooms and in which order they stand.
//
//	New      reads what was configured into parts that live as long as the process
//	compose  the whole path of a request, bottom to top
//	Run      serves until the context ends
//
// Mutable state lives in parts (spaces, what is known of a realm), in the gates (accounts, who was let in, marks) and in the meter; everything
// else is made anew per request.
package proxy
