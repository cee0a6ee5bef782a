package console

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"keycloak-scim-proxy/console/form"
	"keycloak-scim-proxy/console/page"
	"keycloak-scim-proxy/console/signin"
	"keycloak-scim-proxy/proxy/canary"
	"keycloak-scim-proxy/proxy/drift"
	"keycloak-scim-proxy/proxy/undo"
)

// action is something that changes something, or that costs too much for a GET.
type action struct {
	// verb is its name in paths and in the journal.
	verb string
	// title is its page's title, ask the sentence before its button, button the button's text.
	title, ask, button string
	// danger means that access may be lost, or that a safeguard is skipped.
	danger bool
	// looks means that it changes nothing: it is not recorded.
	looks  bool
	fields []form.Field
	// check says what is wrong with values that are right one by one; nil: nothing is.
	check func(form.Values) map[string]string
	// about is the field that says what it is about.
	about string
	do    func(ctx context.Context, in input) (result, error)
}

// input is a form that was sent.
type input struct {
	backend Backend
	tenant  string
	by      Operator
	now     time.Time
	values  form.Values
}

// result is what an action shows.
type result struct {
	Text, Back string
	// Secret is shown this once, and SecretSays what it is.
	Secret, SecretSays string
	Canary             *canary.Report
	Drift              *drift.Outcome
	Undo               *undo.Outcome
	// Next is a question that follows from it; next is its action with values.
	Next *question
	next string
	with form.Values
}

// question is a form that asks whether an action is to be done.
type question struct {
	Action, Token string // of the form
	Ask, Button   string
	Danger        bool
	Fields        []form.Shown
	Back          string
	About         string
}

// Actions are the verbs of all actions that are recorded.
func Actions() (all []string) {
	for _, a := range actions() {
		if !a.looks {
			all = append(all, a.verb)
		}
	}
	return all
}

// question makes the form of an action. wrong are messages for fields.
func (c *Console) question(v *visit, a action, values form.Values, wrong map[string]string) question {
	path := tenantURL(v.tenant(), "/do/"+a.verb)
	q := question{
		Action: path, Token: v.forms.Token(base + "/tenants/" + v.tenant() + "/do/" + a.verb),
		Ask: a.ask, Button: a.button, Danger: a.danger, Back: tenantURL(v.tenant(), ""),
	}
	q.Fields = form.Show(a.fields, values, wrong)
	if a.about != "" {
		q.About = values[a.about]
	}
	return q
}

// ask shows the page of an action. The query fills fields.
func (c *Console) ask(v *visit, a action) {
	if !c.exists(v) {
		return
	}
	values, complete := form.Asked(a.fields, v.r)
	if !complete {
		c.message(v.w, v, http.StatusBadRequest, a.title, "The address of this page is not complete: go back to the tenant's page.")
		return
	}
	c.render(v.w, v, http.StatusOK, page.View{Page: "ask", Title: a.title, Trail: above(v.tenant()), Data: c.question(v, a, values, nil)})
}

// exists reports whether the tenant of the path exists, and answers if not.
func (c *Console) exists(v *visit) bool {
	ctx, cancel := context.WithTimeout(v.r.Context(), page.ReadTime)
	defer cancel()
	if there, err := c.Backend.Exists(ctx, v.tenant()); err == nil && !there {
		c.unknown(v)
		return false
	}
	return true // also if it is not known, so that an action is possible while a part is down
}

// act carries an action out, once for each form that was shown.
func (c *Console) act(v *visit, a action) {
	tell := func(status int, text string) { c.refuse(v, status, a, text) }
	id, err := v.forms.Check(v.r)
	if err != nil {
		tell(http.StatusForbidden, err.Error()+".")
		return
	}
	if !c.exists(v) {
		return
	}
	values, wrong := form.Read(a.fields, v.r)
	if len(wrong) == 0 && a.check != nil {
		wrong = a.check(values)
	}
	if len(wrong) > 0 {
		c.render(v.w, v, http.StatusUnprocessableEntity, page.View{
			Page: "ask", Title: a.title, Trail: above(v.tenant()), Data: c.question(v, a, values, wrong),
			Notice: &page.Notice{Bad: true, Text: "The form is not complete. Nothing was done."},
		})
		return
	}
	select {
	case c.busy <- struct{}{}:
		defer func() { <-c.busy }()
	default:
		tell(http.StatusServiceUnavailable, "Too many actions are under way. Wait until they have ended.")
		return
	}
	// An action that was begun does not end with the browser, and its answer may take longer than
	// the server's time limit for others.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.r.Context()), actTime)
	defer cancel()
	_ = http.NewResponseController(v.w).SetWriteDeadline(time.Now().Add(actTime + spare)) // otherwise the usual limit holds
	err = c.Gate.Use(ctx, v.session, id)
	switch {
	case errors.Is(err, signin.ErrUsed):
		tell(http.StatusConflict, "This form was sent before, and was not carried out again. The tenant's page shows what came of it.")
	case errors.Is(err, signin.ErrMany):
		tell(http.StatusTooManyRequests, err.Error()+".")
	case err != nil:
		tell(http.StatusServiceUnavailable, "The form cannot be noted as used, so nothing was done: "+err.Error())
	default:
		c.carryOut(ctx, v, a, values)
	}
}

func (c *Console) carryOut(ctx context.Context, v *visit, a action, values form.Values) {
	in := input{c.Backend, v.tenant(), Operator{v.session.Name, v.session.Subject, c.Address(v.r)}, c.Now(), values}
	done := func(context.Context, error) {}
	if !a.looks {
		var err error
		if done, err = c.Backend.Record(ctx, Act{By: in.by, Tenant: in.tenant, Verb: a.verb, About: values[a.about]}); err != nil {
			c.refuse(v, http.StatusServiceUnavailable, a, "The action cannot be recorded, so nothing was done: "+err.Error())
			return
		}
	}
	out, err := a.do(ctx, in)
	done(context.WithoutCancel(ctx), err)
	if errors.Is(err, ErrUnknown) {
		c.unknown(v)
		return
	}
	p := page.View{Page: "result", Title: a.title, Trail: above(v.tenant())}
	status, failed := outcome(err)
	if err != nil {
		p.Notice = &page.Notice{Bad: true, Text: failed + err.Error()}
		out.Secret = ""
	} else if out.Text != "" {
		p.Notice = &page.Notice{Text: out.Text}
	}
	if out.next != "" && err == nil {
		i := slices.IndexFunc(actions(), func(a action) bool { return a.verb == out.next })
		q := c.question(v, actions()[i], out.with, nil)
		out.Next = &q
	}
	out.Back = tenantURL(v.tenant(), "")
	p.Data = out
	c.render(v.w, v, status, p)
}

// refuse is the page of an action that was not begun.
func (c *Console) refuse(v *visit, status int, a action, text string) {
	p := page.View{Page: "result", Title: a.title, Trail: above(v.tenant()), Notice: &page.Notice{Bad: true, Text: text}, Data: result{Back: tenantURL(v.tenant(), "")}}
	c.render(v.w, v, status, p)
}
