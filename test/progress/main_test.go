package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A package that passes has a line, and its slow tests; one that fails has all output of what
// failed, and none of what passed.
func TestReport(t *testing.T) {
	in := `{"Action":"start","Package":"a"}
{"Action":"run","Package":"a","Test":"TestSlow"}
{"Action":"output","Package":"a","Test":"TestSlow","Output":"--- PASS\n"}
{"Action":"pass","Package":"a","Test":"TestSlow","Elapsed":61.25}
{"Action":"pass","Package":"a","Test":"TestSlow/part","Elapsed":61.25}
{"Action":"output","Package":"b","Test":"TestGood","Output":"good\n"}
{"Action":"output","Package":"b","Test":"TestBad","Output":"=== RUN   TestBad\n"}
{"Action":"output","Package":"b","Test":"TestBad/part","Output":"    x_test.go:1: wrong\n"}
{"Action":"pass","Package":"b","Test":"TestGood","Elapsed":0.01}
{"Action":"fail","Package":"b","Test":"TestBad/part","Elapsed":0.5}
{"Action":"output","Package":"b","Output":"FAIL\n"}
{"Action":"pass","Package":"a","Elapsed":62}
{"Action":"fail","Package":"b","Elapsed":1}
{"Action":"skip","Package":"c","Elapsed":0}
{"ImportPath":"d","Action":"build-output","Output":"d/d.go:3:1: syntax error\n"}
not JSON
`
	want := `      a TestSlow 1m1.3s
      b TestBad/part FAILS after 500ms
ok    a 1m2s
=== RUN   TestBad
    x_test.go:1: wrong
FAIL
FAIL  b 1s
d/d.go:3:1: syntax error
not JSON
`
	var out strings.Builder
	if err := report(strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}
