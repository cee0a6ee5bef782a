package listing

import (
	"context"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/listing/filters"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// wanted is a resource to read, with its identifying name if it is known.
type wanted struct {
	scim.Ref
	name string
}

// wantedOf is a resource of which at least the name was read.
func wantedOf(t scim.ResourceType, r scim.Resource) wanted {
	return wanted{scim.Ref{Type: t, ID: r.ID()}, document.Text(r.Get(scim.Identifying(t)))}
}

const (
	// fewReads is how many resources are read one by one.
	fewReads = 8
	// readsAtOnce is how many resources are read by one list.
	readsAtOnce = 50
)

// reader reads whole resources in order, until they have about the given bytes in total. It leaves
// out resources that are gone or that the caller may not see; hidden counts the latter.
type reader struct {
	*Directory
	fields       directory.Fields
	bytes        int64
	read, hidden atomic.Int64
	found        []scim.Resource
}

func (d *Directory) readAll(ctx context.Context, n directory.Fields, all []wanted, bytes int) (_ []scim.Resource, hidden int, err error) {
	r := &reader{Directory: d, fields: n, bytes: int64(bytes), found: make([]scim.Resource, len(all))}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(d.Limits.InFlight)
	if len(all) > fewReads {
		g.SetLimit(max(1, d.Limits.InFlight/4)) // each may be a list of many
	}
	for i := 0; i < len(all); {
		if r.read.Load() > r.bytes {
			break // the page ends before this one
		}
		filter, n := d.byName(all[i:], n)
		some, at := all[i:i+n], i
		g.Go(func() error { return r.some(ctx, filter, some, at) })
		i += n
	}
	err = g.Wait()
	return slices.DeleteFunc(r.found, scim.Resource.IsZero), int(r.hidden.Load()), err
}

// byName returns the filter that selects the first resources by name, and how many it selects.
// There is no filter for a single resource, which is read by its id, nor for groups with their
// members, which may be large.
func (d *Directory) byName(all []wanted, fields directory.Fields) (filter scim.Filter, n int) {
	t := all[0].Type
	name := scim.Identifying(t)
	if len(all) <= fewReads || fieldsOf(t, fields).Members || d.Directory.Capabilities().Filters[t][name.Key()] != directory.Full {
		return nil, 1
	}
	var terms []scim.Filter
	for _, w := range all[:min(len(all), readsAtOnce)] {
		term := scim.Equal(name, w.name)
		longer := scim.Or{Terms: append(slices.Clip(terms), term)}
		if w.Type != t || w.name == "" || filters.BlankEnded(term) || !d.below().Accepts(longer) {
			break
		}
		terms = longer.Terms
	}
	if len(terms) <= 1 {
		return nil, 1
	}
	return scim.Or{Terms: terms}, len(terms)
}

// some reads resources whose results begin at an index. Those that the list by name does not have
// are read one by one: they may have another name meanwhile.
func (r *reader) some(ctx context.Context, byName scim.Filter, all []wanted, at int) error {
	listed := map[string]scim.Resource{}
	if byName != nil {
		p, err := r.Directory.Directory.List(ctx, directory.Query{Type: all[0].Type, Filter: byName, Start: 1, Count: len(all), Fields: fieldsOf(all[0].Type, r.fields)})
		if err != nil {
			return err
		}
		for _, one := range p.Resources {
			listed[one.ID()] = one
		}
	}
	for i, w := range all {
		one, ok := listed[w.ID]
		if !ok {
			var err error
			if one, err = r.Get(ctx, w.Ref, fieldsOf(w.Type, r.fields)); err != nil {
				switch scim.Status(err) {
				case 404:
					continue
				case 403:
					r.hidden.Add(1)
					continue
				}
				return err
			}
		}
		if err := take(ctx, one); err != nil {
			return err
		}
		r.found[at+i] = one
		r.read.Add(int64(one.Size()))
	}
	return nil
}
