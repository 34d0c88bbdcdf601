package doctor

import (
	"errors"
	"fmt"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/build"
	"github.com/fngen/fngen/gen/internal/model"
)

func day(t *testing.T, text string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

var (
	lambda = Target{Name: "aws", Runtimes: []string{"provided.al2023"}}
	google = Target{Name: "gcp", Runtimes: []string{"go126"}, Key: "runtime", Pos: token.Position{Filename: "fngen.yaml"}}
	whisk  = Target{Name: "openwhisk", Runtimes: []string{"go:1.20"}, Key: "kind", Pos: token.Position{Filename: "fngen.yaml", Line: 3, Column: 22}}
)

// Each finding is said from its day on, on the day before not, with what to change
// and where.
func TestExamine(t *testing.T) {
	with := func(t Target, ids ...string) Target { t.Runtimes = ids; return t }
	built := func(fngen, compiler string, functions ...build.RecordedFunction) []build.Record {
		return []build.Record{{Target: "aws", Fngen: fngen, Go: compiler, Functions: functions}}
	}
	const old = "runtimes-old" // which is another test's matter
	for _, c := range []struct {
		name string
		app  Application
		day  string
		want []string // what the findings begin with and hold, around …; none for none
	}{
		{"of today", Application{Targets: []Target{lambda, google, whisk}, Go: "go1.26.8"}, "2026-11-30", nil},
		{"an end that is near", Application{Targets: []Target{google}}, "2026-12-02", nil},
		{"an end that is nearer", Application{Targets: []Target{google}}, "2026-12-03",
			[]string{"fngen.yaml: warning: gcp maintains go126 until a day between 2027-02-01 and 2027-03-31 (https://…, read on 2026-11-30); set targets.gcp.runtime to go127 in fngen.yaml, build and deploy [runtime-ending]"}},
		{"an end that was", Application{Targets: []Target{with(google, "go125")}}, "2026-11-30",
			[]string{"fngen.yaml: warning: gcp maintained go125 until 2026-10-01 (…); set targets.gcp.runtime to go127 in fngen.yaml, build and deploy [runtime-ending]"}},
		{"the newest", Application{Targets: []Target{with(google, "go127")}}, "2028-01-01",
			[]string{"fngen.yaml: warning: gcp maintained go127 until …; install a newer fngen, which may know another [runtime-ending]"}},
		{"nothing to set", Application{Targets: []Target{lambda}}, "2029-07-30",
			[]string{"go.mod: warning: aws maintained provided.al2023 until 2029-06-30 (…); install a newer fngen, which may know another [runtime-ending]"}},
		{"no creation", Application{Targets: []Target{lambda}}, "2029-07-31",
			[]string{"go.mod: warning: aws takes no new functions in provided.al2023 since 2029-07-31, and no updates from 2029-08-31 on (…); install a newer fngen…[runtime-blocked]"}},
		{"no creation, still", Application{Targets: []Target{lambda}}, "2029-08-30", []string{"go.mod: warning: aws takes no new functions…[runtime-blocked]"}},
		{"no update", Application{Targets: []Target{lambda}}, "2029-08-31",
			[]string{"go.mod: warning: aws takes no updates of functions in provided.al2023 since 2029-08-31 (…); install a newer fngen…[runtime-blocked]"}},
		{"an unknown kind of two", Application{Targets: []Target{with(whisk, "go:1.20", "go:1.22")}}, "2026-11-30",
			[]string{"fngen.yaml:3:22: warning: nothing is known of go:1.22 on openwhisk, where installations as they come have go:1.17 or go:1.20; see what yours has, and set targets.openwhisk.kind to it [runtime-unknown]"}},
		{"Go, near its end", Application{Go: "go1.26.8"}, "2026-12-03",
			[]string{"go.mod: warning: go1.26.8 compiles the functions, and go1.26 gets security fixes until a day between 2027-02-01 and 2027-03-31, by when two newer ones are out (…); install a newer Go, build and deploy [go-support]"}},
		{"Go, at its end", Application{Go: "go1.25.3"}, "2026-11-30", []string{"go.mod: warning: go1.25.3 compiles the functions, and go1.25 got security fixes until …[go-support]"}},
		{"an old Go", Application{Go: "go1.19"}, "2026-11-30", []string{"go.mod: warning: go1.19 compiles the functions, and go1.19 gets no security fixes any more (…) …[go-support]"}},
		{"a Go to come", Application{Go: "go1.30rc1"}, "2026-11-30", nil},
		{"a Go of one's own", Application{Go: "devel"}, "2026-11-30", nil},
		{"of an older fngen", Application{Go: "go1.26.8", Fngen: "v0.10.0", Dist: built("v0.9.0", "go1.26.8")}, "2026-11-30",
			[]string{"dist/aws/build.json: warning: fngen v0.9.0 built what is here, and this is v0.10.0; run fngen build, and deploy [dist-older]"}},
		{"one function of an older fngen", Application{Go: "go1.26.8", Fngen: "v0.10.0", Dist: built("v0.10.0", "go1.26.8", build.RecordedFunction{Function: "a", Fngen: "v0.2.0", Go: "go1.26.8"})}, "2026-11-30",
			[]string{"dist/aws/build.json: warning: fngen v0.2.0 built what is here…[dist-older]"}},
		{"of this fngen, of a newer one and of a checkout", Application{Go: "go1.26.8", Fngen: "v0.10.0", Dist: slices.Concat(built("v0.10.0", "go1.26.8"), built("v0.11.0", "go1.26.8"), built("(devel)", "go1.26.8"))}, "2026-11-30", nil},
		{"for a checkout", Application{Go: "go1.26.8", Fngen: "(devel)", Dist: built("v0.1.0", "go1.26.8")}, "2026-11-30", nil},
		{"of a Go at its end", Application{Go: "go1.26.8", Dist: built("(devel)", "go1.26.8", build.RecordedFunction{Function: "a", Go: "go1.24.1"})}, "2026-11-30",
			[]string{"dist/aws/build.json: warning: go1.24.1 compiled what is here, and go1.24 gets no security fixes any more…; run fngen build, and deploy [go-support]"}},
	} {
		c.app.GoMod = "go.mod"
		_, found, err := Examine(c.app, day(t, c.day))
		if err != nil {
			t.Fatal(err)
		}
		found = slices.DeleteFunc(found, func(d model.Diagnostic) bool { return d.Code == old })
		same := slices.EqualFunc(found, c.want, func(d model.Diagnostic, want string) bool { return holds(d.String(), want) })
		if !same {
			t.Errorf("%s: got %v, want %q", c.name, found, c.want)
		}
	}
}

// holds reports whether the text is the wanted one, with anything for each ….
func holds(text, want string) bool {
	parts := strings.Split(want, "…")
	if !strings.HasPrefix(text, parts[0]) || !strings.HasSuffix(text, parts[len(parts)-1]) {
		return false
	}
	for _, part := range parts {
		_, rest, ok := strings.Cut(text, strings.TrimSpace(part))
		if !ok {
			return false
		}
		text = rest
	}
	return true
}

// What was checked more than 120 days ago is said to be old, once.
func TestAge(t *testing.T) {
	app := Application{Targets: []Target{lambda, whisk}, Go: "go1.27", GoMod: "go.mod"}
	const want = "go.mod: warning: what this fngen knows of runtimes was checked on 2026-11-30, more than 120 days ago, and may not be so any more; install a newer fngen [runtimes-old]"
	for on, old := range map[string]bool{"2027-03-30": false, "2027-03-31": true} {
		_, found, err := Examine(app, day(t, on))
		if err != nil || len(found) > 1 || old != (len(found) == 1 && found[0].String() == want) {
			t.Errorf("on %s: %v, %v", on, found, err)
		}
	}
}

// The data says of each runtime whose it is, who says so and when that was read;
// ends come in their order, and the runtimes of a platform too.
func TestData(t *testing.T) {
	all, err := known()
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range all {
		if !slices.Contains([]string{"aws", "gcp", "go", "openwhisk"}, r.Platform) || r.ID == "" || !strings.HasPrefix(r.Source, "https://") || r.Checked.First.IsZero() || r.Checked.First != r.Checked.Last {
			t.Errorf("%+v", r)
		}
		for _, pair := range [][2]Date{{r.Deprecated, r.NoCreation}, {r.NoCreation, r.NoUpdate}} {
			if !pair[1].First.IsZero() && pair[1].First.Before(pair[0].First) {
				t.Errorf("%s %s: %s is before %s", r.Platform, r.ID, pair[1], pair[0])
			}
		}
		if i > 0 && fmt.Sprint(all[i-1].Platform, all[i-1].Deprecated, all[i-1].ID) >= fmt.Sprint(r.Platform, r.Deprecated, r.ID) {
			t.Errorf("%s is not after %s", r.ID, all[i-1].ID)
		}
	}
}

// A date is a day or a range, and nothing else.
func TestDate(t *testing.T) {
	for text, ok := range map[string]bool{
		"": true, "2027-02-01": true, "2027-02-01/2027-03-31": true,
		"2027-02-30": false, "2027-03-31/2027-02-01": false, "2027": false, "2027-02-01/": false,
	} {
		var d Date
		if err := d.UnmarshalText([]byte(text)); ok != (err == nil) || ok && d.String() != text {
			t.Errorf("%q: %v, %v", text, d, err)
		}
	}
}

// Credentials are places, by their names: what is in them is neither read nor
// shown. A tool that is not there is shown as such.
func TestLook(t *testing.T) {
	home := t.TempDir()
	const secret = "s3cret-that-stays"
	for _, name := range []string{".aws/credentials", "elsewhere/wskprops"} {
		name = filepath.Join(home, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(secret), 0o000); err != nil {
			t.Fatal(err)
		}
	}
	env := map[string]string{"AWS_ACCESS_KEY_ID": secret, "WSK_CONFIG_FILE": filepath.Join(home, "elsewhere", "wskprops")}
	m := Machine{Getenv: func(name string) string { return env[name] }, Home: home, LookPath: func(name string) (string, error) {
		if name == "tofu" {
			return "/opt/tofu", nil
		}
		return "", errors.New("not there")
	}}
	tools, credentials := m.Look([]string{"aws", "gcp", "openwhisk"})
	if diff := cmp.Diff([]Tool{{"gcp", "terraform", ""}, {"gcp", "tofu", "/opt/tofu"}}, tools); diff != "" {
		t.Errorf("tools: want -, got +\n%s", diff)
	}
	if diff := cmp.Diff([]Credential{{"aws", "AWS_ACCESS_KEY_ID"}, {"aws", "~/.aws/credentials"}, {"gcp", ""}, {"openwhisk", "WSK_CONFIG_FILE"}}, credentials); diff != "" {
		t.Errorf("credentials: want -, got +\n%s", diff)
	}
	if text := fmt.Sprint(tools, credentials); strings.Contains(text, secret) || strings.Contains(text, home) {
		t.Errorf("shown: %s", text)
	}
}
