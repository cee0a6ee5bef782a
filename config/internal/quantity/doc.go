// Package quantity has the sizes, durations and dates of the configuration, as they are written.
package quantity
