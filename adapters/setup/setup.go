package setup

import "strings"

// Guide is how to connect one identity provider.
type Guide struct {
	// IDP is the name of the dialect.
	IDP string
	// Name is the name of the provider for people.
	Name string
	// Steps are in their order. They contain url.
	Steps []string
	// Notes are what to know or to leave out when connecting, in no order.
	Notes []string
	// FirstSync is what the provider does at first, and what to expect here.
	FirstSync []string
	// Limits are what the provider cannot do.
	Limits []string
	// Sources are the pages that say so, without a scheme.
	Sources []string
}

// url stands for the base URL in a text of a Guide.
const url = "{URL}"

// guides has one guide for each dialect.
func guides() []Guide {
	return []Guide{generic, entra, okta, oneLogin, jumpCloud, pingFederate, pingOne, rippling, google, bambooHR}
}

// All returns the guides of all dialects, with a base URL filled in.
func All(baseURL string) []Guide {
	all := guides()
	for i, g := range all {
		all[i].Steps, all[i].Notes = filled(g.Steps, baseURL), filled(g.Notes, baseURL)
	}
	return all
}

// For returns the guide of a dialect, with the base URL filled in. An unknown dialect has the guide
// of generic.
func For(idp, baseURL string) Guide {
	all := All(baseURL)
	for _, g := range all {
		if g.IDP == idp {
			return g
		}
	}
	return all[0]
}

// Steps returns the steps and then the notes of a dialect, with the base URL filled in.
func Steps(idp, baseURL string) []string {
	g := For(idp, baseURL)
	return append(g.Steps, g.Notes...)
}

// filled never changes the texts that it is given.
func filled(texts []string, baseURL string) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = strings.ReplaceAll(t, url, baseURL)
	}
	return out
}
