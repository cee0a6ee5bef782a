// Package storage opens the store that the configuration names, and does with it what an operator
// does with a store as a whole: reseal, back up, restore, verify.
package storage
