package browser

// SignIn fills in Keycloak's own page for user name and password, at which the tab must be or is
// going to be, and waits until the browser is at an address that begins with the prefix.
func (b *Tab) SignIn(name, password, prefix string) {
	b.t.Helper()
	b.Fill("#username", name)
	b.Fill("#password", password)
	b.Submit("#kc-login")
	b.WaitLocation(prefix)
}
