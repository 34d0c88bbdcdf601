// Package doctor says what of an application ages: the runtimes of its platforms,
// its Go, and what was generated and built by another fngen. It asks nobody: what
// is known of runtimes is in runtimes.json, with the day on which it was checked.
package doctor

import (
	"fmt"
	"go/token"
	"go/version"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/semver"

	"github.com/fngen/fngen/gen/internal/build"
	"github.com/fngen/fngen/gen/internal/model"
)

const (
	ahead  = 60 * 24 * time.Hour  // of an end, for there to be time
	oldAge = 120 * 24 * time.Hour // of what was checked
)

// An Application is what is looked at.
type Application struct {
	Targets []Target
	GoMod   string // the path of go.mod, relative to the application's root
	Go      string // the version of the go command that compiles functions
	Fngen   string // the version of this fngen, "(devel)" for none
	Dist    []build.Record
}

// A Target is a platform that functions are meant for, with its runtimes.
type Target struct {
	Name     string
	Runtimes []string
	Key      string         // of fngen.yaml, that chooses them; "" if none does
	Pos      token.Position // where it is set, or would be
}

// A Report is what is so, without being a finding.
type Report struct {
	Day         string       `json:"day"` // for which it is
	Runtimes    []Runtime    `json:"runtimes"`
	Tools       []Tool       `json:"tools"`
	Credentials []Credential `json:"credentials"`
}

// Examine returns what is known of the application's runtimes and of its Go, and
// the findings on the day.
func Examine(a Application, day time.Time) (Report, []model.Diagnostic, error) {
	all, err := known()
	if err != nil {
		return Report{}, nil, err
	}
	e := examination{Application: a, day: day, all: all, report: Report{Day: day.Format(time.DateOnly)}}
	for _, t := range a.Targets {
		for _, id := range t.Runtimes {
			e.runtime(t, id)
		}
	}
	e.compiler()
	e.dist()
	e.age()
	return e.report, e.found, nil
}

type examination struct {
	Application
	day    time.Time
	all    []Runtime
	report Report
	found  []model.Diagnostic
}

func (e *examination) lookup(platform, id string) (Runtime, bool) {
	i := slices.IndexFunc(e.all, func(r Runtime) bool { return r.Platform == platform && r.ID == id })
	if i < 0 {
		return Runtime{Platform: platform, ID: id}, false
	}
	return e.all[i], true
}

// passed reports whether the day of the date may have come.
func (e *examination) passed(d Date, before time.Duration) bool {
	return !d.First.IsZero() && !e.day.Add(before).Before(d.First)
}

func (e *examination) warnf(code model.Code, pos token.Position, format string, args ...any) {
	e.found = append(e.found, model.Diagnostic{Code: code, Severity: model.Warning, Pos: pos, Message: fmt.Sprintf(format, args...)})
}

// runtime examines a runtime of the target.
func (e *examination) runtime(t Target, id string) {
	r, ok := e.lookup(t.Name, id)
	e.report.Runtimes = append(e.report.Runtimes, r)
	way := "install a newer fngen, which may know another"
	if next := e.successor(r); t.Key != "" && next != "" {
		way = fmt.Sprintf("set targets.%s.%s to %s in fngen.yaml, build and deploy", t.Name, t.Key, next)
	}
	pos := t.Pos
	if t.Key == "" {
		pos = token.Position{Filename: e.GoMod}
	}
	switch {
	case !ok:
		var ids []string
		for _, other := range e.all {
			if other.Platform == t.Name {
				ids = append(ids, other.ID)
			}
		}
		e.warnf("runtime-unknown", pos,
			"nothing is known of %s on %s, where installations as they come have %s; see what yours has, and set targets.%[2]s.%[4]s to it", id, t.Name, strings.Join(ids, " or "), t.Key)
	case e.passed(r.NoUpdate, 0):
		e.warnf("runtime-blocked", pos, "%s takes no updates of functions in %s since %s%s; %s", t.Name, id, r.NoUpdate.words(), r.by(), way)
	case e.passed(r.NoCreation, 0):
		e.warnf("runtime-blocked", pos,
			"%s takes no new functions in %s since %s, and no updates from %s on%s; %s", t.Name, id, r.NoCreation.words(), r.NoUpdate.words(), r.by(), way)
	case e.passed(r.Deprecated, ahead):
		e.warnf("runtime-ending", pos, "%s %s %s until %s%s; %s", t.Name, e.tense(r, "maintains", "maintained"), id, r.Deprecated.words(), r.by(), way)
	}
}

