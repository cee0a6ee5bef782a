// Package canary proves that the attributes that a tenant requires survive.
//
// A canary is a user that the proxy itself creates, changes, deactivates and deletes, with the
// requests of the tenant's identity provider and through the whole proxy: the canary passes the
// repairs of URLs, the dialect, the limits, the layers and Keycloak, but no network and no token.
// So no request from outside can be one. After each step the canary is read through the proxy, and
// in Keycloak by its Admin REST API, beside the layers.
//
// A report says of each attribute whether it survived and where it lives. A green one makes a
// staged tenant live (package staged). The handler is for the admin listener.
package canary
