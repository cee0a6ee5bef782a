// Package report writes the report of `scim-proxy certify` as text, Markdown and HTML. Texts that
// come from the server cannot leave their place: they are escaped for each form.
package report
