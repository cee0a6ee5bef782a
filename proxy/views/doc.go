// Package views is the console's Backend: it makes the views of the console from the parts of a
// proxy, and carries out its actions.
//
//	Views      its parts, and the list of tenants     (views.go, tenant.go)
//	activity   the journal as pages show it           (activity.go)
//	hours      writes by hour and outcome             (hours.go)
//	resource   a user or group, attribute by attribute (resource.go)
//	actions    what an operator does                  (actions.go, setup.go)
package views
