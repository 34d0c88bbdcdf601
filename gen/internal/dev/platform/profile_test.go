//go:build unix

package platform_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fngen/fngen/gen/internal/dev/platform"
)

// cli puts an aws into the path that does what the script says, and counts calls.
func cli(t *testing.T, script string) (calls func() int) {
	t.Helper()
	dir := t.TempDir()
	text := "#!/bin/sh\necho \"$@\" >>" + dir + "/calls\n" + script
	if err := os.WriteFile(filepath.Join(dir, "aws"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
	return func() int {
		data, _ := os.ReadFile(filepath.Join(dir, "calls"))
		return strings.Count(string(data), "export-credentials")
	}
}

// A profile becomes keys as the CLI resolves it, once as long as they hold, and an
// error says why it does not, but nothing that may be secret.
func TestProfile(t *testing.T) {
	const region = `case "$*" in *"get region") echo eu-west-1; exit;; esac
[ "$*" = "configure --profile work export-credentials --format process" ] || exit 9
`
	keys := []string{"AWS_ACCESS_KEY_ID=AKID", "AWS_SECRET_ACCESS_KEY=s", "AWS_SESSION_TOKEN=t"}
	static := []string{"AWS_ACCESS_KEY_ID=AKID", "AWS_SECRET_ACCESS_KEY=s", "AWS_SESSION_TOKEN="}
	in := []string{"AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-1"}
	for _, c := range []struct {
		name, script string
		want         []string
		calls        int // of two uses
		err          string
	}{
		{"static", region + `echo '{"Version":1,"AccessKeyId":"AKID","SecretAccessKey":"s"}'`, slices.Concat(static, in), 1, ""},
		{"a session", region + `echo '{"Version":1,"AccessKeyId":"AKID","SecretAccessKey":"s","SessionToken":"t","Expiration":"2999-01-01T00:00:00+00:00"}'`, slices.Concat(keys, in), 1, ""},
		{"at its end", region + `echo '{"Version":1,"AccessKeyId":"AKID","SecretAccessKey":"s","SessionToken":"t","Expiration":"2020-01-01T00:00:00Z"}'`, slices.Concat(keys, in), 2, ""},
		{"no region", `case "$*" in *"get region") exit 1;; esac; echo '{"AccessKeyId":"AKID","SecretAccessKey":"s"}'`, static, 1, ""},
		{"refused", `echo "The SSO session has expired" >&2; exit 255`, nil, 2, "the profile work: aws configure export-credentials: The SSO session has expired"},
		{"old", `echo "aws: error: argument subcommand: Invalid choice, valid choices are:" >&2; exit 2`, nil, 2, "install its version 2"},
		{"nonsense", `echo '{"SecretAccessKey":"secret"'`, nil, 2, "answers with something else than keys"},
		{"no keys", `echo '{}'`, nil, 2, "answers with something else than keys"},
	} {
		t.Run(c.name, func(t *testing.T) {
			calls := cli(t, c.script)
			p := &platform.Profile{Name: "work"}
			for range 2 {
				env, err := p.Environment(t.Context())
				if !slices.Equal(env, c.want) || (c.err == "") != (err == nil) || err != nil && (!strings.Contains(err.Error(), c.err) || strings.Contains(err.Error(), "secret")) {
					t.Errorf("%q, %v", env, err)
				}
			}
			if got := calls(); got != c.calls {
				t.Errorf("it is resolved %d times, not %d", got, c.calls)
			}
		})
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := (&platform.Profile{Name: "work"}).Environment(t.Context()); err == nil || !strings.Contains(err.Error(), "is not there; install its version 2") {
		t.Error(err)
	}
}
