package shim

import (
	"fmt"
	"slices"
	"strings"
)

// Rule is one thing that Keycloak 26.8 is expected to do otherwise than 26.7.3. The number is that
// of the list of expectations. Not imposed are: federated users (9), who would need a federation;
// groups of organizations (9), which 26.7.3 does not show either (measured); 12, which no request
// shows.
type Rule string

// The rules.
const (
	// ValidatePatch (1): PATCH validates the whole user by the user profile, what is stored too; so
	// does a PATCH without operations.
	ValidatePatch Rule = "validate-patch"
	// ValidatePut (1): PUT validates too, and what it leaves out is missing.
	ValidatePut Rule = "validate-put"
	// EditUsername (2): a user is renamed only if the realm's "Edit username" is on.
	EditUsername Rule = "edit-username"
	// DuplicateEmail (3): an e-mail address that is taken is 400 emailExistsMessage.
	DuplicateEmail Rule = "duplicate-email"
	// DuplicateUsername (3): PATCH to a userName that is taken is 400 usernameExistsMessage.
	DuplicateUsername Rule = "duplicate-username"
	// TruthfulWrites (4): POST and PUT answer what is stored.
	TruthfulWrites Rule = "truthful-writes"
	// LastModified (4): PATCH moves meta.lastModified.
	LastModified Rule = "last-modified"
	// ValueFilters (5): a filter in the path of a PATCH may compare "value" only.
	ValueFilters Rule = "value-filters"
	// MaxOperations (6): a PATCH has at most 100 operations.
	MaxOperations Rule = "max-operations"
	// Lists (7): an attribute that is multivalued in the profile and mapped to an extension of its
	// own is a list; a text is taken for a list of one.
	Lists Rule = "lists"
	// NoEmptyObjects (7): an object without members is not shown.
	NoEmptyObjects Rule = "no-empty-objects"
	// GroupExternalID (8): a group's externalId cannot be changed or removed.
	GroupExternalID Rule = "group-external-id"
	// ServiceAccountMembers (9): a filter on members does not find groups by a service account.
	ServiceAccountMembers Rule = "service-account-members"
	// MemberFilters (9): members.value is compared by eq only. Expected is 403 for callers who may
	// not view all users; the shim refuses all.
	MemberFilters Rule = "member-filters"
	// UnknownAttributes (10): what Keycloak does not store is 400 instead of being ignored.
	UnknownAttributes Rule = "unknown-attributes"
	// ReplaceMembers (11): replacing members replaces them.
	ReplaceMembers Rule = "replace-members"
	// Advertised (11): ServiceProviderConfig says bulk and sort.
	Advertised Rule = "advertised"
)

// All are the rules in the order of their numbers.
func All() []Rule {
	return []Rule{
		ValidatePatch, ValidatePut, EditUsername, DuplicateEmail, DuplicateUsername, TruthfulWrites, LastModified, ValueFilters, MaxOperations,
		Lists, NoEmptyObjects, GroupExternalID, ServiceAccountMembers, MemberFilters, UnknownAttributes, ReplaceMembers,
		Advertised,
	}
}

// Parse reads "all", "none" (or an empty text), or names joined by commas.
func Parse(text string) ([]Rule, error) {
	switch text {
	case "all":
		return All(), nil
	case "none", "":
		return nil, nil
	}
	var rules []Rule
	for name := range strings.SplitSeq(text, ",") {
		if !slices.Contains(All(), Rule(name)) {
			return nil, fmt.Errorf("no rule %q: there are all, none, and %v", name, All())
		}
		rules = append(rules, Rule(name))
	}
	return rules, nil
}
