package gen_test

import "testing"

// The level of what is logged reaches each function on every target.
func TestLogLevel(t *testing.T) {
	t.Parallel()
	files := written(t, letters, "log-level: warn\nfunctions: {confirm: {log-level: debug}}\ntargets: {openwhisk: {insecure: false}}\n")
	requireText(t, files, "aws/template.yaml", []string{`LOG_LEVEL: "debug"`, `LOG_LEVEL: "warn"`})
	requireText(t, files, "gcp/main.tf", []string{`LOG_LEVEL = "debug"`, `LOG_LEVEL = "warn"`})
	requireText(t, files, "openwhisk/confirm/exec", []string{"LOG_LEVEL='debug'"})
	requireText(t, files, "openwhisk/again/exec", []string{"LOG_LEVEL='warn'"})
	requireText(t, written(t, letters, ""), "openwhisk/nightly/exec", nil, "LOG_LEVEL")
}
