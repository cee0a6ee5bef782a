package config

import "time"

// Guard holds changes that end the access of many users at once.
type Guard struct {
	// Off holds nothing.
	Off bool `yaml:"off"`
	// Window is the time in which changes are counted together.
	Window Duration `yaml:"window"`
	// Users bounds the users that are deactivated or deleted.
	Users GuardUsers `yaml:"users"`
	// Members bounds the members that a group loses.
	Members GuardMembers `yaml:"members"`
	// Urgent are userNames, in any letter case, whose deactivation or deletion is never held.
	Urgent []string `yaml:"urgent"`
	// UrgentFile is a file with such userNames, one a line; # begins a comment. It is read when a
	// change would be held.
	UrgentFile string `yaml:"urgentFile"`
	// Webhook gets an event when the guard begins to hold changes. Absent in a tenant's file: that
	// of the main file.
	Webhook *GuardWebhook `yaml:"webhook"`
}

// GuardUsers bounds the users whose access ends. A change is held only if both numbers are
// exceeded.
type GuardUsers struct {
	// Count is how many users may be deactivated or deleted in any case.
	Count int `yaml:"count"`
	// Percent is the share of the users that the tenant knows.
	Percent int `yaml:"percent"`
}

// GuardMembers bounds the members that one group loses. A change is held only if both numbers are
// exceeded.
type GuardMembers struct {
	// Count is how many members may be removed in any case.
	Count int `yaml:"count"`
	// Percent is the share of the members of the group.
	Percent int `yaml:"percent"`
}

// GuardWebhook is the URL that the event of a guard is sent to.
type GuardWebhook struct {
	// URL is where events are posted to as JSON (docs/guard.md). Required.
	URL string `yaml:"url"`
	// SecretFile is the file with the secret that events are signed with (HMAC-SHA256). White space
	// around it is ignored. Required.
	SecretFile string `yaml:"secretFile"`
}

// Secret reads the secret. No error contains it.
func (w GuardWebhook) Secret() (string, error) { return readSecret(w.SecretFile, "") }

// DefaultGuard returns the values of all keys that are absent from the section.
func DefaultGuard() Guard {
	return Guard{Window: Duration(time.Hour), Users: GuardUsers{Count: 20, Percent: 5}, Members: GuardMembers{Count: 50, Percent: 20}}
}
