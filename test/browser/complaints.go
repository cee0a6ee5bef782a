package browser

import (
	"fmt"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
)

// complaints collects what a page must not do.
type complaints struct {
	mu        sync.Mutex
	list      []string
	documents map[string]bool // URLs of pages; a status of 400 and more of a page is for the test to judge
}

// see takes an event of the tab. It runs while chromedp reads messages, so that it calls nothing.
func (c *complaints) see(event any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if e.Type == network.ResourceTypeDocument {
			c.documents[e.Request.URL] = true
		}
	case *runtime.EventExceptionThrown:
		c.add("exception: %s", exception(e.ExceptionDetails))
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeAssert {
			c.add("console: %s", arguments(e.Args))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError && !c.expected(e.Entry) {
			c.add("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	case *audits.EventIssueAdded:
		if d := e.Issue.Details; d != nil && d.ContentSecurityPolicyIssueDetails != nil {
			v := d.ContentSecurityPolicyIssueDetails
			c.add("content security policy: %s %s", v.ViolatedDirective, v.BlockedURL)
		}
	case *page.EventJavascriptDialogOpening:
		c.add("dialog: %s %q", e.Type, e.Message)
	}
}

// expected reports whether an entry of the log is the status of a page, or of the icon for which
// Chromium asks every host.
func (c *complaints) expected(e *log.Entry) bool {
	return e.Source == log.EntrySourceNetwork && (c.documents[e.URL] || strings.HasSuffix(e.URL, "/favicon.ico"))
}

func (c *complaints) add(format string, args ...any) {
	c.list = append(c.list, strings.TrimSpace(fmt.Sprintf(format, args...)))
}

// take returns the complaints and forgets them.
func (c *complaints) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := c.list
	c.list = nil
	return list
}

func exception(d *runtime.ExceptionDetails) string {
	if d == nil {
		return "unknown"
	}
	if d.Exception != nil && d.Exception.Description != "" {
		return d.Exception.Description
	}
	return d.Text
}

func arguments(list []*runtime.RemoteObject) string {
	var text []string
	for _, a := range list {
		switch {
		case a.Description != "":
			text = append(text, a.Description)
		default:
			text = append(text, strings.Trim(string(a.Value), `"`))
		}
	}
	return strings.Join(text, " ")
}
