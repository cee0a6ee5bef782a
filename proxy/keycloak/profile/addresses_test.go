package profile

import (
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
)

// If the address is shown as userName, a filter compares both, and Keycloak's order is not that of
// the names.
func TestWithAddresses(t *testing.T) {
	stock, p := Stock(), Stock().WithAddresses()
	for filter, want := range map[string][2]string{
		`userName eq "\u0041da"`:          {`userName eq "Ada"`, `userName eq "Ada" or emails.value eq "ada"`},
		`emails.value eq "\u0130@X.test"`: {"emails.value eq \"i\u0307@x.test\"", "emails.value eq \"i\u0307@x.test\""},
		`active eq true`:                  {`active eq true`, `active eq true`},
	} {
		f, err := scim.ParseFilter(filter)
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]string{stock.Filter(f).String(), p.Filter(f).String()}; got != want {
			t.Errorf("%s: %q, want %q", filter, got, want)
		}
	}
	can := p.Capabilities()
	if order := can.Order[scim.User]; !order.IsZero() || can.Filters[scim.User]["username"] != directory.NoNegation {
		t.Error(order, can.Filters)
	}
	if stock.Capabilities().Filters[scim.User]["username"] != directory.Full || stock.Addressed() || !p.Addressed() {
		t.Error("the stock profile has changed")
	}
}
