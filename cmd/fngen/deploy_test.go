package main

import (
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/fngen/fngen/internal/testkit/whisk"
)

// openwhisk start [interrupt PATH] has a controller of OpenWhisk that the file in
// WSK_CONFIG_FILE leads to; one request, to an address that ends in the path, is not
// answered, and an interrupt is sent to the process that makes it.
func openwhisk(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 && (len(args) != 3 || args[1] != "interrupt") {
		ts.Fatalf("usage: openwhisk start [interrupt PATH]")
	}
	c, stop := whisk.New()
	ts.Defer(stop)
	c.AddRecord("1f", map[string]any{"activationId": "1f", "action": "shop/confirm", "start": time.Now().Add(-time.Minute).UnixMilli(), "statusCode": 0,
		"logs": []string{"2026-11-30T12:00:01.5Z stdout: confirming o-1"}})
	if len(args) == 3 {
		asked := false
		c.Before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
			if asked || r.Method != http.MethodPut || !strings.HasSuffix(r.URL.Path, args[2]) {
				return false
			}
			asked = true
			ts.Check(os.WriteFile(ts.MkAbs("asked"), nil, 0o644))
			whisk.Slow(r, time.Minute)
			return true
		}
	}
	file := ts.MkAbs("wskprops")
	ts.Check(os.WriteFile(file, []byte(c.Props()), 0o600))
	ts.Setenv("WSK_CONFIG_FILE", file)
	ts.Setenv("HOST", c.URL)
}
