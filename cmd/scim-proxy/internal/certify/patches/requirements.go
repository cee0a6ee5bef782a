package patches

import "keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"

const (
	must   = probe.Must
	should = probe.Should
	core   = probe.Core
)

// Requirements are those of this package.
var Requirements = []probe.Requirement{
	{ID: "patch.replace", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.2.3", Text: "replace with a path changes a value", Check: replace},
	{ID: "patch.add", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.2.1", Text: "add of a single value sets it", Check: add},
	{ID: "patch.remove", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.2.2", Text: "remove with a path removes a value", Check: remove},
	{ID: "patch.truth", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.2", Text: "the answer to a PATCH, if it has a body, shows the same values as a GET after it", Check: truth},
	{ID: "patch.active", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.2.3, RFC 7643 section 4.1.1", Text: "replace of active deactivates and reactivates a user", Check: active},
	{ID: "patch.several", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.2", Text: "several operations of one PATCH are all done, in their order", Check: several},
	{ID: "patch.atomic", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.2", Text: "if one operation fails, none is done", Check: atomic},
	{ID: "patch.pathless-add", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.2.1", Text: "add without a path merges the attributes of its value", Check: pathlessAdd, Superseded: true},
	{ID: "patch.pathless-replace", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.2.3", Text: "replace without a path replaces the attributes of its value, and keeps the others", Check: pathlessReplace, Superseded: true},
	{ID: "patch.complex", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.2.3", Text: "replace of name sets the parts of its value", Check: complexValue},
	{ID: "patch.urn", Profile: core, Level: must, Clause: "RFC 7644 section 3.10", Text: "a path may have the URN of the core schema", Check: urnPath},
	{ID: "patch.extension", Profile: core, Level: must, Clause: "RFC 7644 sections 3.5.2 and 3.10", Text: "a path with the URN of the enterprise extension sets its attribute", Check: extension},
	{ID: "patch.add-value", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.2.1", Text: "add to a list adds the value and keeps the others", Check: addValue},
	{ID: "patch.add-twice", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.2.1", Text: "add of a value that a list has already changes nothing", Check: addTwice},
	{ID: "patch.replace-list", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.2.3", Text: "replace of a list replaces all its values", Check: replaceList},
	{ID: "patch.filter-replace", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.2.3", Text: "replace of emails[type eq \"work\"].value changes this value only", Check: filterReplace},
	{ID: "patch.filter-remove", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.2.2", Text: "remove of emails[type eq \"home\"] removes this value only", Check: filterRemove},
	{ID: "patch.primary", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.2", Text: "a new primary value of a list ends that of the other", Check: primary},
	{ID: "patch.no-target", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.2.3", Text: "replace with a filter that matches no value is 400 with scimType noTarget", Check: noTarget},
	{ID: "patch.remove-nothing", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.2.2", Text: "remove without a path is 400 with scimType noTarget", Check: removeNothing},
	{ID: "patch.invalid-path", Profile: core, Level: must, Clause: "RFC 7644 sections 3.5.2 and 3.12", Text: "a path with wrong syntax is 400", Check: invalidPath},
	{ID: "patch.invalid-op", Profile: core, Level: must, Clause: "RFC 7644 sections 3.5.2 and 3.12", Text: "an unknown op is 400", Check: invalidOp},
	{ID: "patch.no-operations", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.2", Text: "a PATCH without Operations is 400", Check: noOperations},
	{ID: "patch.read-only", Profile: core, Level: must, Clause: "RFC 7644 sections 3.5.2 and 3.12", Text: "replace of id is 400, and id stays", Check: readOnly},
	{ID: "patch.required", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.2.2, RFC 7643 section 4.2", Text: "remove of the displayName of a group is 400, and it stays", Check: required},
	{ID: "patch.type", Profile: core, Level: must, Clause: "RFC 7643 section 2.3, RFC 7644 section 3.12", Text: "a text that is not a boolean for active is 400, and active stays", Check: wrongType},
	{ID: "patch.missing", Profile: core, Level: must, Clause: "RFC 7644 sections 3.5.2 and 3.12", Text: "a PATCH of an unknown id is 404", Check: missing},
	{ID: "patch.modified", Profile: core, Level: should, Clause: "RFC 7643 section 3.1", Text: "a PATCH moves meta.lastModified", Check: modified},
	{ID: "members.add", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.2.1", Text: "add of members adds them and keeps the others", Check: membersAdd},
	{ID: "members.add-twice", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.2.1", Text: "add of a member who is one is a success, and the member is there once", Check: membersAddTwice},
	{ID: "members.remove", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.2.2", Text: "remove of members[value eq \"id\"] removes this member only", Check: membersRemove},
	{ID: "members.remove-all", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.2.2", Text: "remove of members without a filter removes all", Check: membersRemoveAll},
	{ID: "members.replace", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.2.3", Text: "replace of members replaces all", Check: membersReplace},
	{ID: "members.rename", Profile: core, Level: must, Clause: "RFC 7644 section 3.5.2.3", Text: "replace of displayName renames a group and keeps its members", Check: membersRename},
	{ID: "members.unknown", Profile: core, Level: should, Clause: "RFC 7643 section 4.2, RFC 7644 section 3.12", Text: "a member that does not exist is an error, or is left out: no GET shows it", Check: membersUnknown},
}
