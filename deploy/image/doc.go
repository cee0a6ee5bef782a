// Command image builds the container image of scim-proxy without docker: an OCI layout with one
// image for each architecture. The image holds the static binary, the certificates that the system
// trusts, and the directories that the program writes to. It has no shell and no package manager.
// deploy/Dockerfile builds the same, and a test compares the two.
package main
