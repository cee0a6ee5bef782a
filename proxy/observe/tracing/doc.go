// Package tracing makes the spans of requests, of their layers and of their calls to Keycloak, and
// exports them as the standard OTEL_* variables say. Without these variables it does nothing.
//
// A span has the labels of the metrics and the id of the request. It has no path, query, header or
// body, and its name has no id, so that no trace has personal data. For this reason spans are not
// made by otelhttp, which records whole URLs.
package tracing
