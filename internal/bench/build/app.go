package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
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

// newApp writes an application of n functions into the folder, and compiles
// all of its packages without keeping what is linked.
func newApp(dir string, n int) (*app, error) {
	repo, err := output(".", "go", "list", "-m", "-f", "{{.Dir}}", "github.com/fngen/fngen")
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, err
	}
	a := &app{dir: filepath.Join(dir, "shop"), bin: filepath.Join(dir, "bin"), fngen: filepath.Join(dir, "fngen")}
	if _, err := output(repo, "go", "build", "-buildvcs=false", "-o", a.fngen, "./cmd/fngen"); err != nil {
		return nil, err
	}
	if err := a.write(repo, n); err != nil {
		return nil, err
	}
	if _, err := measure(a.dir, nil, a.fngen, "generate", "--target=aws"); err != nil {
		return nil, err
	}
	if a.entrypoints, err = filepath.Glob(filepath.Join(a.dir, "entrypoints/aws/*")); err != nil {
		return nil, err
	}
	for i, e := range a.entrypoints {
		if a.entrypoints[i], err = filepath.Rel(a.dir, e); err != nil {
			return nil, err
		}
	}
	if len(a.entrypoints) != n {
		return nil, fmt.Errorf("%d entrypoints of %d functions", len(a.entrypoints), n)
	}
	_, err = measure(a.dir, goEnv, "go", slices.Concat([]string{"build"}, goFlags, []string{"-o", a.bin + "/", "./entrypoints/aws/..."})...)
	return a, err
}

func (a *app) write(repo string, n int) error {
	sum, err := os.ReadFile(filepath.Join(repo, "go.sum"))
	if err != nil {
		return err
	}
	path, err := filepath.Rel(a.dir, repo)
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
		name = filepath.Join(a.dir, name)
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
