// Package kctest gives tests a real Keycloak, fresh realms in it, and a plain way to talk to it beside the proxy.
//
// It owns the one server of a test process and knows nothing of the proxy. A test that kills its server starts one of its own with kcserver
// (Options.Own) and makes its realm there with On.
package kctest
