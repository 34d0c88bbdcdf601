package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// commands are the rows of the command fngen: generate, with nothing to
// change, beside go build of the functions, with nothing to compile; and the
// archive of a function.
func commands(dir string) (rows []row) {
	fngen := filepath.Join(dir, "fngen")
	for _, n := range []int{10, 50, 200} {
		app := sync.OnceValue(func() string { return makeApp(dir, n) })
		seconds := func(name string, args ...string) func() float64 {
			return func() float64 {
				folder, start := app(), time.Now()
				execute(folder, name, args...)
				return time.Since(start).Seconds()
			}
		}
		rows = append(rows, row{fmt.Sprintf("fngen generate, %d functions", n), "%.3f s", "", false,
			seconds(fngen, "generate", "--target=gcp"), seconds("go", "build", "./shop/...")})
	}
	bootstrap := sync.OnceValue(func() *zip.File {
		folder := makeApp(dir, 1)
		execute(folder, fngen, "build", "--target=aws")
		archive, err := zip.OpenReader(filepath.Join(folder, "dist/aws/confirm0.zip"))
		check(err)
		return archive.File[0]
	})
	return append(rows, row{"zip size", "%.2f MB", "≤ 1.03", true,
		func() float64 { return float64(bootstrap().CompressedSize64) / 1e6 },
		func() float64 {
			program, err := bootstrap().Open()
			check(err)
			var b bytes.Buffer
			w, err := flate.NewWriter(&b, 5) // as archive/zip does
			check(err)
			_, err = io.Copy(w, program)
			check(errors.Join(err, w.Close()))
			return float64(b.Len()) / 1e6
		},
	})
}

//go:embed testdata/function.txt
var function string

// makeApp builds the command fngen, and writes, generates and compiles an
// application of n functions, five in a package. It returns the folder of that.
func makeApp(dir string, n int) string {
	folder, fngen := filepath.Join(dir, fmt.Sprintf("app-%d", n)), filepath.Join(dir, "fngen")
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/fngen/fngen").Output()
	check(err)
	repo := strings.TrimSpace(string(out))
	execute(repo, "go", "build", "-buildvcs=false", "-o", fngen, "./cmd/fngen")
	sum, err := os.ReadFile(filepath.Join(repo, "go.sum"))
	check(err)
	files := map[string]string{
		"go.mod": "module example.com/app\n\ngo 1.26.0\n\nrequire github.com/fngen/fngen v0.0.0\n\nreplace github.com/fngen/fngen => " + repo + "\n",
		"go.sum": string(sum),
	}
	for i := range n {
		files[fmt.Sprintf("shop/p%d/f%d.go", i/5, i)] = fmt.Sprintf(function, i/5, i)
	}
	for name, text := range files {
		name = filepath.Join(folder, name)
		check(os.MkdirAll(filepath.Dir(name), 0o755))
		check(os.WriteFile(name, []byte(text), 0o644))
	}
	execute(folder, fngen, "generate", "--target=gcp")
	execute(folder, "go", "build", "./shop/...")
	return folder
}

// execute runs the command in the folder.
func execute(dir, name string, args ...string) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	if text, err := cmd.CombinedOutput(); err != nil {
		check(fmt.Errorf("%s: %w\n%s", cmd, err, text))
	}
}
