// Package roster has the tenants as they are configured now. A reload replaces all of them at once,
// behind one pointer; requests that have found their tenant finish with it.
//
// A tenant whose file is wrong stays as it was. Tenants that have not changed keep their value, so
// that a reload costs nothing for them.
//
// It does not know what a tenant is made of: the value is built by a function.
package roster
