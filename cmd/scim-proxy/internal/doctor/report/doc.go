// Package report has the findings of doctor: their form for people and for programs, and their
// order.
package report
