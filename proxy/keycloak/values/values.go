// Package values adds the values that the Admin REST API shows to pages of users of the SCIM API,
// and compares the two.
package values

import (
	"context"
	"maps"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/keycloak/representation"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// idsPerCall is how many users are asked for at once: the ids are in the URL, and a proxy before
// Keycloak may limit the first line of a request to 4,096 bytes.
const idsPerCall = 50

// patience is how long the Admin REST API may take. Then the page is read by the SCIM API alone.
const patience = 5 * time.Second

// Source reads values for one caller.
type Source struct {
	Profile *profile.Profile
	// Caller identifies the caller, whose refusals are remembered.
	Caller string
	// Ask reads users of the Admin REST API by a query. refused reports that the caller may not.
	Ask func(ctx context.Context, query url.Values) (body []byte, refused bool, err error)
	// Differs is called at the first difference, with the id of the user.
	Differs func(user string)
}

// Fill adds the values of the Admin REST API to a page of the SCIM API. same is false if that API
// does not show all of its users; then the page is read by the SCIM API.
func (s Source) Fill(ctx context.Context, p directory.Page, v profile.Values) (_ directory.Page, same bool) {
	users, ok := s.users(ctx, p.Resources, v)
	if !ok {
		return p, false
	}
	all := make([]scim.Resource, len(p.Resources))
	for i, one := range p.Resources {
		u, found := users[one.ID()]
		if !found {
			s.Profile.Trust().Missed(s.Caller)
			return p, false
		}
		all[i] = s.Profile.Fill(one, u, v)
	}
	p.Resources = all
	return p, true
}

// Compare fills a page that was read without the values, and compares it with the same page that
// was read with them by the SCIM API. Pages without users, or with others, prove nothing.
func (s Source) Compare(ctx context.Context, whole, bare directory.Page, v profile.Values) {
	filled, ok := s.Fill(ctx, bare, v)
	if !ok || len(whole.Resources) == 0 || len(filled.Resources) != len(whole.Resources) {
		return
	}
	for i, one := range filled.Resources {
		other := whole.Resources[i]
		if one.ID() != other.ID() {
			return
		}
		if !document.Same(one.Without("schemas").String(), other.Without("schemas").String()) {
			if s.Profile.Trust().Differs() {
				s.Differs(one.ID())
			}
			return
		}
	}
	s.Profile.Trust().Same()
}

// users reads the values of users by the Admin REST API. ok is false if it does not answer as
// expected.
func (s Source) users(ctx context.Context, all []scim.Resource, v profile.Values) (users map[string]representation.User, ok bool) {
	parts := make([]map[string]representation.User, (len(all)+idsPerCall-1)/idsPerCall)
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	g, reading := errgroup.WithContext(limited)
	for i := range parts {
		some := all[i*idsPerCall : min((i+1)*idsPerCall, len(all))]
		g.Go(func() (err error) {
			parts[i], err = s.some(reading, some, v)
			return err
		})
	}
	if g.Wait() != nil {
		if ctx.Err() == nil { // the caller still waits, and each failure may take the whole time-out
			s.Profile.Trust().Missed(s.Caller)
		}
		return nil, false
	}
	users = make(map[string]representation.User, len(all))
	for _, p := range parts {
		maps.Copy(users, p)
	}
	return users, true
}

func (s Source) some(ctx context.Context, all []scim.Resource, v profile.Values) (map[string]representation.User, error) {
	ids := make([]string, len(all))
	for i, one := range all {
		ids[i] = one.ID()
	}
	body, refused, err := s.Ask(ctx, url.Values{
		"search": {"id:" + strings.Join(ids, " ")}, "max": {strconv.Itoa(len(ids))}, "briefRepresentation": {strconv.FormatBool(v.Brief())},
	})
	if refused {
		s.Profile.Trust().Refused(s.Caller)
	}
	if err != nil {
		return nil, err
	}
	return representation.Parse(body)
}
