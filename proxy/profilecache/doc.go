// Package profilecache has the user profiles of realms, each read once a minute and shared by all
// callers of its realm.
package profilecache
