package bulks

import (
	"context"
	"net/http"
	"strconv"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
)

const (
	must = probe.Must
	core = probe.Core
)

// Requirements are those of this package.
var Requirements = []probe.Requirement{
	{ID: "bulk.create", Profile: core, Level: must, Clause: "RFC 7644 section 3.7", Text: "a bulk request is 200 with a BulkResponse, and each create has bulkId, location and status 201 as a text", Check: bulk(create)},
	{ID: "bulk.reference", Profile: core, Level: must, Clause: "RFC 7644 section 3.7.2", Text: "a bulkId in the members of a group stands for the user that the same request creates", Check: bulk(reference)},
	{ID: "bulk.verbs", Profile: core, Level: must, Clause: "RFC 7644 section 3.7", Text: "PATCH and DELETE in a bulk request are done", Check: bulk(verbs)},
	{ID: "bulk.failure", Profile: core, Level: must, Clause: "RFC 7644 sections 3.7.1 and 3.7.3", Text: "an operation that fails has its status and error in the response, and the others are done", Check: bulk(failure)},
	{ID: "bulk.fail-on-errors", Profile: core, Level: must, Clause: "RFC 7644 sections 3.7 and 3.7.3", Text: "after failOnErrors errors no more operations are done", Check: bulk(failOnErrors)},
	{ID: "bulk.too-many", Profile: core, Level: must, Clause: "RFC 7644 section 3.7.4", Text: "more than maxOperations operations are 413", Check: bulk(tooMany)},
}

// bulk skips a check if bulk requests are not advertised.
func bulk(check probe.Check) probe.Check {
	return func(ctx context.Context, s *probe.Session) error {
		if err := s.NeedsFeature(ctx, "bulk"); err != nil {
			return err
		}
		return check(ctx, s)
	}
}

const responseURN = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"

// Operation is one operation of a bulk request. An empty bulkId is left out.
func Operation(method, path, bulkID string, data any) probe.Object {
	o := probe.Object{"method": method, "path": path}
	if bulkID != "" {
		o["bulkId"] = bulkID
	}
	if data != nil {
		o["data"] = data
	}
	return o
}

// send sends a bulk request that must be answered with 200.
func send(ctx context.Context, s *probe.Session, failOnErrors int, operations ...probe.Object) (*probe.Answer, []probe.Object, error) {
	body := probe.Object{"schemas": []string{probe.BulkURN}, "Operations": operations}
	if failOnErrors > 0 {
		body["failOnErrors"] = failOnErrors
	}
	a, err := s.Send(ctx, http.MethodPost, "/Bulk", body, http.StatusOK)
	if err != nil {
		return a, nil, err
	}
	return a, probe.List(a.Body, "Operations"), a.Shows("schemas", []string{responseURN})
}

// Create fails unless a bulk request with two creates is done.
func Create(ctx context.Context, s *probe.Session) error { return create(ctx, s) }

func create(ctx context.Context, s *probe.Session) error {
	a, results, err := send(ctx, s, 0, Operation("POST", "/Users", "one", s.User(nil)), Operation("POST", "/Users", "two", s.User(nil)))
	if err != nil {
		return err
	}
	if len(results) != 2 {
		return a.Fail("two results", a.Text)
	}
	for _, r := range results {
		if location, _ := r["location"].(string); r["status"] != "201" || location == "" || r["bulkId"] != "one" && r["bulkId"] != "two" {
			return a.Fail("a result with bulkId, location and status \"201\"", probe.Text(r))
		}
		location, _ := r["location"].(string)
		if _, err := s.Get(ctx, "/Users/"+probe.ID(location)); err != nil {
			return err
		}
	}
	return nil
}

