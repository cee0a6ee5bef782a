package browser

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/test/kctest"
)

var screenshots = flag.String("screenshots", "", "make the pictures of README again, in this directory")

// maxPicture is how large a picture of README may be, in bytes.
const maxPicture = 150_000

// The people of the pictures, with their titles.
var staff = [][2]string{
	{"Ada Lovelace", "Analyst"}, {"Grace Hopper", "Rear Admiral"}, {"Alan Turing", "Mathematician"}, {"Katherine Johnson", "Computer"},
	{"Edsger Dijkstra", "Programmer"}, {"Barbara Liskov", "Professor"}, {"Donald Knuth", "Author"}, {"Radia Perlman", "Engineer"},
}

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// TestScreenshots makes the pictures of README, for `make screenshots`.
func TestScreenshots(t *testing.T) {
	if *screenshots == "" {
		t.Skip("only with -screenshots")
	}
	const domain = "https://scim.example.com"
	i := install(t, plan{
		realm: kctest.Named(t, kctest.Server(t), "customers"), publicURL: domain,
		tenants: map[string]string{"acme": "idp: entra\nsharedRealm: true\nrequiredAttributes: [title, department]", "globex": requires + "\nidp: okta\nsharedRealm: true"},
	})
	i.start()
	send := func(method, path, body string, want int) string {
		t.Helper()
		a := i.scim(t, method, "acme", i.tokens["acme"], path, body)
		if a.Status != want {
			t.Fatalf("%s %s: %d %s", method, path, a.Status, a.Body)
		}
		return gjson.GetBytes(a.Body, "id").String()
	}
	patch := func(path, ops string, want int) {
		t.Helper()
		send(http.MethodPatch, path, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`+ops+`]}`, want)
	}
	var ids []string
	for _, p := range staff {
		ids = append(ids, send(http.MethodPost, "/Users", colleague(p[0], p[1], "acme.example", "Research"), http.StatusCreated))
	}
	group := send(http.MethodPost, "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Research"}`, http.StatusCreated)
	patch("/Groups/"+group, fmt.Sprintf(`{"op":"Add","path":"members","value":[{"value":%q},{"value":%q},{"value":%q}]}`, ids[0], ids[1], ids[2]), http.StatusNoContent)
	patch("/Users/"+ids[3], `{"op":"Replace","path":"title","value":"Aerospace Technologist"}`, http.StatusOK)
	send(http.MethodPost, "/Users", colleague("Ada Lovelace", "Analyst", "acme.example", "Research"), http.StatusConflict)
	patch("/Users/"+ids[6], `{"op":"Replace","path":"active","value":"False"}`, http.StatusOK)

	operator := i.operator(t, "/tenants/acme")
	operator.Open(i.console + "/tenants/acme") // after the users were counted
	operator.WaitFor("#live-state", "by itself")
	operator.picture(t, "console-tenant.png", View{Width: 1280, Height: 1180})

	operator.Open(i.console + "/tenants/globex/do/invite")
	operator.Submit("main form button")
	link := strings.Replace(strings.TrimSpace(operator.Text("#secret")), domain, i.public, 1)
	customer := New(t, Desktop)
	token := begin(t, customer, link)
	provider := func(body string) {
		t.Helper()
		if a := i.scim(t, http.MethodPost, "globex", token, "/Users", body); a.Status != http.StatusCreated {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	if a := i.scim(t, http.MethodGet, "globex", token, "/Users?filter=userName+eq+%22hedy.lamarr@globex.example%22", ""); a.Status != http.StatusOK {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	provider(strings.Replace(colleague("Hedy Lamarr", "Inventor", "globex.example", ""), `"department":""`, `"division":"Film"`, 1))
	customer.Open(i.public + "/setup/") // the token is not shown
	customer.WaitFor("#progress", "failed")
	customer.See(View{Width: 1280, Height: 960})
	Eval[bool](customer, `() => { document.getElementById("check").scrollIntoView({behavior: "instant"}); return true }`)
	customer.picture(t, "setup.png", View{Width: 1280, Height: 960})
}

// colleague is a user as a provider creates one.
func colleague(name, title, domain, department string) string {
	given, family, _ := strings.Cut(name, " ")
	userName := strings.ToLower(given + "." + family + "@" + domain)
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",%[1]q],"userName":%[2]q,"active":true,"displayName":%[3]q,"title":%[4]q,
"name":{"givenName":%[5]q,"familyName":%[6]q},"emails":[{"value":%[2]q,"type":"work","primary":true}],%[1]q:{"department":%[7]q}}`,
		enterprise, userName, name, title, given, family, department)
}

// picture saves what a window of this size shows.
func (b *Tab) picture(t *testing.T, name string, v View) {
	t.Helper()
	b.See(v)
	raw, err := run(b, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	shown, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	var small bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, fewColours(shown)); err != nil {
		t.Fatal(err)
	}
	if small.Len() > maxPicture {
		t.Errorf("%s has %d bytes", name, small.Len())
	}
	if err := os.WriteFile(filepath.Join(*screenshots, name), small.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// fewColours is the picture with its 256 most frequent colours, or the next ones to them.
func fewColours(shown image.Image) image.Image {
	counts := map[color.Color]int{}
	at := shown.Bounds()
	for y := at.Min.Y; y < at.Max.Y; y++ {
		for x := at.Min.X; x < at.Max.X; x++ {
			counts[shown.At(x, y)]++
		}
	}
	all := slices.SortedFunc(maps.Keys(counts), func(a, b color.Color) int { return counts[b] - counts[a] })
	few := image.NewPaletted(at, all[:min(256, len(all))])
	draw.Draw(few, at, shown, at.Min, draw.Src)
	return few
}
