package onboarding

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"strconv"
)

// pageSize is how many objects one request reads.
const pageSize = 500

// Pages reads a whole list of the Admin REST API of a realm.
func Pages[T any](ctx context.Context, a *Admin, realm string, query url.Values, path ...string) (all []T, err error) {
	asked := url.Values{"max": {strconv.Itoa(pageSize)}}
	maps.Copy(asked, query)
	for {
		if err := a.Renew(ctx); err != nil {
			return nil, err
		}
		var page []T
		asked.Set("first", strconv.Itoa(len(all)))
		if _, err := a.Do(ctx, realm, Request{Method: http.MethodGet, Path: path, Query: asked, Result: &page}); err != nil {
			return nil, err
		}
		if all = append(all, page...); len(page) < pageSize {
			return all, nil
		}
	}
}
