// Package directory defines the interface between the layers below a decoded request: Directory,
// the arguments and results of its methods, and Capabilities.
//
// A layer embeds the Directory below it and overrides the methods that it completes. Each layer
// adds what it completes to Capabilities, and the discovery documents show those of the topmost
// layer.
//
// The package sees only standard SCIM. A Directory has no PATCH: Update computes the wanted
// resource.
package directory
