package page

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
)

//go:embed templates static
var own embed.FS

// asset is a file with the hash of its content in its name.
type asset struct {
	name, kind string
	content    []byte
}

// assets by their plain name.
var assets = func() map[string]asset {
	all := map[string]asset{}
	for name, kind := range map[string]string{"style.css": "text/css; charset=utf-8", "script.js": "text/javascript; charset=utf-8"} {
		content, err := own.ReadFile("static/" + name)
		if err != nil {
			panic(err) // embedded
		}
		sum := sha256.Sum256(content)
		ext := path.Ext(name)
		all[name] = asset{strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:8]) + ext, kind, content}
	}
	return all
}()

func (s *Site) asset(name string) string { return s.Base + "/assets/" + assets[name].name }

// Assets serves the style sheet and the script, at Base + "/assets/{file}". They have nothing
// secret and may be cached for a year: another content has another name.
func (s *Site) Assets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, a := range assets {
			if r.PathValue("file") == a.name {
				w.Header().Set("Content-Type", a.kind)
				w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
				_, _ = w.Write(a.content)
				return
			}
		}
		http.NotFound(w, r)
	})
}
