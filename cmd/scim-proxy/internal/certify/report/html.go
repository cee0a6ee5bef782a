package report

import (
	"html/template"
	"io"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify"
)

// page has no scripts and loads nothing, which its policy also forbids. The template escapes all
// texts.
var page = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>SCIM requirements of {{.Report.URL}}</title>
<style>
body { font: 15px/1.5 sans-serif; margin: 2em; color: #222 }
table { border-collapse: collapse }
td, th { border: 1px solid #ccc; padding: .3em .6em; text-align: left; vertical-align: top }
code { overflow-wrap: anywhere }
.pass { background: #dff3df } .fail { background: #f7d9d9 } .skip, .unknown { background: #eee }
</style>
</head>
<body>
<h1>SCIM requirements of {{.Report.URL}}</h1>
<p>Begun: {{.At}}. Profile: {{range $i, $p := .Report.Profiles}}{{if $i}}, {{end}}{{$p}}{{end}}</p>
<ul>{{range .Summary}}<li>{{.}}</li>{{end}}</ul>
<table>
<tr><th>result</th><th>requirement</th><th>level</th><th>clause</th><th>text</th></tr>
{{range .Report.Results}}<tr>
<td class="{{.State}}">{{.State}}</td><td>{{.ID}}</td><td>{{.Level}}</td><td>{{.Clause}}</td>
<td>{{.Text}}{{if .Why}}<br>because: {{.Why}}{{end}}{{with .Failure}}
{{if .Sent}}<br>sent: <code>{{.Sent}}</code>{{end}}<br>expected: <code>{{.Expected}}</code><br>shown: <code>{{.Shown}}</code>{{end}}</td>
</tr>
{{end}}</table>
{{with .Report.Tenant}}<h2>Tenant {{.Name}}</h2>
<p>Identity provider: {{.IDP}}. {{.About}}</p>
{{if .Checklist}}<table>
<tr><th>set-up</th><th>state</th><th>reason</th></tr>
{{range .Checklist}}<tr><td>{{.Name}}</td><td>{{.State}}</td><td>{{.Reason}}</td></tr>
{{end}}</table>
{{end}}{{if .Rules}}<table>
<tr><th>rule that fired</th><th>times</th><th>what it does</th></tr>
{{range .Rules}}<tr><td>{{.Name}}</td><td>{{.Times}}</td><td>{{.Says}}</td></tr>
{{end}}</table>
{{else}}<p>No rule of the dialect changed one of them.</p>
{{end}}{{end}}</body>
</html>
`))

// HTML writes a report as one page that needs no other file.
func HTML(out io.Writer, r certify.Report) error {
	return page.Execute(out, struct {
		Report  certify.Report
		Summary []string
		At      string
	}{r, summary(r), written(r.At)})
}
