// Package guarding makes the guards of tenants as configured (proxy/policy/budget), and tells
// operators what they do: log lines, metrics, and a webhook. It decides nothing.
package guarding
