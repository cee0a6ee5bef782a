// Package invite keeps the invitations of customers: links by which an administrator of a customer
// sets up provisioning alone.
//
//	Invitation  the record of a tenant                         (invitation.go)
//	Invites     makes, shows, revokes and waives               (invites.go)
//	            lets a link in once, and its session afterwards (enter.go)
//	            notes what reads showed                        (facts.go)
//
// # Links
//
// A link and a session cookie are texts with a message authentication code, under a key in the
// store. So a text that was guessed costs no access to the store, and its answer does not depend on
// which tenants exist. The record of the tenant says that an invitation was not revoked, and has the
// hash of the session. All replicas that share the store know the same links, also after a restart.
//
// A tenant has one invitation at a time: a new one ends the former one with its session.
package invite
