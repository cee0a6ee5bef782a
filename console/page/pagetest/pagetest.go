// Package pagetest checks that a page is valid, accessible HTML that the policy of package page
// allows.
package pagetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Check reports everything that is wrong with a whole page. name says which page it is.
func Check(t testing.TB, name, page string) {
	t.Helper()
	for _, wrong := range Problems(page) {
		t.Errorf("%s: %s", name, wrong)
	}
}

// Problems returns what is wrong with a page.
func Problems(page string) []string {
	c := &checker{ids: map[string]int{}, labelled: map[string]bool{}}
	c.nesting(page)
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return append(c.problems, err.Error())
	}
	if !strings.HasPrefix(page, "<!doctype html>") {
		c.wrong("no doctype")
	}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			c.element(n)
		}
	}
	for id, n := range c.ids {
		if n > 1 {
			c.wrong("%d elements with the id %s", n, id)
		}
	}
	for _, ref := range c.refs {
		if c.ids[ref] == 0 {
			c.wrong("no element has the id %q, which another refers to", ref)
		}
	}
	for _, id := range c.inputs {
		if !c.labelled[id] {
			c.wrong("the field %q has no label", id)
		}
	}
	if c.h1 != 1 || c.titles != 1 {
		c.wrong("%d h1, %d titles", c.h1, c.titles)
	}
	return c.problems
}

type checker struct {
	problems   []string
	ids        map[string]int
	labelled   map[string]bool
	refs       []string
	inputs     []string
	h1, titles int
	level      int // of the last heading
}

func (c *checker) wrong(format string, a ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, a...))
}

// void are elements without an end.
var void = []string{"area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"}

// blocks must not be in a paragraph.
var blocks = []string{"div", "dl", "details", "figure", "form", "h1", "h2", "h3", "h4", "ol", "p", "pre", "section", "table", "ul"}

// nesting checks that every element is closed where it was opened. A parser would mend it.
func (c *checker) nesting(page string) {
	var open []string
	for z := html.NewTokenizer(strings.NewReader(page)); ; {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		name, _ := z.TagName()
		tag := string(name)
		if kind == html.StartTagToken && !slices.Contains(void, tag) {
			c.opens(tag, open)
			open = append(open, tag)
		}
		if kind != html.EndTagToken {
			continue
		}
		if len(open) == 0 || open[len(open)-1] != tag {
			c.wrong("</%s> in %v", tag, open)
			return
		}
		open = open[:len(open)-1]
	}
	if len(open) > 0 {
		c.wrong("%v not closed", open)
	}
}

// opens checks that an element may be in others.
func (c *checker) opens(tag string, in []string) {
	if slices.Contains(in, "p") && slices.Contains(blocks, tag) {
		c.wrong("%s in a paragraph", tag)
	}
	if slices.Contains([]string{"a", "button"}, tag) && (slices.Contains(in, "a") || slices.Contains(in, "button")) || tag == "form" && slices.Contains(in, "form") {
		c.wrong("%s in %v", tag, in)
	}
}

func (c *checker) element(n *html.Node) {
	attr := map[string]string{}
	for _, a := range n.Attr {
		attr[a.Key] = a.Val
		c.attribute(n, a)
	}
	label := attr["aria-label"] + attr["aria-labelledby"]
	says := strings.TrimSpace(Text(n)) + label
	switch n.Data {
	case "title":
		if n.Parent.Data == "head" {
			c.titles++
		}
	case "h1", "h2", "h3", "h4":
		c.heading(n, says)
	case "label":
		c.labelled[attr["for"]] = says != ""
		c.refs = append(c.refs, attr["for"])
	case "input", "select", "textarea":
		if attr["type"] != "hidden" && attr["aria-label"] == "" {
			c.inputs = append(c.inputs, attr["id"])
		}
	}
	_, alt := attr["alt"]
	for _, rule := range []struct {
		element string
		wrong   bool
		says    string
	}{
		{"html", attr["lang"] == "", "no lang"},
		{"title", says == "", "an empty title"},
		{"a", says == "", "without a text"},
		{"button", says == "", "without a text"},
		{"script", attr["src"] == "" || n.FirstChild != nil, "an inline script"},
		{"style", true, "an inline style"},
		{"iframe", true, "a frame"},
		{"object", true, "an object"},
		{"base", true, "a base"},
		{"img", !alt, "an image without a text"},
		{"svg", attr["role"] != "img" || label == "", "a drawing without a text"},
		{"th", attr["scope"] == "", "a heading of a table without its scope"},
		{"form", strings.EqualFold(attr["method"], "post") && !hasToken(n), "a form without a token"},
	} {
		if rule.element == n.Data && rule.wrong {
			c.wrong("%s: %s %v", n.Data, rule.says, n.Attr)
		}
	}
}

func (c *checker) heading(n *html.Node, says string) {
	level := int(n.Data[1] - '0')
	if level == 1 {
		c.h1++
	}
	if level > c.level+1 || says == "" {
		c.wrong("%s %q after a heading of the level %d", n.Data, says, c.level)
	}
	c.level = level
}

func (c *checker) attribute(n *html.Node, a html.Attribute) {
	switch {
	case a.Key == "id":
		c.ids[a.Val]++
		if a.Val == "" || strings.ContainsAny(a.Val, " \t\n") {
			c.wrong("the id %q", a.Val)
		}
	case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
		c.wrong("%s has the attribute %s", n.Data, a.Key)
	case slices.Contains([]string{"href", "src", "action", "formaction"}, a.Key) && strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:"):
		c.wrong("%s leads to %s", n.Data, a.Val)
	case a.Key == "aria-labelledby" || a.Key == "aria-describedby":
		c.refs = append(c.refs, strings.Fields(a.Val)...)
	case a.Key == "href" && strings.HasPrefix(a.Val, "#"):
		c.refs = append(c.refs, a.Val[1:])
	}
}

func hasToken(form *html.Node) bool {
	for n := range form.Descendants() {
		if n.Data == "input" && slices.Contains(n.Attr, html.Attribute{Key: "name", Val: "token"}) {
			return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "value" && a.Val != "" })
		}
	}
	return false
}

// Text returns the text of a node and all below it.
func Text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// Texts returns the text of a page: what a reader sees.
func Texts(page string) string {
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return err.Error()
	}
	return Text(doc)
}
