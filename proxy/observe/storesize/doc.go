// Package storesize has the metrics of the size of the store and of its limit. It does not know the
// store, which is a function.
package storesize
