// Package refusal reads the answers of Keycloak's SCIM API that have an error status: which SCIM
// error the caller gets, or which fault of the realm they show.
//
// Keycloak's bodies are SCIM errors, {"error": …} of its REST framework, or empty. Only the details
// of 400 are passed on: they are about the request. It sends no requests.
package refusal
