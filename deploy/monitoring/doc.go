// Package monitoring makes the dashboard of the chart. Its tests execute what the chart gives to
// Prometheus and Grafana, with Prometheus' own engine: every alert fires on recorded series and
// ends, and every query of the dashboard has data on the metrics of the real program.
//
// It is a package of its own because its tests need half a minute to compile for the first time.
package monitoring
