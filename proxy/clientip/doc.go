// Package clientip tells the address of the client of a request, also behind reverse proxies.
//
// Only the connection and what trusted reverse proxies say are believed. It knows no configuration
// and decides nothing.
package clientip