func reference(ctx context.Context, s *probe.Session) error {
	a, results, err := send(ctx, s, 0,
		Operation("POST", "/Users", "person", s.User(nil)),
		Operation("POST", "/Groups", "crew", s.Group(probe.Object{"members": []probe.Object{{"value": "bulkId:person"}}})))
	if err != nil {
		return err
	}
	at := map[any]string{}
	for _, r := range results {
		location, _ := r["location"].(string)
		at[r["bulkId"]] = probe.ID(location)
	}
	if at["person"] == "" || at["crew"] == "" {
		return a.Fail("a user and a group", a.Text)
	}
	return s.After(ctx, a, "/Groups/"+at["crew"], "members/0/value", at["person"])
}

func verbs(ctx context.Context, s *probe.Session) error {
	first, _, err := s.NewUser(ctx, nil)
	if err != nil {
		return err
	}
	second, _, err := s.NewUser(ctx, nil)
	if err != nil {
		return err
	}
	a, _, err := send(ctx, s, 0, Operation("PATCH", first, "", probe.Patch(probe.Op("replace", "name.familyName", "King"))), Operation("DELETE", second, "", nil))
	if err != nil {
		return err
	}
	if err := s.After(ctx, a, first, "name/familyName", "King"); err != nil {
		return err
	}
	_, err = s.Send(ctx, http.MethodGet, second, nil, http.StatusNotFound)
	return err
}

// statuses are those of the results by their bulkId.
func statuses(results []probe.Object) map[any]any {
	all := map[any]any{}
	for _, r := range results {
		all[r["bulkId"]] = r["status"]
	}
	return all
}

func failure(ctx context.Context, s *probe.Session) error {
	p, err := s.People(ctx)
	if err != nil {
		return err
	}
	a, results, err := send(ctx, s, 0,
		Operation("POST", "/Users", "taken", s.User(probe.Object{"userName": p.All[0].UserName})), Operation("POST", "/Users", "free", s.User(nil)))
	if err != nil {
		return err
	}
	if got := statuses(results); got["taken"] != "409" || got["free"] != "201" {
		return a.Fail("statuses \"409\" and \"201\"", a.Text)
	}
	for _, r := range results {
		if r["bulkId"] == "taken" && probe.At(r, "response/status") != "409" {
			return a.Fail("an error in response", probe.Text(r))
		}
	}
	return nil
}

func failOnErrors(ctx context.Context, s *probe.Session) error {
	p, err := s.People(ctx)
	if err != nil {
		return err
	}
	last := s.User(nil)
	a, results, err := send(ctx, s, 1, Operation("POST", "/Users", "taken", s.User(probe.Object{"userName": p.All[0].UserName})), Operation("POST", "/Users", "last", last))
	if err != nil {
		return err
	}
	if got := statuses(results); got["taken"] != "409" || got["last"] == "201" {
		return a.Fail("only the operation that failed", a.Text)
	}
	name, _ := last["userName"].(string)
	list, _, err := s.Find(ctx, "/Users", "userName eq "+probe.Quote(name))
	if err == nil && len(list) > 0 {
		err = a.Fail("no user "+name, probe.Text(list))
	}
	return err
}

// most is the largest number of operations that a check is willing to send.
const most = 10_000

func tooMany(ctx context.Context, s *probe.Session) error {
	config, err := s.Document(ctx, "/ServiceProviderConfig")
	if err != nil {
		return err
	}
	n, _ := config.At("bulk/maxOperations").(float64)
	if n <= 0 || n >= most {
		return probe.Skip("maxOperations is " + strconv.Itoa(int(n)))
	}
	operations := make([]probe.Object, int(n)+1)
	for i := range operations {
		operations[i] = Operation("DELETE", "/Users/"+s.Prefix+"-"+strconv.Itoa(i), "", nil)
	}
	a, err := s.Do(ctx, http.MethodPost, "/Bulk", probe.Object{"schemas": []string{probe.BulkURN}, "Operations": operations})
	if err != nil {
		return err
	}
	return a.Has(http.StatusRequestEntityTooLarge)
}
