package main

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fngen/fngen/internal/bench/program"
)

// All ways build the same programs, and the last one links none.
func TestSamePrograms(t *testing.T) {
	b, err := newBuild(t.TempDir(), 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range ways {
		if _, err := w.build(b); err != nil {
			t.Fatal(w.name, err)
		}
	}
	for _, e := range b.Entrypoints {
		name := filepath.Base(e)
		want, err := os.ReadFile(filepath.Join(b.bin, name))
		if err != nil {
			t.Fatal(err)
		}
		archive, err := zip.OpenReader(filepath.Join(b.Dir, "dist/aws", strings.TrimSuffix(name, "-aws")+".zip"))
		if err != nil {
			t.Fatal(err)
		}
		defer archive.Close()
		file, err := archive.Open("bootstrap")
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(file)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: fngen builds another program than go build (%v)", name, err)
		}
	}
	cmd := exec.Command(b.Fngen, "build", "--target=aws", "-v")
	cmd.Dir, cmd.Env = b.Dir, append(os.Environ(), "FNGEN_CACHE="+b.Cache())
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("\ngo list ")) || bytes.Contains(out, []byte("\ngo build ")) {
		t.Errorf("with nothing changed: %v\n%s", err, out)
	}
}

// The table has the medians, and the medians of the shares round by round.
func TestTable(t *testing.T) {
	c := func(wall, cpu int) program.Cost {
		return program.Cost{Wall: time.Duration(wall) * time.Second, CPU: time.Duration(cpu) * time.Second}
	}
	var b bytes.Buffer
	table(&b, [][]program.Cost{{c(10, 10), c(30, 20), c(20, 30)}, {c(5, 5), c(6, 10), c(16, 30)}, {c(1, 1), c(1, 1), c(1, 1)}})
	want := "| | seconds | of the way above | CPU seconds | of the way above |\n|---|--:|--:|--:|--:|\n" +
		"| `go build`, one by one | 20.00 | 1.000 | 20.00 | 1.000 |\n" +
		"| `fngen build`, nothing kept | 6.00 | 0.500 | 10.00 | 0.500 |\n" +
		"| `fngen build`, nothing changed | 1.00 | 0.167 | 1.00 | 0.100 |\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}
