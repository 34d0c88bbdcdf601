package discover_test

import (
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fngen/fngen/gen/internal/discover"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/testkit"
)

// A placement is one directive, or what was meant as one, somewhere in an
// application.
type placement struct {
	file     string
	from, to int // lines
	name     string
}

// A scatterer writes placements into files.
type scatterer struct {
	*rand.Rand
	files  []txtar.File
	placed []placement
}

// Kinds of functions with a directive, and of directives without one; %[1]d is
// unique.
var scattered = []string{
	// Functions:
	"//fn:queue q%[1]d\nfunc F%[1]d(ctx context.Context, s string) error { return nil }\n",
	"// F%[1]d does.\n//\n//fn:topic t%[1]d\nfunc F%[1]d(ctx context.Context, b []byte) error { return nil }\n",
	"//fn:http POST /f%[1]d\nfunc F%[1]d(w http.ResponseWriter, r *http.Request) {}\n",
	"//fn:queue q%[1]d\nfunc (s *Shop) F%[1]d(ctx context.Context, s2 string) error { return nil }\n",
	"//fn:queue q%[1]d\nfunc (Shop) F%[1]d(ctx context.Context, s string) error { return nil }\n",
	"//fn:queue q%[1]d\nfunc (s Alias) F%[1]d(ctx context.Context, s2 string) error { return nil }\n",
	"//fn:queue q%[1]d\nfunc (s *shut) F%[1]d(ctx context.Context, s2 string) error { return nil }\n",
	"//fn:queue q%[1]d\n//fn:topic t%[1]d\n//fn:timeout 3s\nfunc F%[1]d(ctx context.Context, s string) error { return nil }\n",
	// Findings by types:
	"type hidden%[1]d struct{}\n\n//fn:queue q%[1]d\nfunc (h *hidden%[1]d) F%[1]d(ctx context.Context, s string) error { return nil }\n",
	"type hidden%[1]d struct{}\n\n//fn:queue q%[1]d\nfunc (h hidden%[1]d) f%[1]d(ctx context.Context, s string) error { return nil }\n",
	"type hidden%[1]d struct{}\n\ntype also%[1]d = *hidden%[1]d\n\n//fn:queue q%[1]d\nfunc (h also%[1]d) F%[1]d(ctx context.Context, s string) error { return nil }\n",
	"type Bare%[1]d struct{}\n\n//fn:queue q%[1]d\nfunc (h *Bare%[1]d) F%[1]d(ctx context.Context, s string) error { return nil }\n",
	"type Box%[1]d[T any] struct{}\n\n//fn:queue q%[1]d\nfunc (h *Box%[1]d[T]) F%[1]d(ctx context.Context, s string) error { return nil }\n",
	"type box%[1]d[T any] struct{}\n\n//fn:queue q%[1]d\nfunc (h *box%[1]d[_]) F%[1]d(ctx context.Context, s string) error { return nil }\n",
	"//fn:queue q%[1]d\nfunc F%[1]d[T any](ctx context.Context, s T) error { return nil }\n",
	"//fn:queue q%[1]d\nfunc f%[1]d(ctx context.Context, s string) error { return nil }\n",
	"//fn:queue q%[1]d\nfunc (s *Shop) f%[1]d(ctx context.Context, s2 string) error { return nil }\n",
	"//fn:queue q%[1]d\nfunc F%[1]d(ctx context.Context, s ...string) error { return nil }\n",
	"//fn:queue q%[1]d\nfunc F%[1]d() {}\n",
	"//fn:queue q%[1]d\nfunc F%[1]d(w http.ResponseWriter, r *http.Request) {}\n",
	"//fn:queue q%[1]d\nfunc _(ctx context.Context, s string) error { return nil }\n",
	"//fn:queue q%[1]d\nfunc init() {}\n",
	"type setup%[1]d struct{}\n\n//fn:setup\nfunc New%[1]d(ctx context.Context) (*setup%[1]d, error) { return nil, nil }\n",
	"//fn:setup\nfunc New%[1]d() (*Shop, error) { return nil, nil }\n",
	// Findings by grammar:
	"//fn:quueue q%[1]d\nfunc F%[1]d(ctx context.Context, s string) error { return nil }\n",
	"//fn:queue Q%[1]d\nfunc F%[1]d(ctx context.Context, s string) error { return nil }\n",
	"//fn:timeout 3s\nfunc F%[1]d(ctx context.Context, s string) error { return nil }\n",
	"//fn:queue q%[1]d\n//fn:queue r%[1]d\nfunc F%[1]d(ctx context.Context, s string) error { return nil }\n",
	// Findings by place:
	"//fn:queue q%[1]d\n\nfunc F%[1]d(ctx context.Context, s string) error { return nil }\n",
	"//fn:queue q%[1]d\nvar V%[1]d = func(ctx context.Context, s string) error { return nil }\n",
	"//fn:queue q%[1]d\nconst C%[1]d = 1\n",
	"//fn:queue q%[1]d\ntype T%[1]d struct{}\n",
	"type T%[1]d struct {\n\t//fn:queue q%[1]d\n\tA int\n}\n",
	"type T%[1]d interface {\n\t//fn:queue q%[1]d\n\tF(ctx context.Context, s string) error\n}\n",
	"func F%[1]d(ctx context.Context, s string) error {\n\t//fn:queue q%[1]d\n\treturn nil\n}\n",
	"func F%[1]d(ctx context.Context, s string) error { return nil } //fn:queue q%[1]d\n",
	// Near misses:
	"// fn:queue q%[1]d\nfunc F%[1]d(ctx context.Context, s string) error { return nil }\n",
	"//fn: queue q%[1]d\nfunc F%[1]d(ctx context.Context, s string) error { return nil }\n",
	"//fn:Queue q%[1]d\nfunc F%[1]d(ctx context.Context, s string) error { return nil }\n",
	"//FN:queue q%[1]d\nfunc F%[1]d(ctx context.Context, s string) error { return nil }\n",
	"//fngen:queue q%[1]d\nfunc F%[1]d(ctx context.Context, s string) error { return nil }\n",
	"//go:fn queue q%[1]d\nfunc F%[1]d(ctx context.Context, s string) error { return nil }\n",
	"/*fn:queue q%[1]d*/\nfunc F%[1]d(ctx context.Context, s string) error { return nil }\n",
	"///fn:queue q%[1]d\nfunc F%[1]d(ctx context.Context, s string) error { return nil }\n",
	"// +fn:queue q%[1]d\nfunc F%[1]d(ctx context.Context, s string) error { return nil }\n",
	"//fn queue q%[1]d\nfunc F%[1]d(ctx context.Context, s string) error { return nil }\n",
	"//fngen:queue q%[1]d\n\nfunc F%[1]d(ctx context.Context, s string) error { return nil }\n",
	"//func:queue q%[1]d\nvar V%[1]d int\n",
}

