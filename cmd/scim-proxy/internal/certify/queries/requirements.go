package queries

import "keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"

const (
	must   = probe.Must
	should = probe.Should
	core   = probe.Core
)

// Requirements are those of this package.
var Requirements = []probe.Requirement{
	{ID: "list.form", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2", Text: "a query is 200 with a ListResponse: totalResults as an integer, and Resources", Check: listForm},
	{ID: "list.none", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2", Text: "a query that finds nothing is 200 with totalResults 0", Check: filtered(listNone)},
	{ID: "list.attributes", Profile: core, Level: must, Clause: "RFC 7644 section 3.9", Text: "attributes limits the resources of a list", Check: filtered(listAttributes)},
	{ID: "page.count", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2.4", Text: "count=1 is one resource with itemsPerPage 1 and startIndex 1", Check: filtered(pageCount)},
	{ID: "page.zero", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2.4", Text: "count=0 is totalResults without resources", Check: filtered(pageZero)},
	{ID: "page.negative", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2.4", Text: "a negative count is like 0", Check: filtered(pageNegative)},
	{ID: "page.start-zero", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2.4", Text: "a startIndex below 1 is like 1", Check: filtered(pageStartZero)},
	{ID: "page.walk", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2.4", Text: "pages by startIndex show every resource once, with the same totalResults", Check: filtered(pageWalk)},
	{ID: "page.beyond", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2.4", Text: "a startIndex beyond the end is 200 without resources", Check: filtered(pageBeyond)},
	{ID: "cursor.walk", Profile: core, Level: must, Clause: "RFC 9865 section 2", Text: "if cursors are advertised, pages by nextCursor show every resource once, and the last one has none", Check: cursors(cursorWalk)},
	{ID: "cursor.invalid", Profile: core, Level: must, Clause: "RFC 9865 section 2.1", Text: "if cursors are advertised, a wrong cursor is 400 with scimType invalidCursor", Check: cursors(cursorInvalid)},
	{ID: "filter.eq", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2.2", Text: "userName eq finds the user, and no other", Check: filtered(filterEq)},
	{ID: "filter.case", Profile: core, Level: must, Clause: "RFC 7643 section 4.1.1, RFC 7644 section 3.4.2.2", Text: "userName eq ignores the letter case of the value", Check: filtered(filterCase)},
	{ID: "filter.names", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2.2", Text: "attribute names and operators ignore letter case", Check: filtered(filterNames)},
	{ID: "filter.id", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2.2, RFC 7643 section 3.1", Text: "id eq finds the user", Check: filtered(filterID)},
	{ID: "filter.external", Profile: core, Level: must, Clause: "RFC 7643 section 3.1, RFC 7644 section 3.4.2.2", Text: "externalId eq finds the user, and respects letter case", Check: filtered(filterExternal)},
	{ID: "filter.sub", Profile: core, Level: must, Clause: "RFC 7644 sections 3.4.2.2 and 3.10", Text: "name.familyName eq compares a part of a value", Check: filtered(is(`name.familyName eq "Beta"`, "B"))},
	{ID: "filter.boolean", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2.2", Text: "active eq true compares a boolean", Check: filtered(is(`active eq true`, "AB"))},
	{ID: "filter.ne", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2.2", Text: "ne finds what differs", Check: filtered(is(`name.familyName ne "Beta"`, "AC"))},
	{ID: "filter.co", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2.2", Text: "co finds a part of a text", Check: filtered(is(`name.familyName co "et"`, "B"))},
	{ID: "filter.sw", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2.2", Text: "sw finds the beginning of a text", Check: filtered(is(`name.givenName sw "Be"`, "B"))},
	{ID: "filter.ew", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2.2", Text: "ew finds the end of a text", Check: filtered(is(`name.givenName ew "rla"`, "C"))},
	{ID: "filter.pr", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2.2", Text: "pr finds what has a value", Check: filtered(probe.All(is(`name.familyName pr`, "ABC"), is(`nickName pr`, "")))},
	{ID: "filter.order", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2.2", Text: "gt, ge, lt and le compare texts in their order", Check: filtered(probe.All(is(`name.familyName gt "Beta"`, "C"), is(`name.familyName ge "Beta"`, "BC"), is(`name.familyName lt "Beta"`, "A"), is(`name.familyName le "Beta"`, "AB")))},
	{ID: "filter.time", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2.2", Text: "meta.created is compared as a time", Check: filtered(probe.All(is(`meta.created gt "2001-01-01T00:00:00Z"`, "ABC"), is(`meta.created lt "2001-01-01T00:00:00Z"`, "")))},
	{ID: "filter.and", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2.2", Text: "and holds if both sides hold", Check: filtered(is(`name.familyName eq "Beta" and active eq true`, "B"))},
	{ID: "filter.or", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2.2", Text: "or holds if one side holds", Check: filtered(is(`(name.familyName eq "Beta" or name.familyName eq "Gamma")`, "BC"))},
	{ID: "filter.not", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2.2", Text: "not turns an expression round", Check: filtered(is(`not (name.familyName eq "Beta")`, "AC"))},
	{ID: "filter.precedence", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2.2", Text: "and binds more than or, and parentheses more than both", Check: filtered(probe.All(is(`(name.familyName eq "Alpha" or name.familyName eq "Beta" and active eq false)`, "A"), is(`(name.familyName eq "Alpha" or name.familyName eq "Gamma") and active eq false`, "C")))},
	{ID: "filter.path", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2.2", Text: "emails[type eq \"work\" and value co \"@example.com\"] compares one value of a list", Check: filtered(probe.All(is(`emails[type eq "work" and value co "@example.com"]`, "ABC"), is(`emails[type eq "home" and value co "@example.com"]`, "")))},
	{ID: "filter.list", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2.2", Text: "emails.value sw holds if one value of the list does", Check: filtered(filterList)},
	{ID: "filter.urn", Profile: core, Level: must, Clause: "RFC 7644 sections 3.4.2.2 and 3.10", Text: "an attribute may have the URN of its schema", Check: filtered(is(probe.UserURN+`:name.familyName eq "Beta"`, "B"))},
	{ID: "filter.escape", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2.2", Text: "a quotation mark in a value is a part of it", Check: filtered(is(`name.familyName eq "Be\"ta"`, ""))},
	{ID: "filter.syntax", Profile: core, Level: must, Clause: "RFC 7644 sections 3.4.2.2 and 3.12", Text: "a filter with wrong syntax is 400 with scimType invalidFilter", Check: filtered(filterSyntax)},
	{ID: "filter.group", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2.2", Text: "displayName eq finds a group", Check: filtered(filterGroup)},
	{ID: "filter.members", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2.2", Text: "members.value eq finds the groups of a member", Check: filtered(filterMembers)},
	{ID: "sort.ascending", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2.3", Text: "if sort is advertised, sortBy orders a list", Check: sorted("", 0, 1, 2)},
	{ID: "sort.descending", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.2.3", Text: "if sort is advertised, sortOrder=descending turns the order round", Check: sorted("descending", 2, 1, 0)},
	{ID: "search.users", Profile: core, Level: must, Clause: "RFC 7644 section 3.4.3", Text: "POST /Users/.search finds what the same query by GET finds", Check: filtered(searchUsers)},
	{ID: "search.attributes", Profile: core, Level: must, Clause: "RFC 7644 sections 3.4.3 and 3.9", Text: "a query by POST observes attributes and count", Check: filtered(searchAttributes)},
	{ID: "search.root", Profile: core, Level: should, Clause: "RFC 7644 section 3.4.3", Text: "POST /.search is served, or refused with 400, 403, 404 or 501", Check: searchRoot},
}
