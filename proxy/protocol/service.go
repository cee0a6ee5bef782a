package protocol

import (
	"context"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
)

// Service answers a decoded call. It has one method, because wrappers treat all calls alike.
type Service interface {
	Do(ctx context.Context, c Call) (Answer, error)
}

// ServiceFunc is a function that is a Service.
type ServiceFunc func(context.Context, Call) (Answer, error)

// Do calls the function.
func (f ServiceFunc) Do(ctx context.Context, c Call) (Answer, error) { return f(ctx, c) }

// Answer is the result of a Service. Version is empty if only a part of the resource was read.
type Answer struct {
	Resource scim.Resource
	Page     *directory.Page
	Version  string
	// Made is the resource that a Create made, also if its body is not requested.
	Made scim.Ref
	// Skipped are members that were left out because they do not exist, for the log.
	Skipped []string
	// Left are attributes that a Restore has not restored, because they have changed.
	Left []scim.AttrPath
	// Adopted reports that a create took over a resource that an earlier, unanswered create had
	// made.
	Adopted bool
}
