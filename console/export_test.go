package console

// Route is one way in.
type Route struct {
	Pattern string
	Event   bool
}

// Routes are all routes with a session.
func Routes() (all []Route) {
	for _, r := range routes() {
		all = append(all, Route{r.pattern, r.kind == anEvent})
	}
	return all
}

// Verbs are the verbs of all actions, with whether they only look.
func Verbs() map[string]bool {
	all := map[string]bool{}
	for _, a := range actions() {
		all[a.verb] = a.looks
	}
	return all
}
