package console

import (
	"time"

	"keycloak-scim-proxy/proxy/scim"
)

// Health is how something is.
type Health string

// The values of Health.
const (
	Good    Health = "good"
	Warning Health = "warning"
	Bad     Health = "bad"
	Unknown Health = "unknown"
)

// Summary is a tenant in the list of tenants. A number that is not known is -1.
type Summary struct {
	Name, Realm, Group, IDP string
	// State is live, staged, or what else the proxy says.
	State string
	// Synced is when the last request was, zero if none is known.
	Synced        time.Time
	Users, Groups int
	// Expires is when the last token that is in use expires, zero if one never does; NoToken means
	// that there is none. OAuth means that the provider may use access tokens of OAuth, whose use
	// and end are not known: then a zero Synced, and NoToken, are shown as "not known".
	Expires time.Time
	NoToken bool
	OAuth   bool
	// Guard is open, holding, released or off.
	Guard string
	// Drift is how many users differ at the last scheduled walk, Walked when it ended; zero: none
	// has.
	Drift  int
	Walked time.Time
	// Health is that of the tenant, Why a sentence about it; Recent are the last hours.
	Health Health
	Why    string
	Recent []Hour
}

// Detail is a tenant.
type Detail struct {
	Summary
	// URL is the SCIM base URL for its provider.
	URL string
	// Attributes are the required attributes.
	Attributes []Attribute
	// Verified is when the last canary was green.
	Verified time.Time
	// Journal is false if nothing is recorded: then there is no activity, undo or drift.
	Journal bool
	// Faults are sentences about what is wrong.
	Faults []string
}

// Attribute is a required attribute.
type Attribute struct {
	Path string
	// Lives is where: Keycloak, store, or both; "" is not known yet.
	Lives string
	// Wrong says what is wrong with it.
	Wrong string
}

// Token is a token of a tenant, without its text.
type Token struct {
	ID string
	// InFile means that it is configured in the tenant's file, where it is changed; the console does
	// not change it.
	InFile                       bool
	Made, Expires, Revoked, Used time.Time
	By                           string
}

// Setup is the set-up link of a tenant with its checklist.
type Setup struct {
	// Link is the link, only in the answer to Invite.
	Link string
	// Made, By, Expires are those of the invitation; a zero Made means that there is none.
	Made, Expires, Revoked, Opened time.Time
	By                             string
	// Open means that it can still be used.
	Open  bool
	Lines []Line
}

// Line is one line of the checklist.
type Line struct {
	// ID names it, Text is what should happen.
	ID, Text string
	// State is open, green, red or waived.
	State string
	At    time.Time
	// Request is the id of the request that decided.
	Request string
	// Reason says why it is red or waived, Advice what to change at the provider.
	Reason, Advice string
}

// Resource is a user or a group.
type Resource struct {
	Type     scim.ResourceType
	ID, Name string
	// Rows compare, by attribute, what the provider sent last, what Keycloak has, and what is kept
	// in the store, as JSON texts; "" is no value.
	Rows []Row
	// Gone means that it does not exist now; only its history is known.
	Gone bool
	// Wrong says which parts could not be read, and why.
	Wrong []string
	// Links are the members of a group, or the groups of a user: as many as a page shows; More
	// says that there are more.
	Links []Reference
	More  bool
	// History are entries, the newest first.
	History []Activity
}

// Row is one attribute.
type Row struct{ Attribute, Sent, Keycloak, Kept string }

// Reference is a member or a group.
type Reference struct {
	Type     scim.ResourceType
	ID, Name string
}

// System is the program with what it depends on.
type System struct {
	Version, Go string
	Started     time.Time
	// Replica names this process.
	Replica string
	Store   Store
	Realms  []Realm
	// Notes are what /readyz?verbose says.
	Notes []string
}

// Store is the store.
type Store struct {
	// Kind is embedded or redis.
	Kind   string
	Health Health
	Why    string
	// Facts are shown as they are: its stamp and size.
	Facts []Fact
}

// Fact is a name with a value.
type Fact struct{ Name, Value string }

// Realm is a realm with what its Keycloak can do.
type Realm struct {
	Name         string
	Health       Health
	Why          string
	Tenants      int
	Capabilities []Fact
}
