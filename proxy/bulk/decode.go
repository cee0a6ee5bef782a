package bulk

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/bounds"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Methods of operations.
const (
	post   = "POST"
	put    = "PUT"
	patch  = "PATCH"
	remove = "DELETE"
)

// operation is one operation of a request, with its progress.
type operation struct {
	method, bulkID string
	call           protocol.Call
	refs           []string // the bulkIds that the call refers to
	ref            scim.Ref // the resource; its id may not be known yet
	version        string
	skipped        []string // members that were left out because they do not exist
	adopted        bool     // an earlier request created the resource, so it is not removed if a circle fails
	err            error
	state          state
}

// state is the progress of an operation.
type state uint8

const (
	waiting state = iota
	finished
	leftOut // not started, and will not be
)

// decode reads all operations. An error in one is its own result, with status 400. decode reports
// whether it finished in time: after the context has ended it reads only the envelopes of the
// remaining operations, so that the answer can name them.
func (r *run) decode(ctx context.Context, texts []string) bool {
	r.ops = make([]operation, len(texts))
	r.makers = map[string]int{}
	for i, text := range texts {
		r.decodeOne(ctx, i, text)
	}
	for i := range r.ops {
		if ctx.Err() != nil {
			return false
		}
		o := &r.ops[i]
		if o.err != nil {
			continue
		}
		if o.refs = References(o.call); !slices.ContainsFunc(o.refs, r.nameless) {
			_, o.err = Bind(o.call, r.promised)
		}
	}
	return true
}

func (r *run) decodeOne(ctx context.Context, i int, text string) {
	o := &r.ops[i]
	w, err := r.open(o, text)
	if ctx.Err() != nil {
		return
	}
	var fired []string
	if err == nil {
		o.call, fired, err = r.runner.Decode(w)
	}
	if err == nil && !o.call.Writes() {
		err = scim.InvalidSyntax("an operation is a POST, PUT, PATCH or DELETE")
	}
	if err != nil {
		o.err = refused(err)
	}
	for _, f := range fired {
		if !slices.Contains(r.outcome.Fired, f) {
			r.outcome.Fired = append(r.outcome.Fired, f)
		}
	}
	if o.method == post && o.bulkID != "" {
		r.introduce(i)
	}
}

// introduce registers the bulkId of a POST. If two operations have the same one, both fail, because
// a reference to it is ambiguous.
func (r *run) introduce(i int) {
	o := &r.ops[i]
	first, twice := r.makers[o.bulkID]
	if !twice {
		r.makers[o.bulkID] = i
		return
	}
	taken := scim.InvalidValue("more than one POST has the bulkId %q", o.bulkID)
	r.ops[first].err, o.err = taken, taken
}

// promised returns the type that a bulkId will have, with the bulkId as id, so that Bind detects
// every error before anything is done.
func (r *run) promised(bulkID string) (scim.Ref, bool) {
	i, ok := r.makers[bulkID]
	if !ok {
		return scim.Ref{}, false
	}
	return scim.Ref{Type: r.ops[i].ref.Type, ID: bulkID}, true
}

// nameless reports whether a bulkId belongs to a POST whose path could not be read. Operations that
// refer to it fail as dependents.
func (r *run) nameless(bulkID string) bool {
	i, ok := r.makers[bulkID]
	return ok && r.ops[i].ref.Type == ""
}

// broken returns the first bulkId of a failed operation that an operation refers to, or "".
func (r *run) broken(o *operation) string {
	for _, id := range o.refs {
		if i, ok := r.makers[id]; ok && r.ops[i].err != nil {
			return id
		}
	}
	return ""
}

// refused turns an error in an operation into status 400, because a wrong path or method, 404 or
// 405 for a single request, is here an error in the body. It does not change statuses from 500.
func refused(err error) error {
	e := *scim.AsError(err)
	if e.Status >= 500 {
		return err
	}
	e.Status = 400
	if e.Type == "" {
		e.Type = "invalidSyntax"
	}
	return &e
}

// open reads an operation's envelope and its data, as a request.
func (r *run) open(o *operation, text string) (protocol.Request, error) {
	doc, err := scim.Part(text)
	if err != nil {
		return protocol.Request{}, scim.InvalidSyntax("the operation is not a JSON object, or names a member twice")
	}
	fields := map[string]string{}
	for _, name := range []string{"method", "path", "bulkId", "version"} {
		raw := doc.Raw(name)
		if raw != "" && raw != "null" && !document.IsText(raw) {
			return protocol.Request{}, scim.InvalidSyntax("%s is not a string", name)
		}
		fields[name] = document.Text(raw)
	}
	o.method, o.bulkID = fields["method"], fields["bulkId"]
	if o.ref, err = place(fields["path"]); err != nil {
		return protocol.Request{}, err
	}
	if err := o.check(); err != nil {
		return protocol.Request{}, err
	}
	w := protocol.Request{Method: o.method, Type: o.ref.Type, ID: o.ref.ID, IfMatch: fields["version"]}
	w.Projection.Quiet = r.request.Quiet && o.method != post
	if o.method != remove {
		if w.Body = []byte(doc.Raw("data")); len(w.Body) == 0 {
			return w, scim.InvalidSyntax("a %s needs data", o.method)
		}
		err = r.checkData(w.Body)
	}
	return w, err
}

// checkData applies the limits of a single request's body to an operation's data.
func (r *run) checkData(data []byte) error {
	if n := r.runner.Limits.Body; int64(len(data)) > n {
		return scim.TooLarge(n)
	}
	return bounds.JSON(data, r.runner.Limits.Depth)
}

// check makes the checks that the decoder cannot make.
func (o *operation) check() error {
	creates := o.method == post
	switch {
	case !slices.Contains([]string{post, put, patch, remove}, o.method):
		return scim.InvalidSyntax("method is not POST, PUT, PATCH or DELETE")
	case creates && o.bulkID == "":
		return scim.InvalidSyntax("a POST needs a bulkId")
	case creates && o.ref.ID != "":
		return scim.InvalidSyntax("the path of a POST is /Users or /Groups")
	case !creates && o.ref.ID == "":
		return scim.InvalidSyntax("the path of a %s names one resource", o.method)
	}
	return nil
}

// place reads a path: "/Users", "/Groups/{id}" or "/Users/bulkId:x". The first slash may be
// missing.
func place(path string) (scim.Ref, error) {
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, s := range segments {
		text, err := url.PathUnescape(s)
		if err != nil || i > 0 && text == "" || strings.ContainsAny(s, "?#") {
			return scim.Ref{}, scim.InvalidSyntax("the path is not /Users, /Groups or one resource below them")
		}
		segments[i] = text
	}
	ref := scim.Ref{ID: strings.Join(segments[1:], "")}
	switch segments[0] {
	case scim.User.Endpoint():
		ref.Type = scim.User
	case scim.Group.Endpoint():
		ref.Type = scim.Group
	case "Bulk":
		return ref, scim.InvalidSyntax("a bulk request cannot hold another one")
	}
	if ref.Type == "" || len(segments) > 2 || ref.ID == protocol.Search {
		return ref, scim.InvalidSyntax("the path is not /Users, /Groups or one resource below them")
	}
	return ref, nil
}
