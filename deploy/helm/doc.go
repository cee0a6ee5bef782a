// Package helm has the chart of scim-proxy. Its tests prove the chart without a cluster: they
// render it with Helm's library, decode every manifest strictly, and start the real program with
// what a pod would mount.
package helm
