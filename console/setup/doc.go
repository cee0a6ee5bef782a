// Package setup has the pages of customers: an administrator who was sent a set-up link connects an
// identity provider alone, and sees that it works.
//
//	Pages    the routes below /setup, and the session cookie   (pages.go, enter.go, home.go)
//	board    the checklist of a tenant, shared by its pages    (board.go)
//	attempts wrong links by address                            (attempts.go)
//
// A GET never uses a link, because scanners of mails open links. The landing page has a button; its
// POST exchanges the link for a session. All that a session shows is of its own tenant.
//
// It knows neither Keycloak nor how a proxy is composed: what a page needs of a tenant are functions.
package setup
