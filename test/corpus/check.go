package corpus

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// World is the state after the requests of a case. Resources have names: U1, U2, U3, M4 and M5
// are users, A and B are groups, and "created" is the resource that the last POST created.
type World struct {
	// Status and Answer belong to the last request. Statuses has those of all requests, in order.
	Status   int
	Answer   string
	Statuses []int
	// IDs maps each name to its id.
	IDs map[string]string
	// Before has each resource as GET showed it before the requests.
	Before map[string]scim.Resource
	// Show gets a resource. It reports false if the resource does not exist.
	Show func(name string) (r scim.Resource, there bool, err error)
	// Members gets the ids of a group's members.
	Members func(name string) ([]string, error)
}

// Check returns an error if one line of "want" does not hold. The forms of a line:
//
//	status 200                               status of the last answer; "status 200,204" allows several
//	status.1 409                             status of the first of several answers
//	answer Resources.0.id = U1               JSON at a gjson path of the last answer
//	U1 emails[type eq "work"].value = "x"    JSON at a SCIM path of a resource; a name stands for its id
//	U1 name = {"givenName":"A"} or more      at least these members
//	U1 title absent, answer Resources absent
//	U1 unchanged, U1 unchanged but title, emails
//	U1 gone
//	A members = U1 U2                        exactly these
func (w World) Check(line string) error {
	subject, rest, _ := strings.Cut(line, " ")
	if nth, ok := strings.CutPrefix(subject, "status"); ok {
		return w.status(nth, rest)
	}
	if w.IDs[subject] == "" && subject != "answer" {
		return fmt.Errorf("no resource has the name %q", subject)
	}
	if members, ok := strings.CutPrefix(rest, "members ="); ok {
		return w.members(subject, strings.Fields(members))
	}
	path, want, compares := strings.Cut(rest, " = ")
	if !compares {
		path, compares = strings.CutSuffix(rest, " absent")
	}
	if subject == "answer" {
		return w.compare(gjson.Get(w.Answer, path).Raw, want)
	}
	shown, there, err := w.Show(subject)
	switch {
	case err != nil:
		return err
	case rest == "gone":
		if there {
			return fmt.Errorf("it is there: %s", shown)
		}
		return nil
	case !there:
		return errors.New("it is gone")
	case rest == "unchanged" || strings.HasPrefix(rest, "unchanged but "):
		return unchanged(w.Before[subject], shown, strings.TrimPrefix(rest, "unchanged but "))
	case !compares:
		return fmt.Errorf("%q is not a check; see World.Check", line)
	}
	got, err := at(shown, path)
	if err != nil {
		return err
	}
	return w.compare(got, want)
}

// status checks the status of the last answer, or of the n-th if nth is ".n".
func (w World) status(nth, allowed string) error {
	got, detail := w.Status, gjson.Get(w.Answer, "detail").String()
	if nth != "" {
		i, err := strconv.Atoi(strings.TrimPrefix(nth, "."))
		if err != nil || i < 1 || i > len(w.Statuses) {
			return fmt.Errorf("there is no answer %s", nth)
		}
		got, detail = w.Statuses[i-1], ""
	}
	if !slices.Contains(strings.Split(allowed, ","), strconv.Itoa(got)) {
		return fmt.Errorf("it is %s", strings.TrimSpace(strconv.Itoa(got)+" "+detail))
	}
	return nil
}

func (w World) members(group string, names []string) error {
	got, err := w.Members(group)
	if err != nil {
		return err
	}
	var want []string
	for _, n := range names {
		want = append(want, w.IDs[n])
	}
	slices.Sort(got)
	slices.Sort(want)
	if slices.Equal(got, want) {
		return nil
	}
	for i, id := range got {
		for name, known := range w.IDs {
			if id == known {
				got[i] = name
			}
		}
	}
	slices.Sort(got)
	return fmt.Errorf("they are %v", got)
}

var name = regexp.MustCompile(`^[A-Z][0-9]?$`)

// compare compares JSON text with the expected text. "" means that the attribute is absent.
func (w World) compare(got, want string) error {
	want, more := strings.CutSuffix(want, " or more")
	if name.MatchString(want) {
		want = document.Quote(w.IDs[want])
	}
	if document.Unassigned(got) && document.Unassigned(want) || document.Same(got, want) || more && covers(got, want) {
		return nil
	}
	if document.Unassigned(got) {
		got = "absent"
	}
	return fmt.Errorf("it is %s", got)
}

// covers reports whether an object has every member of want. An array must have as many elements
// as want.
func covers(got, want string) bool {
	if strings.HasPrefix(want, "[") {
		gs, ws := document.Elements(got), document.Elements(want)
		return len(gs) == len(ws) && !slices.ContainsFunc(ws, func(x string) bool {
			return !slices.ContainsFunc(gs, func(g string) bool { return covers(g, x) })
		})
	}
	g, err := scim.ParseResource([]byte(got))
	w, bad := scim.ParseResource([]byte(want))
	return err == nil && bad == nil && !slices.ContainsFunc(w.Names(), func(n string) bool { return !document.Same(g.Raw(n), w.Raw(n)) })
}

// at returns the JSON at a path. If a filter selects several elements, it returns the first.
func at(r scim.Resource, path string) (string, error) {
	p, err := scim.ParsePath(path)
	if err != nil {
		return "", err
	}
	if p.Filter == nil {
		return r.Get(p.AttrPath), nil
	}
	f, ok := p.Filter.(scim.Compare)
	if !ok || f.Op != scim.Eq {
		return "", fmt.Errorf("%s: a check can filter with eq only", path)
	}
	for _, e := range document.Elements(r.Get(p.Top())) {
		o, err := scim.ParseResource([]byte(e))
		if err != nil || !document.Same(o.Raw(f.Attr.Name), f.Value) {
			continue
		}
		if p.Sub == "" {
			return e, nil
		}
		return o.Raw(p.Sub), nil
	}
	return "", nil
}

// unchanged compares all attributes except meta, schemas and those in but, separated by commas.
func unchanged(before, now scim.Resource, but string) error {
	except := []string{"meta", "schemas"}
	for n := range strings.SplitSeq(but, ",") {
		except = append(except, strings.TrimSpace(n))
	}
	for _, n := range slices.Concat(before.Names(), now.Names()) {
		if !slices.Contains(except, n) && !document.Same(before.Raw(n), now.Raw(n)) {
			return fmt.Errorf("%s was %s, is %s", n, before.Raw(n), now.Raw(n))
		}
	}
	return nil
}
