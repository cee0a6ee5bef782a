// Package brokerlink links users to an identity provider of the realm when they are provisioned, so
// that their first sign-in through it asks no question and makes no second user.
//
// It is a layer above what is kept, because the external id of a user may be kept only.
//
//   - A create makes the link with the user: with an account that is confined to a group in the
//     same call (see From), otherwise right after it, and the user is deleted again if that fails.
//   - A change of the external id moves the user's link to the new one.
//   - A link that another user has is refused with 409, because Keycloak accepts it and then lets
//     neither of the two in (measured). A leaver loses the link to the user who returns.
//   - A user that a sign-in has made, and who has exactly this link and no external id, becomes the
//     created one if the operator allows it. A userName or an e-mail address is never sufficient.
//
// Only users that the account can see are looked at. Keycloak also accepts an identity provider
// that does not exist, so the alias is checked when the tenant is added.
//
// # Failures
//
// A lock on the external id keeps two writes from making the same link. If a step fails, the
// earlier ones are undone; the error says if something stays.
package brokerlink
