package gen

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// A world is what decides over the go command's answers besides files.
type world struct {
	Fngen string            // the digest of this program
	Go    map[string]string // what go env prints: the toolchain, GOFLAGS, where modules are
	Env   []string          // the variables GO*, some of which go env does not print
}

var errUnknowable = errors.New("what the go command says depends on other programs or files")

// theWorld returns the world as it is. An error means that answers cannot be
// kept.
func theWorld(ctx context.Context, root string) (world, error) {
	var w world
	var group errgroup.Group
	group.Go(func() (err error) {
		w.Fngen, err = selfDigest()
		return err
	})
	group.Go(func() error {
		out, err := runGo(ctx, root, goEnv(Platform{}), "env", "-json")
		if err != nil {
			return err
		}
		return json.Unmarshal(out, &w.Go)
	})
	if err := group.Wait(); err != nil {
		return world{}, err
	}
	delete(w.Go, "GOGCCFLAGS") // names a new temporary folder each time
	for _, v := range os.Environ() {
		if strings.HasPrefix(v, "GO") {
			w.Env = append(w.Env, v)
		}
	}
	slices.Sort(w.Env)
	return w, w.knowable()
}

// knowable refuses what hands the answer over to other programs, or to files
// that nobody looks at here: a driver of go/packages, and flags but for those
// that are known to do neither.
func (w world) knowable() error {
	switch driver := os.Getenv("GOPACKAGESDRIVER"); driver {
	case "off":
	case "":
		if _, err := exec.LookPath("gopackagesdriver"); err == nil {
			return errUnknowable
		}
	default:
		return errUnknowable
	}
	harmless := []string{"buildvcs", "ldflags", "mod", "modcacherw", "p", "tags", "trimpath", "v", "x"}
	for _, flag := range strings.Fields(w.Go["GOFLAGS"]) {
		name, _, _ := strings.Cut(strings.TrimLeft(flag, "-"), "=")
		if !slices.Contains(harmless, name) {
			return errUnknowable
		}
	}
	return nil
}

// isFixed reports whether the folder is in the module cache or the toolchain.
func (w world) isFixed(folder string) bool {
	for _, name := range []string{"GOMODCACHE", "GOROOT"} {
		if rel, err := filepath.Rel(w.Go[name], folder); w.Go[name] != "" && err == nil && filepath.IsLocal(rel) {
			return true
		}
	}
	return false
}

// states returns the states of the folders: "" of one that cannot be read.
func states[T any](w world, folders map[string]T) map[string]string {
	out := map[string]string{}
	var mu sync.Mutex
	_ = each(slices.Collect(maps.Keys(folders)), func(f string) error {
		state, _ := w.state(f)
		mu.Lock()
		defer mu.Unlock()
		out[f] = state
		return nil
	})
	return out
}

// state stands for what the go command sees in a folder: the names and kinds of
// all that is in it, what is in its Go files, go.mod and go.sum, and the size
// and time of every other file. In the module cache and the toolchain, which
// are not edited, size and time stand for all files.
func (w world) state(folder string) (string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return "", err
	}
	fixed := w.isFixed(folder)
	var all []byte
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return "", err
		}
		all = fmt.Appendf(all, "%q %s", e.Name(), info.Mode().Type())
		name := filepath.Join(folder, e.Name())
		if info.Mode()&fs.ModeSymlink != 0 {
			if info, err = os.Stat(name); err != nil {
				all = fmt.Append(all, " leads nowhere\n")
				continue
			}
			all = fmt.Appendf(all, " to %s", info.Mode().Type())
		}
		switch isSource := filepath.Ext(e.Name()) == ".go" || e.Name() == "go.mod" || e.Name() == "go.sum"; {
		case !info.Mode().IsRegular():
		case isSource && !fixed:
			data, err := os.ReadFile(name)
			if err != nil {
				return "", err
			}
			all = fmt.Appendf(all, " %s", digest(data))
		default:
			all = fmt.Appendf(all, " %d %d", info.Size(), info.ModTime().UnixNano())
		}
		all = append(all, '\n')
	}
	return digest(all), nil
}
