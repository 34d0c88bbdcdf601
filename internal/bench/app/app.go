// Package app writes an application of many functions.
package app

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/fngen/fngen/internal/bench/program"
)

// perPackage is how many functions a package of the application has: one that
// answers requests and others that take messages.
const perPackage = 5

const orderText = `// Package p%[1]d is a part of the shop.
package p%[1]d

import "time"

type Order struct {
	ID     string    ` + "`json:\"id\"`" + `
	Lines  []string  ` + "`json:\"lines\"`" + `
	Placed time.Time ` + "`json:\"placed\"`" + `
}
`

const requestText = `package p%[1]d

import (
	"encoding/json"
	"net/http"
)

//fn:http GET /p%[1]d/{id}
func Show%[1]d(w http.ResponseWriter, r *http.Request) {
	_ = json.NewEncoder(w).Encode(Order{ID: r.PathValue("id")})
}
`

const messageText = `package p%[1]d

import (
	"context"
	"log/slog"
)

//fn:queue orders-%[1]d-%[2]d
func Confirm%[1]dX%[2]d(ctx context.Context, order Order) error {
	slog.InfoContext(ctx, "confirmed", "order", order.ID, "lines", len(order.Lines))
	return nil
}
`

// An App is an application with its generated entrypoints.
type App struct {
	Dir, Fngen  string
	Targets     string   // separated by commas
	Entrypoints []string // folders, relative to Dir
}

// New writes an application of n functions for the targets into the folder, and
// the program fngen beside it.
func New(dir string, n int, targets string) (*App, error) {
	repo, err := output(".", "go", "list", "-m", "-f", "{{.Dir}}", "github.com/fngen/fngen")
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, err
	}
	a := &App{Dir: filepath.Join(dir, "shop"), Fngen: filepath.Join(dir, "fngen"), Targets: targets}
	if _, err := output(repo, "go", "build", "-buildvcs=false", "-o", a.Fngen, "./cmd/fngen"); err != nil {
		return nil, err
	}
	if err := a.write(repo, n); err != nil {
		return nil, err
	}
	if _, err := a.Generate(); err != nil {
		return nil, err
	}
	if a.Entrypoints, err = filepath.Glob(filepath.Join(a.Dir, "entrypoints/*/*")); err != nil {
		return nil, err
	}
	for i, e := range a.Entrypoints {
		if a.Entrypoints[i], err = filepath.Rel(a.Dir, e); err != nil {
			return nil, err
		}
	}
	if want := n * len(strings.Split(targets, ",")); len(a.Entrypoints) != want {
		return nil, fmt.Errorf("%d entrypoints, want %d", len(a.Entrypoints), want)
	}
	return a, nil
}

// Generate runs fngen generate.
func (a *App) Generate() (program.Cost, error) { return a.run("generate") }

// Build runs fngen build.
func (a *App) Build() (program.Cost, error) { return a.run("build") }

func (a *App) run(command string) (program.Cost, error) {
	return program.Run(a.Dir, []string{"FNGEN_CACHE=" + a.Cache()}, a.Fngen, command, "--target="+a.Targets)
}

// Cache is the folder of fngen's cache.
func (a *App) Cache() string { return filepath.Join(a.Dir, ".cache") }

func (a *App) write(repo string, n int) error {
	sum, err := os.ReadFile(filepath.Join(repo, "go.sum"))
	if err != nil {
		return err
	}
	path, err := filepath.Rel(a.Dir, repo)
	if err != nil {
		return err
	}
	files := map[string]string{
		"go.mod": "module example.com/shop\n\ngo 1.26.0\n\nrequire github.com/fngen/fngen v0.0.0\n\nreplace github.com/fngen/fngen => " + filepath.ToSlash(path) + "\n",
		"go.sum": string(sum),
	}
	for i := range n {
		part, number := i/perPackage, i%perPackage
		folder := fmt.Sprintf("p%d/", part)
		if number == 0 {
			files[folder+"order.go"] = fmt.Sprintf(orderText, part)
			files[folder+"show.go"] = fmt.Sprintf(requestText, part)
		} else {
			files[folder+fmt.Sprintf("confirm%d.go", number)] = fmt.Sprintf(messageText, part, number)
		}
	}
	for name, text := range files {
		name = filepath.Join(a.Dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func output(dir, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}
