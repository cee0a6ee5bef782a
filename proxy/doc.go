// Package proxy is the composition root: the only package that knows all layers and their order.
//
//	New      turns the configuration into parts that live as long as the process
//	compose  puts the layers together, bottom to top, for each request
//	Run      serves until the context ends, and follows the files of the tenants
//
// Mutable state is in the realms (spaces, user profiles, cursor keys), the accounts, the admitter,
// the marks, the meter and the roster of tenants. Everything else is made for each request.
package proxy
