package configfile

import "keycloak-scim-proxy/config"

// DefaultSections returns the sections that have defaults of their own when they are present, by
// type name.
func DefaultSections() map[string]any {
	return map[string]any{"Redis": config.DefaultRedis(), "Passthrough": config.DefaultPassthrough(), "SSOLink": config.DefaultSSOLink(), "Guard": config.DefaultGuard(), "Webhook": config.DefaultWebhook()}
}

// ReadMain reads bytes as a main file.
func ReadMain(b []byte) Problems {
	c := config.Default()
	d, ok := readBytes("config.yaml", b, &c)
	if ok {
		d.validate(&c)
	}
	return d.Problems
}

// ReadTenant reads bytes as a tenant's file.
func ReadTenant(b []byte) Problems {
	t := config.DefaultTenant()
	d, ok := readBytes("acme.yaml", b, &t)
	if ok {
		d.validateTenant(&t, func(name string) bool { return name == "generic" })
	}
	return d.Problems
}

// Paths returns all values of a configuration that name a file or directory.
func Paths(c *config.Config) []*string { return paths(c) }
