// Package site has the URLs under which callers reach the proxy.
package site
