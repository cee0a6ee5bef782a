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

// World is what is there after a case's requests. Names are U1, U2, U3, M4 and M5 for users, A and B for groups, and "created" for what the
// last POST made.
type World struct {
	// Status and Answer are those of the last request, Statuses those of all in turn.
	Status   int
	Answer   string
	Statuses []int
	// IDs of the names.
	IDs map[string]string
	// Before holds what was shown before the requests.
	Before map[string]scim.Resource
	// Show asks what is shown now; nothing where that is gone.
	Show func(name string) (r scim.Resource, there bool, err error)
	// Members asks for the ids of a group's members.
	Members func(name string) ([]string, error)
}

// Check holds one line of "want" against the world:
//
//	status 200                               the last answer's status; "status 200,204" allows several
//	status.1 409                             that of the first of several
//	answer Resources.0.id = U1               what stands at a gjson path of the last answer
//	U1 emails[type eq "work"].value = "x"    what is shown at a SCIM path; a name stands for its id
//	U1 name = {"givenName":"A"} or more      at least that
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
		return fmt.Errorf("there never was a %q", subject)
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
		return fmt.Errorf("what is %q?", line)
	}
	got, err := at(shown, path)
	if err != nil {
		return err
	}
	return w.compare(got, want)
}

// status of the last answer, or with ".N" of the Nth.
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

// compare holds JSON text against what is wanted; "": absent.
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

// covers reports whether every member of what is wanted is there; an array has as many elements as are wanted.
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

// at is what stands at a path. Of several elements that a filter selects it is the first.
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
		return "", fmt.Errorf("%s: a check selects by eq", path)
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

// unchanged compares everything but meta, schemas and what is listed.
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
