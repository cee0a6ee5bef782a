// Package notices tells the operator what happens beside requests: whether tenants work, which
// users no tenant reaches, how Keycloak's two APIs differ, and how the index of kept attributes
// grows. Each notice is a line of the log and, for what lasts, a metric. It decides nothing.
package notices
