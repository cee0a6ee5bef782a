package directory

import "context"

type reviveKey struct{}

// Reviving returns a context in which Get and Update work on a user that a DELETE has parked or
// deactivated, and on no other user. Only the undo of a DELETE uses it.
func Reviving(ctx context.Context) context.Context {
	return context.WithValue(ctx, reviveKey{}, true)
}

// Revives reports whether a context is one of Reviving.
func Revives(ctx context.Context) bool { return ctx.Value(reviveKey{}) != nil }

// MemberTime is what a layer has to do with the meta.lastModified of a group whose members are
// changed.
type MemberTime struct {
	// Changes reports, after the change, whether the group has other members than before.
	Changes func() bool
	// Changed receives the times before and after, as JSON texts. before is "" if the time was not
	// kept, but was that of the directory below.
	Changed func(before, after string)
}

type timeKey struct{}

// WithMemberTime returns a context for ChangeMembers.
func WithMemberTime(ctx context.Context, t MemberTime) context.Context {
	return context.WithValue(ctx, timeKey{}, t)
}

// MemberTimeOf returns the MemberTime of a context. Without one, every change counts.
func MemberTimeOf(ctx context.Context) MemberTime {
	if t, ok := ctx.Value(timeKey{}).(MemberTime); ok {
		return t
	}
	return MemberTime{Changes: func() bool { return true }, Changed: func(string, string) {}}
}
