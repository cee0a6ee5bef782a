package protocol

import (
	"context"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
)

// Service answers one decoded call. It has one method because everything that wraps it treats all calls alike.
type Service interface {
	Do(ctx context.Context, c Call) (Answer, error)
}

// ServiceFunc makes a decorator or a fake out of a function.
type ServiceFunc func(context.Context, Call) (Answer, error)

// Do calls the function.
func (f ServiceFunc) Do(ctx context.Context, c Call) (Answer, error) { return f(ctx, c) }

// Answer of a Service. Version is empty where not the whole resource was read: an ETag is never guessed.
type Answer struct {
	Resource scim.Resource
	Page     *directory.Page
	Version  string
	// Made is the resource that a Create made, also if the caller does not want to see it.
	Made scim.Ref
	// Skipped are members that were left out because they do not exist, for the log.
	Skipped []string
	// Adopted says that a create took over a resource that an earlier, unanswered create had made.
	Adopted bool
}
