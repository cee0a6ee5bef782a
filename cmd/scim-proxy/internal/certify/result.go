package certify

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
)

// The states of a result.
const (
	Pass = "pass"
	Fail = "fail"
	// Skip means that the requirement does not apply, Unknown that it cannot be checked from
	// outside.
	Skip    = "skip"
	Unknown = "unknown"
)

// Result is that of one requirement. Its JSON is documented in docs/commands.md.
type Result struct {
	ID      string      `json:"id"`
	Profile string      `json:"profile"`
	Clause  string      `json:"clause"`
	Text    string      `json:"text"`
	Level   probe.Level `json:"level"`
	State   string      `json:"state"`
	// Why is the reason of Skip and Unknown.
	Why string `json:"why,omitempty"`
	// Failure is what was wrong. Its texts are cut, on one line, and without the token.
	Failure *probe.Failure `json:"failure,omitempty"`
}

// Report is the result of a run. Its JSON is documented in docs/commands.md.
type Report struct {
	URL string `json:"url"`
	// At is when the run began.
	At       time.Time `json:"at"`
	Profiles []string  `json:"profiles"`
	// OK means that the run came to its end and no requirement of the level must failed.
	OK          bool     `json:"ok"`
	Interrupted bool     `json:"interrupted"`
	Results     []Result `json:"results"`
	// Left are the paths of resources that could not be removed.
	Left []string `json:"left"`
	// Tenant is what its proxy knows of the tenant behind the URL.
	Tenant *Tenant `json:"tenant,omitempty"`
}

// Tenant is what the proxy knows of a tenant that was certified.
type Tenant struct {
	Name string `json:"name"`
	IDP  string `json:"idp"`
	// Since is the begin of the time that Rules are about.
	Since time.Time `json:"since"`
	// Writes are those in the journal, Rules those of the dialect that changed some of them.
	Writes int    `json:"writes"`
	Rules  []Rule `json:"rules"`
	// Capped means that there are earlier writes since then, which were not read.
	Capped bool `json:"capped,omitempty"`
	// Checklist has the lines of the tenant's set-up, if it had one.
	Checklist []Line `json:"checklist,omitempty"`
}

// About says what Writes and Rules are about.
func (t Tenant) About() string {
	if t.Capped {
		return fmt.Sprintf("These are the last %d writes in the journal; there are earlier ones since %s.", t.Writes, t.Since.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("The journal has %d writes since %s.", t.Writes, t.Since.UTC().Format(time.RFC3339))
}

// Rule is a rule of a dialect that changed requests.
type Rule struct {
	Name  string    `json:"name"`
	Says  string    `json:"says,omitempty"`
	Times int       `json:"times"`
	Last  time.Time `json:"last"`
}

// Line is a line of a checklist.
type Line struct {
	Name  string `json:"name"`
	State string `json:"state"`
	// At is since when it has the state.
	At     time.Time `json:"at,omitzero"`
	Reason string    `json:"reason,omitempty"`
}

// Clean makes the texts of a line safe for people: some come from requests.
func (l Line) Clean() Line {
	l.Name, l.State, l.Reason = cleaned(l.Name, ""), cleaned(l.State, ""), cleaned(l.Reason, "")
	return l
}

// Count is how many requirements have which state.
type Count struct{ Pass, FailMust, FailShould, Skip, Unknown int }

// Counted counts the results of a profile, or of all if the name is empty.
func (r Report) Counted(profile string) (c Count) {
	for _, one := range r.Results {
		if profile != "" && one.Profile != profile {
			continue
		}
		switch {
		case one.State == Pass:
			c.Pass++
		case one.State == Skip:
			c.Skip++
		case one.State == Unknown:
			c.Unknown++
		case one.Level == probe.Must:
			c.FailMust++
		default:
			c.FailShould++
		}
	}
	return c
}

// String is the count for people.
func (c Count) String() string {
	return fmt.Sprintf("%d pass, %d fail (must), %d fail (should), %d skipped, %d cannot be checked from outside", c.Pass, c.FailMust, c.FailShould, c.Skip, c.Unknown)
}

// maxText is the maximum length of a text of a failure in bytes.
const maxText = 600

func safe(f probe.Failure, token string) *probe.Failure {
	for _, text := range []*string{&f.Sent, &f.Expected, &f.Shown} {
		*text = cleaned(*text, token)
	}
	return &f
}

// cleaned is a text for people, of which a part may come from the server: on one line, without the
// token and without characters that control a terminal or the direction of text, and cut.
func cleaned(text, token string) string {
	if token != "" {
		text = strings.ReplaceAll(text, token, "<token>")
	}
	text = strings.Join(strings.Fields(strings.Map(func(c rune) rune {
		switch {
		case unicode.IsSpace(c):
			return ' '
		case unicode.IsControl(c) || unicode.Is(unicode.Cf, c):
			return '�'
		}
		return c
	}, strings.ToValidUTF8(text, "�"))), " ")
	n := len(text)
	if n <= maxText {
		return text
	}
	cut := maxText
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return fmt.Sprintf("%s… (%d bytes more)", text[:cut], n-cut)
}