// tense returns the verb for what is said of the runtime until its end.
func (e *examination) tense(r Runtime, now, before string) string {
	if e.day.After(r.Deprecated.Last) {
		return before
	}
	return now
}

// by says who says so, and when it was read.
func (r Runtime) by() string { return fmt.Sprintf(" (%s, read on %s)", r.Source, r.Checked) }

// successor returns the platform's runtime that is maintained the longest, "" if
// it is not longer than r.
func (e *examination) successor(r Runtime) string {
	best := r
	for _, other := range e.all {
		if other.Platform == r.Platform && other.Deprecated.First.After(best.Deprecated.First) {
			best = other
		}
	}
	if best.ID == r.ID {
		return ""
	}
	return best.ID
}

// compiler examines the Go that compiles functions.
func (e *examination) compiler() {
	r, until := e.support(e.Go)
	e.report.Runtimes = append(e.report.Runtimes, r)
	if until == "" {
		return
	}
	e.warnf("go-support", token.Position{Filename: e.GoMod}, "%s compiles the functions, and %s; install a newer Go, build and deploy", e.Go, until)
}

// support returns what is known of a version of Go, and how long it gets fixes if
// that is no longer, or soon no longer.
func (e *examination) support(goVersion string) (r Runtime, until string) {
	lang := version.Lang(goVersion)
	r, ok := e.lookup("go", lang)
	if ok && e.passed(r.Deprecated, ahead) {
		return r, fmt.Sprintf("%s %s security fixes until %s, by when two newer ones are out%s", lang, e.tense(r, "gets", "got"), r.Deprecated.words(), r.by())
	}
	i := slices.IndexFunc(e.all, func(r Runtime) bool { return r.Platform == "go" })
	if oldest := e.all[i]; !ok && version.IsValid(goVersion) && version.Compare(lang, oldest.ID) < 0 {
		return r, lang + " gets no security fixes any more" + oldest.by()
	}
	return r, ""
}

// dist examines what was built, which may be what is deployed.
func (e *examination) dist() {
	for _, r := range e.Dist {
		pos := token.Position{Filename: model.DistDir + "/" + r.Target + "/" + build.RecordFile}
		fngen, compilers := []string{r.Fngen}, []string{r.Go}
		for _, f := range r.Functions {
			if f.Go != "" {
				fngen, compilers = append(fngen, f.Fngen), append(compilers, f.Go)
			}
		}
		oldest := slices.MinFunc(fngen, semver.Compare)
		if semver.IsValid(oldest) && semver.IsValid(e.Fngen) && semver.Compare(oldest, e.Fngen) < 0 {
			e.warnf("dist-older", pos, "fngen %s built what is here, and this is %s; run fngen build, and deploy", oldest, e.Fngen)
		}
		compiler := slices.MinFunc(compilers, version.Compare)
		if _, until := e.support(compiler); until != "" && version.Lang(compiler) != version.Lang(e.Go) {
			e.warnf("go-support", pos, "%s compiled what is here, and %s; run fngen build, and deploy", compiler, until)
		}
	}
}

// age says that what is known of the application's runtimes is old.
func (e *examination) age() {
	var oldest time.Time
	for _, r := range e.report.Runtimes {
		if checked := r.Checked.First; !checked.IsZero() && (oldest.IsZero() || checked.Before(oldest)) {
			oldest = checked
		}
	}
	if oldest.IsZero() || e.day.Sub(oldest) <= oldAge {
		return
	}
	e.warnf("runtimes-old", token.Position{Filename: e.GoMod},
		"what this fngen knows of runtimes was checked on %s, more than %d days ago, and may not be so any more; install a newer fngen", oldest.Format(time.DateOnly), int(oldAge.Hours()/24))
}
