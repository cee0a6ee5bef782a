// Package page has what all web pages of the proxy share: the layout with one style sheet and one
// script, security headers, tokens of forms, live parts, and charts. The operator console and the
// set-up pages of customers are built on it.
//
//	Site      the pages below one path: layout, templates and assets      (site.go, assets.go)
//	Protect   the headers and refusals that every answer needs            (protect.go)
//	Forms     one-time tokens: a form of this session, for this action    (forms.go)
//	Live      parts of pages that change while they are open, by SSE      (live.go, stream.go)
//	Chart     bars with a text alternative: templates "chart", "spark"    (chart.go)
//	Part      a part that is read by itself, or why it cannot be          (part.go)
//	Text      values of other people, made harmless and short             (text.go)
//
// A page works without JavaScript. The script only swaps elements that the server rendered, and
// copies texts. Nothing is inline: the Content-Security-Policy forbids it.
//
// # How to make pages
//
// Give NewSite a file system with pages/NAME.html, which each define a template "body", and
// optionally parts/*.html, whose templates all pages may use. They execute with View.Data. Mount
// Site.Assets at Site.Base + "/assets/{file}", and wrap the whole handler with Protect.
//
// An action is a POST from a form with {{template "token" .Token}}, where Token is Forms.Token for
// the path of the action. Forms.Check accepts it once the caller has noted its ID as used.
//
// It knows neither tenants nor sessions nor Keycloak.
package page
