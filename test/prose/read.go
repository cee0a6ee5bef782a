package prose

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"strconv"
	"strings"
)

// Line is a line of prose in a file.
type Line struct {
	Number int
	Text   string // without the comment markers
	Width  int    // columns of the whole line; 0 if its width is not checked
}

// Read returns the prose of a file: comments, the text of a Markdown page, and the string
// literals of Go code. It returns nothing for other files.
func Read(name string, content []byte) ([]Line, error) {
	switch base := path.Base(name); {
	case strings.HasSuffix(name, ".go"):
		return readGo(name, content)
	case strings.HasSuffix(name, ".md"):
		return readMarkdown(string(content)), nil
	case strings.HasSuffix(name, ".sh"), strings.HasSuffix(name, ".yaml"), strings.HasSuffix(name, ".yml"), base == "Makefile":
		return readComments(string(content), "#"), nil
	case strings.HasSuffix(name, ".lua"):
		return readComments(string(content), "--"), nil
	}
	return nil, nil
}

// readGo returns the comments and, except in tests, the string literals. The width of literals is
// not checked.
func readGo(name string, content []byte) (out []Line, err error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, content, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(string(content), "\n")
	for _, group := range file.Comments {
		for _, c := range group.List {
			at := files.Position(c.Pos())
			for i, text := range strings.Split(c.Text, "\n") {
				text = strings.TrimPrefix(strings.TrimPrefix(text, "//"), "/*")
				line := Line{Number: at.Line + i, Text: text, Width: columns(lines[at.Line+i-1])}
				if directive(text) || preformatted(text) || columns(lines[at.Line-1][:at.Column-1]) > MaxWidth {
					line.Width = 0 // the code before the comment is too long by itself
				}
				out = append(out, line)
			}
		}
	}
	if strings.HasSuffix(name, "_test.go") {
		return out, nil
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
			if text, err := strconv.Unquote(l.Value); err == nil {
				out = append(out, Line{Number: files.Position(l.Pos()).Line, Text: text})
			}
		}
		return true
	})
	return out, nil
}

// directive reports whether a comment is for a tool, such as //go:embed and //nolint.
func directive(text string) bool {
	return text != "" && text[0] != ' ' && text[0] != '\t'
}

// preformatted reports whether a line of a comment is code, a table or a drawing, which a tab
// indents.
func preformatted(text string) bool { return strings.HasPrefix(text, "\t") }

// readMarkdown returns the lines outside of code blocks. The width of tables is not checked.
func readMarkdown(content string) (out []Line) {
	fenced := false
	for i, text := range strings.Split(content, "\n") {
		trimmed := strings.TrimSpace(text)
		switch {
		case strings.HasPrefix(trimmed, "```"):
			fenced = !fenced
		case fenced, strings.HasPrefix(text, "    "):
		case strings.HasPrefix(trimmed, "|"):
			out = append(out, Line{Number: i + 1, Text: text})
		default:
			out = append(out, Line{Number: i + 1, Text: text, Width: columns(text)})
		}
	}
	return out
}

// readComments returns the lines that begin with a comment marker.
func readComments(content, mark string) (out []Line) {
	for i, text := range strings.Split(content, "\n") {
		if comment, ok := strings.CutPrefix(strings.TrimSpace(text), mark); ok {
			out = append(out, Line{Number: i + 1, Text: comment, Width: columns(text)})
		}
	}
	return out
}