// grown is how many of those are taken in folders that are not searched, where
// only directives count.
const grown = 3

// file writes a file with placements of that many kinds.
func (s *scatterer) file(name, head string, kinds int) {
	var text strings.Builder
	pkg := strings.Replace(path.Base(path.Dir(name)), "command", "main", 1)
	fmt.Fprintf(&text, "%spackage %s\n\nimport (\n\t\"context\"\n\t\"net/http\"\n)\n\nvar _ context.Context\nvar _ http.Handler\n\n", head, pkg)
	for range 1 + s.IntN(8) {
		n := len(s.placed)
		kind := scattered[s.IntN(kinds)]
		at := strings.Count(text.String(), "\n") + 1
		fmt.Fprintf(&text, kind+"\n", n)
		s.placed = append(s.placed, placement{name, at, at + strings.Count(kind, "\n") - 1, fmt.Sprintf("f%d", n)})
	}
	s.files = append(s.files, txtar.File{Name: name, Data: []byte(text.String())})
}

// Wherever a thousand directives stand, each is a function, or said.
func TestNothingVanishes(t *testing.T) {
	testkit.FromCache(t)
	s := &scatterer{Rand: rand.New(rand.NewPCG(3, 14))}
	s.files = []txtar.File{{Name: "go.mod", Data: []byte("module example.com/shop\n\ngo 1.26.0\n\nignore ./old\n")}}
	const setup = `package %s

import "context"

type Shop struct{}

type Alias = *Shop

type shut struct{}

//fn:setup
func New(ctx context.Context) (*Shop, error) { return nil, nil }

//fn:setup
func NewShut(ctx context.Context) (*shut, error) { return nil, nil }

//fn:queue always
func (s *Shop) Always%[1]s(ctx context.Context, o string) error { return nil }

//fn:queue always
func (s *shut) AlwaysToo%[1]s(ctx context.Context, o string) error { return nil }
`
	compiled := []string{"orders", "refunds", "internal/stock", "deep/internal/er", "command", "broken"}
	for _, dir := range compiled {
		pkg := strings.Replace(path.Base(dir), "command", "main", 1)
		s.files = append(s.files, txtar.File{Name: dir + "/setup.go", Data: fmt.Appendf(nil, setup, pkg)})
	}
	s.files = append(s.files, txtar.File{Name: "broken/wrong.go", Data: []byte("package broken\n\nvar wrong int = \"\"\n")},
		txtar.File{Name: "nested/go.mod", Data: []byte("module example.com/nested\n")}, txtar.File{Name: "linked -> ../elsewhere"})
	heads := []string{"", "", "", "", "", "//go:build linux\n\n", "//go:build !linux\n\n", "//go:build arm64 || fancy\n\n", "//go:build ignore\n\n", "//go:build cgo\n\n", "// +build windows\n\n"}
	suffixes := []string{"", "", "", "", "", "_test", "_windows", "_linux", "_arm64", "_linux_amd64"}
	for len(s.placed) < 1000 {
		n := len(s.files)
		switch s.IntN(20) {
		case 0:
			dir := []string{"nested", "nested/more", "vendor/example.com/v", "dist", "entrypoints", "old", "../elsewhere"}[s.IntN(7)]
			s.file(fmt.Sprintf("%s/x%d.go", dir, n), "", grown)
		case 1: // a link to a file with another name
			dir := compiled[s.IntN(len(compiled))]
			name := fmt.Sprintf("%s/x%d.go", dir, n)
			s.file(name, "", len(scattered))
			file := &s.files[len(s.files)-1]
			file.Name = fmt.Sprintf("shared/x%d.txt", n)
			up := strings.Repeat("../", strings.Count(name, "/"))
			s.files = append(s.files, txtar.File{Name: fmt.Sprintf("%s -> %sshared/x%d.txt", name, up, n)})
		case 2: // no Go
			s.file(fmt.Sprintf("syntax%d/x.go", n), "", len(scattered))
			file := &s.files[len(s.files)-1]
			file.Data = append(file.Data, "func {\n"...)
		case 3: // the same for two platforms
			dir := compiled[s.IntN(2)]
			s.file(fmt.Sprintf("%s/x%d_linux.go", dir, n), "", grown)
			twin := s.files[len(s.files)-1]
			twin.Name = strings.Replace(twin.Name, "_linux", "_windows", 1)
			for _, p := range s.placed {
				if p.file == s.files[len(s.files)-1].Name {
					p.file = twin.Name
					s.placed = append(s.placed, p)
				}
			}
			s.files = append(s.files, twin)
		default:
			dir := compiled[s.IntN(len(compiled))]
			s.file(fmt.Sprintf("%s/x%d%s.go", dir, n, suffixes[s.IntN(len(suffixes))]), heads[s.IntN(len(heads))], len(scattered))
		}
	}
	root := t.TempDir() + "/app"
	testkit.WriteFiles(t, root, s.files)
	scan, err := discover.ScanDir(root, testkit.TargetNames)
	if err != nil {
		t.Fatal(err)
	}
	for _, platform := range []model.Platform{{GOOS: "linux", GOARCH: "amd64"}, {GOOS: "linux", GOARCH: "arm64", Tags: []string{"fancy"}}} {
		app, diagnostics, err := scan.Resolve(t.Context(), platform)
		if err != nil {
			t.Fatal(err)
		}
		s.check(t, platform, app, slices.Concat(scan.Diagnostics, diagnostics))
	}
}

