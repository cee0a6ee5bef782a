package drift

import (
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// intent is what the calls of the journal wanted of one resource.
type intent struct {
	name          string
	values        map[scim.AttrPath]string // by folded path; "" is no value
	paths         map[scim.AttrPath]scim.AttrPath
	members       map[string]bool // of a group: who was added, and who was removed
	created, gone bool            // the journal has its create, or its delete
	open          bool            // a call whose outcome is not known
}

// intents are those of all resources.
type intents struct {
	can    directory.Capabilities
	all    map[scim.Ref]*intent
	groups map[string][]*intent // that name a user as a member, by the user
}

func newIntents(can directory.Capabilities) *intents {
	return &intents{can, map[scim.Ref]*intent{}, map[string][]*intent{}}
}

func (x *intents) of(ref scim.Ref) *intent {
	if x.all[ref] == nil {
		x.all[ref] = &intent{values: map[scim.AttrPath]string{}, paths: map[scim.AttrPath]scim.AttrPath{}, members: map[string]bool{}}
	}
	return x.all[ref]
}

// add takes the next entry, in the order of time.
func (x *intents) add(e journal.Entry) {
	if e.Target == "" || e.IsAction() || e.State != journal.Open && !e.Happened() {
		return
	}
	in := x.of(e.Ref())
	if e.Name != "" {
		in.name = e.Name
	}
	switch {
	case e.State == journal.Open:
		in.open = true
		return
	case e.Deletes():
		*in = intent{name: in.name, gone: true, values: map[scim.AttrPath]string{}, paths: map[scim.AttrPath]scim.AttrPath{}, members: map[string]bool{}}
		x.forget(e.Target)
		return
	case e.Creates():
		in.gone, in.created = false, true
		if made, err := document.Parse([]byte(e.After)); err == nil {
			for l := range made.Leaves() {
				x.want(e.Type, in, l.Path, l.Raw)
			}
		}
	}
	for _, c := range e.Changes {
		at, err := scim.ParseAttrPath(c.Path)
		if err != nil {
			continue
		}
		if e.Valueless {
			delete(in.values, at.Folded())
			continue
		}
		x.want(e.Type, in, at, c.New)
	}
	for _, id := range e.Added {
		x.member(in, id, true)
	}
	for _, id := range e.Removed {
		x.member(in, id, false)
	}
}

func (x *intents) member(in *intent, user string, wanted bool) {
	if _, said := in.members[user]; !said {
		x.groups[user] = append(x.groups[user], in)
	}
	in.members[user] = wanted
}

// forget removes a deleted user from the members of groups.
func (x *intents) forget(user string) {
	for _, in := range x.groups[user] {
		delete(in.members, user)
	}
	delete(x.groups, user)
}

// want notes a value. A value that belongs to an object replaces one that was wanted as a whole,
// and the other way round.
func (x *intents) want(t scim.ResourceType, in *intent, at scim.AttrPath, raw string) {
	if scim.ServerManaged(at) || at.URN == "" && strings.EqualFold(at.Name, membersName) || x.can.Placement(t, at) == directory.ServerMade {
		return
	}
	key := at.Folded()
	if key.Sub != "" {
		delete(in.values, key.Top())
	} else {
		for other := range in.values {
			if other.Sub != "" && other.Top() == key {
				delete(in.values, other)
			}
		}
	}
	in.values[key], in.paths[key] = raw, at
}

const membersName = "members"
