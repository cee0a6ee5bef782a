package adapters

import (
	"strings"

	"keycloak-scim-proxy/proxy/scim"
)

// removeMembersByValue is R7.
func removeMembersByValue() scim.Rule {
	return scim.Rule{
		Name:   "remove-members-by-value",
		Says:   "A remove of members that carries a value removes those members, one filtered remove per id; an empty value removes nobody, never everybody.",
		Source: "Entra's default (entra-docs, use-scim-to-provision-users-and-groups; AzureAD/SCIMReferenceCode); Salesforce sends {\"members\": […]}; read by the RFC it empties the group; native Keycloak 26.7.3 answers 200 and removes nobody",
		Apply: func(_ scim.Schemas, w scim.Wire) (scim.Wire, bool) {
			if w.Type != scim.Group {
				return w, false
			}
			return eachOp(w, func(op scim.Resource) []scim.Resource {
				value := op.Raw("value")
				if scim.Text(op.Raw("op")) != "remove" || !strings.EqualFold(scim.Text(op.Raw("path")), "members") || value == "" || value == "null" {
					return []scim.Resource{op}
				}
				if o, ok := object(value); ok && o.Raw("members") != "" {
					value = o.Raw("members")
				}
				return removals(op, scim.Elements(value))
			})
		},
	}
}

// removals is one operation per member; a member without an id leaves the whole as it was, for the strict reader to refuse.
func removals(op scim.Resource, members []string) []scim.Resource {
	out := []scim.Resource{}
	bare := op.Without("value") // which may be large
	for _, m := range members {
		id := m
		if o, ok := object(m); ok {
			id = o.Raw("value")
		}
		if !scim.IsText(id) || scim.Text(id) == "" {
			return []scim.Resource{op}
		}
		out = append(out, bare.With("path", scim.Quote("members[value eq "+id+"]")))
	}
	return out
}

// memberValues is R9.
func memberValues() scim.Rule {
	return scim.Rule{
		Name:   "member-values",
		Says:   "Members may be plain ids, one object, or wrapped in an object with members; an add to members[value eq \"id\"] without a value adds that id.",
		Source: "bitwarden/server (add with the id in the path); wso2#5333 and Salesforce ({\"members\": […]})",
		Apply: func(_ scim.Schemas, w scim.Wire) (scim.Wire, bool) {
			switch {
			case w.Type != scim.Group:
				return w, false
			case isWrite(w):
				return reshape(w, func(r scim.Resource) scim.Resource {
					if raw := r.Raw("members"); !scim.Unassigned(raw) {
						r = r.With("members", memberList(raw))
					}
					return r
				})
			}
			return eachOp(w, one(memberOp))
		},
	}
}

func memberOp(op scim.Resource) scim.Resource {
	p, err := scim.ParsePath(scim.Text(op.Raw("path")))
	kind, value := scim.Text(op.Raw("op")), op.Raw("value")
	if err != nil || !p.Is(scim.AttrPath{Name: "members"}) || kind == "remove" {
		return op
	}
	if id, ok := p.Filter.(scim.Compare); ok && kind == "add" && value == "" && id.Op == scim.Eq && id.Attr.Is(scim.AttrPath{Name: "value"}) {
		return op.With("path", `"members"`).With("value", memberList(id.Value))
	}
	if _, single := object(value); p.Filter != nil || scim.Unassigned(value) && !single { // {} is no empty list
		return op
	}
	return op.With("value", memberList(value))
}

// memberList is a list of objects where the values are ids or objects; what is neither stays for the strict reader.
func memberList(raw string) string {
	if o, ok := object(raw); ok && o.Raw("members") != "" {
		raw = o.Raw("members")
	}
	es := scim.Elements(raw)
	for i, e := range es {
		if scim.IsText(e) {
			es[i] = scim.Must("{}").With("value", e).String()
		}
	}
	return scim.Array(es)
}

// quietGroups is for a provider that does not want to see a group after changing it.
func quietGroups() scim.Rule {
	return scim.Rule{
		Name:   "quiet-groups",
		Says:   "A change of a group is answered with 204.",
		Source: "entra-docs, use-scim-to-provision-users-and-groups: the answer to a PATCH of a group is 204, no member list",
		Apply: func(_ scim.Schemas, w scim.Wire) (scim.Wire, bool) {
			if w.Method != "PATCH" || w.Type != scim.Group || w.Want.Quiet {
				return w, false
			}
			w.Want.Quiet = true
			return w, true
		},
	}
}
