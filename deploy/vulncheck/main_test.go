package main

import (
	"slices"
	"strings"
	"testing"
)

func TestJudge(t *testing.T) {
	const (
		config   = `{"config":{"protocol_version":"v1.0.0"}}`
		release  = `{"finding":{"osv":"GO-1","fixed_version":"v1.26.9","trace":[{"module":"stdlib","version":"v1.26.8","package":"net/http","function":"Get"},{"module":"m","function":"main"}]}}`
		imported = `{"finding":{"osv":"GO-2","trace":[{"module":"a.example/m","version":"v1.0.0","package":"a.example/m"}]}}`
		module   = `{"finding":{"osv":"GO-3","fixed_version":"v1.0.1","trace":[{"module":"a.example/m","version":"v1.0.0","package":"a.example/m","function":"F"}]}}`
	)
	for _, row := range []struct {
		output, says string
		fails        bool
	}{
		{config, "0 vulnerabilities of modules, 0 of the Go release", false},
		{config + release + release, "0 vulnerabilities of modules, 1 of the Go release", false},
		{config + imported, "0 vulnerabilities of modules, 0 of the Go release", false},
		{config + release + imported + module, "the program calls a.example/m v1.0.0, fixed in v1.0.1", true},
	} {
		called, err := read(strings.NewReader(row.output))
		if err != nil {
			t.Fatal(err)
		}
		var said strings.Builder
		err = judge(&said, called, "v0")
		if (err != nil) != row.fails || !strings.Contains(said.String(), row.says) {
			t.Errorf("%v\n%s", err, &said)
		}
	}
	if _, err := read(strings.NewReader(`{"finding":`)); err == nil {
		t.Error("an output that ends early was accepted")
	}
	if called, _ := read(strings.NewReader(config)); !slices.Equal(called, nil) {
		t.Error(called)
	}
}
