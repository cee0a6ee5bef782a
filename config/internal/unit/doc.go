// Package unit has the values of the configuration that are written with a unit or as a date.
package unit
