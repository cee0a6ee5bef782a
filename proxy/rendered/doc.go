// Package rendered keeps the discovery documents of a tenant, so that they are not made for each
// request.
package rendered
