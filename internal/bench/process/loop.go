package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// saves is the row of fngen dev: from a file that is saved to the new program
// that has taken over, beside what no such loop can do without, which is go build
// of the same program after the same edit, and what finds the functions. It is CPU
// time, of fngen with all that it starts, on Linux.
func saves(dir string) row {
	const functions = 10
	app := sync.OnceValue(func() string { return makeApp(dir, functions) })
	fngen := filepath.Join(dir, "fngen")
	edits := 0
	edit := func() {
		edits++
		name := filepath.Join(app(), "shop/p0/f0.go")
		text := strings.Replace(fmt.Sprintf(function, 0, 0), `"confirmed"`, fmt.Sprintf(`"confirmed %d"`, edits), 1)
		check(os.WriteFile(name, []byte(text), 0o644))
	}
	together := sync.OnceValue(func() string { return onePackage(app(), fngen, functions) })
	return row{fmt.Sprintf("fngen dev, a save with %d functions, CPU", functions), "%.2f s", "≤ 1.5", false,
		func() float64 { return dev(fngen, app(), edit) },
		func() float64 {
			folder := together()
			executed(app(), "go", "build", "-buildvcs=false", "-ldflags=-s -w", "-o", filepath.Join(dir, "together"), folder) // all but the edit is compiled
			edit()
			built := executed(app(), "go", "build", "-buildvcs=false", "-ldflags=-s -w", "-o", filepath.Join(dir, "together"), folder)
			return built + executed(app(), fngen, "list", "--target=aws")
		}}
}

// onePackage writes the entrypoints of the functions as one package, each a case
// of a switch, and returns its folder.
func onePackage(app, fngen string, functions int) string {
	execute(app, fngen, "generate", "--target=aws")
	cases := ""
	for i := range functions {
		data, err := os.ReadFile(filepath.Join(app, fmt.Sprintf("entrypoints/aws/confirm%d-aws/main.go", i)))
		check(err)
		text := strings.Replace(string(data), "func main() {", fmt.Sprintf("func main%d() {", i), 1)
		text = strings.Replace(text, "const _ = fn", "var _ = fn", 1)
		check(os.MkdirAll(filepath.Join(app, "together"), 0o755))
		check(os.WriteFile(filepath.Join(app, "together", fmt.Sprintf("f%d.go", i)), []byte(text), 0o644))
		cases += fmt.Sprintf("\tcase \"confirm%d\":\n\t\tmain%d()\n", i, i)
	}
	main := "package main\n\nimport \"os\"\n\nfunc main() {\n\tswitch os.Args[1] {\n" + cases + "\t}\n}\n"
	check(os.WriteFile(filepath.Join(app, "together", "main.go"), []byte(main), 0o644))
	return "./together"
}

// executed runs the command and returns its CPU time in seconds, with that of what
// it starts.
func executed(dir, name string, args ...string) float64 {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	if text, err := cmd.CombinedOutput(); err != nil {
		check(fmt.Errorf("%s: %w\n%s", cmd, err, text))
	}
	return (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
}

// dev runs fngen dev and returns the CPU time of one save, in seconds.
func dev(fngen, app string, edit func()) float64 {
	cmd := exec.Command(fngen, "dev", "-o", "json", "--target=aws", "--addr=127.0.0.1:0")
	cmd.Dir = app
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	out, err := cmd.StdoutPipe()
	check(err)
	check(cmd.Start())
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	served := func() {
		for lines.Scan() {
			var note struct{ Kind string }
			check(json.Unmarshal(lines.Bytes(), &note))
			switch note.Kind {
			case "serving":
				return
			case "stale":
				check(fmt.Errorf("fngen dev: %s", lines.Text()))
			}
		}
		check(fmt.Errorf("fngen dev ends: %v", lines.Err()))
	}
	served()
	edit()
	served()                           // what was compiled for no other
	time.Sleep(500 * time.Millisecond) // for what is stopped
	before := ticks(cmd.Process.Pid)
	edit()
	served()
	after := ticks(cmd.Process.Pid)
	check(cmd.Process.Signal(syscall.SIGTERM))
	for lines.Scan() {
		continue // to the end
	}
	check(cmd.Wait())
	return after - before
}

// ticks returns the CPU time of the process and of those that it has waited for,
// in seconds.
func ticks(pid int) float64 {
	const perSecond = 100 // USER_HZ, the same on all that Go runs on
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	check(err)
	_, rest, _ := strings.Cut(string(text), ") ")
	sum := 0
	for _, field := range strings.Fields(rest)[11:15] {
		n, err := strconv.Atoi(field)
		check(err)
		sum += n
	}
	return float64(sum) / perSecond
}