// text is the source of the placement.
func (s *scatterer) text(p placement) string {
	for _, f := range s.files {
		if f.Name == p.file {
			return strings.Join(strings.Split(string(f.Data), "\n")[p.from-1:p.to], "\n")
		}
	}
	return ""
}

// check demands that each of the placements is accounted for.
func (s *scatterer) check(t *testing.T, platform model.Platform, app model.App, said []model.Diagnostic) {
	t.Helper()
	functions, whole, lines := map[string]bool{}, map[string]bool{}, map[string][]model.Diagnostic{}
	for _, f := range app.Functions {
		functions[strings.TrimSuffix(strings.TrimSuffix(f.Name, "-queue"), "-topic")+path.Dir(f.Pos.Filename)] = true
	}
	left := 0 // that are counted by folder
	for _, d := range said {
		lines[d.Pos.Filename] = append(lines[d.Pos.Filename], d)
		switch d.Code {
		case "folder-left-out":
			n := 1
			if _, rest, ok := strings.Cut(d.Message, "so its "); ok {
				fmt.Sscanf(rest, "%d", &n)
			}
			left += n
		case "go-syntax":
			whole[d.Pos.Filename] = true
		case "go-compile":
			whole[path.Dir(d.Pos.Filename)] = true
		}
	}
	ended, aside, directives := map[string]int{}, 0, 0
	for _, p := range s.placed {
		top, _, _ := strings.Cut(p.file, "/")
		at := func(d model.Diagnostic) bool { return p.from <= d.Pos.Line && d.Pos.Line <= p.to }
		i := slices.IndexFunc(lines[p.file], at)
		switch {
		case slices.Contains([]string{"nested", "vendor", "dist", "entrypoints", "old", ".."}, top):
			aside++
		case functions[p.name+path.Dir(p.file)]:
			ended["function"]++
		case i >= 0 && lines[p.file][i].Severity == model.Warning:
			ended["left out"]++
		case i >= 0, whole[p.file], whole[path.Dir(p.file)]:
			ended["finding"]++
		default:
			t.Errorf("%s: %s:%d ends as nothing:\n%s", platform, p.file, p.from, s.text(p))
		}
		directives++
	}
	if aside != left {
		t.Errorf("%s: %d directives in folders that are not searched; %d are said", platform, aside, left)
	}
	t.Logf("%s: %d directives: %v, %d in folders that are not searched", platform, directives, ended, aside)
	for _, end := range []string{"function", "left out", "finding"} {
		if ended[end] < 50 {
			t.Errorf("%s: only %d end as %s, so that this test says little", platform, ended[end], end)
		}
	}
}
