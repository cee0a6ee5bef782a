// Package clientip tells the address of the client of a request, also behind reverse proxies, and
// whether a web page sends it, or may have sent it here by a name of its own.
//
// Only the connection and what trusted reverse proxies say are believed. It knows no configuration
// and decides nothing.
package clientip
