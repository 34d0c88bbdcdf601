package build

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"github.com/fngen/fngen/gen/internal/build/gocmd"
)

// Executable compiles the workspace's program in the folder, relative to the
// application's root, into the file. What go.mod lacks is added to the copy, which
// is kept in the file memory: the next time begins with it, as long as go.mod and
// go.sum are the same, and so without asking for what is known.
func (w *Workspace) Executable(ctx context.Context, folder, file, memory string) error {
	pkg := "./" + folder
	args := append(gocmd.LinkFlags(w.app.Platform), "-o", file, pkg)
	if err := w.recall(memory); err != nil {
		return err
	}
	added, err := w.withModules(ctx, []string{pkg}, func() error {
		_, err := w.run(ctx, w.app, "build", args...)
		return err
	})
	if err != nil || !added {
		return err
	}
	return w.remember(memory)
}

// A remembered is go.mod and go.sum as they were, and with what was added.
type remembered struct{ BeforeMod, BeforeSum, Mod, Sum []byte }

// recall begins with what was added before, if it was to the same files.
func (w *Workspace) recall(memory string) error {
	data, err := os.ReadFile(memory)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	var c remembered
	if err != nil || json.Unmarshal(data, &c) != nil || !bytes.Equal(c.BeforeMod, w.original.mod) || !bytes.Equal(c.BeforeSum, w.original.sum) {
		return err
	}
	return w.write(moduleFiles{c.Mod, c.Sum})
}

func (w *Workspace) remember(memory string) error {
	c := remembered{BeforeMod: w.original.mod, BeforeSum: w.original.sum}
	var err1, err2 error
	c.Mod, err1 = os.ReadFile(filepath.Join(w.dir, "go.mod"))
	c.Sum, err2 = os.ReadFile(filepath.Join(w.dir, "go.sum"))
	data, err3 := json.Marshal(c)
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	return os.WriteFile(memory, data, 0o600)
}

// write has the workspace's go.mod and go.sum be these.
func (w *Workspace) write(m moduleFiles) error {
	return errors.Join(os.WriteFile(filepath.Join(w.dir, "go.mod"), m.mod, 0o600), os.WriteFile(filepath.Join(w.dir, "go.sum"), m.sum, 0o600))
}
