package scim

import "time"

// ParseDateTime reads a dateTime (RFC 7643 section 2.3.5, as in XML Schema). Without a time zone it
// is in UTC.
func ParseDateTime(text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err == nil {
		return t, nil
	}
	if local, e := time.Parse("2006-01-02T15:04:05", text); e == nil {
		return local, nil
	}
	return t, err
}
