package adapters

import (
	"keycloak-scim-proxy/adapters/forms"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

func removeMembersByValue() protocol.Rule {
	return protocol.Rule{
		Name:   "remove-members-by-value",
		Says:   "A remove of members that has a value removes those members, one filtered remove per id; an empty value removes no member, never all.",
		Source: "Entra's default (entra-docs, use-scim-to-provision-users-and-groups; AzureAD/SCIMReferenceCode); Salesforce sends {\"members\": […]}; read by the RFC it empties the group; native Keycloak 26.7.3 answers 200 and removes no member",
		Operation: func(m *protocol.Message, op *protocol.Operation) []*protocol.Operation {
			value := op.Value()
			if m.Type != scim.Group || op.Kind() != scim.Remove || !isMembers(document.Text(op.Raw("path"))) || value == "" || value == "null" {
				return []*protocol.Operation{op}
			}
			if o, ok := forms.Object(value); ok && o.Raw("members") != "" {
				value = o.Raw("members")
			}
			return removals(op, document.Elements(value))
		},
	}
}

// removals returns one operation per member. If a member has no id, it returns op unchanged, and
// the strict reader refuses it.
func removals(op *protocol.Operation, members []string) []*protocol.Operation {
	out := make([]*protocol.Operation, 0, len(members))
	for _, m := range members {
		id := m
		if o, ok := forms.Object(m); ok {
			id = o.Raw("value")
		}
		if !document.IsText(id) || document.Text(id) == "" {
			return []*protocol.Operation{op}
		}
		out = append(out, op.At("members[value eq "+id+"]", ""))
	}
	return out
}

func memberValues() protocol.Rule {
	return protocol.Rule{
		Name:   "member-values",
		Says:   "Members may be plain ids, one object, or wrapped in an object with members; an add to members[value eq \"id\"] without a value adds that id.",
		Source: "bitwarden/server (add with the id in the path); wso2#5333 and Salesforce ({\"members\": […]})",
		Body: func(m *protocol.Message, body *scim.Object) {
			if raw := body.Raw("members"); m.Type == scim.Group && !document.Unassigned(raw) {
				body.Put("members", memberList(raw))
			}
		},
		Operation: forms.InPlace(func(m *protocol.Message, op *protocol.Operation) {
			if m.Type == scim.Group {
				memberOp(op)
			}
		}),
	}
}

func memberOp(op *protocol.Operation) {
	p, ok := op.Path()
	value := op.Value()
	if !ok || !p.Is(scim.AttrPath{Name: "members"}) || op.Kind() == scim.Remove {
		return
	}
	if id, ok := p.Filter.(scim.Compare); ok && op.Kind() == scim.Add && value == "" && id.Op == scim.Eq && id.Attr.Is(scim.AttrPath{Name: "value"}) {
		op.SetPathText("members")
		op.SetValue(memberList(id.Value))
		return
	}
	if _, single := forms.Object(value); p.Filter == nil && (single || !document.Unassigned(value)) { // {} is not an empty list
		op.SetValue(memberList(value))
	}
}

// memberList turns ids into objects. Other values stay as they are, and the strict reader refuses
// those that are not objects.
func memberList(raw string) string {
	if o, ok := forms.Object(raw); ok && o.Raw("members") != "" {
		raw = o.Raw("members")
	}
	es := document.Elements(raw)
	for i, e := range es {
		if document.IsText(e) {
			es[i] = document.Must("{}").With("value", e).String()
		}
	}
	return document.Array(es)
}

// quietGroups is for providers that do not expect the group in the answer to a change.
func quietGroups() protocol.Rule {
	return protocol.Rule{
		Name:   "quiet-groups",
		Says:   "A change of a group is answered with 204.",
		Source: "entra-docs, use-scim-to-provision-users-and-groups: the answer to a PATCH of a group is 204, no member list",
		Request: func(m *protocol.Message) bool {
			if m.Method != "PATCH" || m.Type != scim.Group || m.Projection.Quiet {
				return false
			}
			m.Projection.Quiet = true
			return true
		},
	}
}
