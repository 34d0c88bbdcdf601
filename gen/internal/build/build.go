// Package build compiles and packages functions into dist/: the module files
// that they need, the cache of what was built, archives and their bills of
// materials.
package build

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/build/gocmd"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
)

// An Artifact is a built package of one function.
type Artifact struct {
	Function model.Function
	Path     string // relative to the application's root
	SBOM     string // the path of its bill of materials, CycloneDX in JSON
	Size     int64  // bytes
	SHA256   string // hex
}

// Built is what was built for a target.
type Built struct {
	Target      string
	Environment string // "" for none
	Go          string // the version of the go command
	Artifacts   []Artifact
	Functions   []RecordedFunction // all, with the artifacts that they have once all are built
	Files       []DistFile         // of dist/<target>/, sorted by path
	Others      []string           // files there of functions that were not built, which stay as they are
}

// A DistFile is a file of dist/<target>/. Its data is nil if the file lies
// there already.
type DistFile struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	Data   []byte `json:"-"`
}

func newDistFile(path string, data []byte) DistFile {
	if data == nil {
		data = []byte{}
	}
	return DistFile{Path: path, Size: int64(len(data)), SHA256: digest(data), Data: data}
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Options say how to build. The zero value builds everything anew.
type Options struct {
	Environment string // "" for none
	Cache       *Cache
	Only        []string // the names of the functions whose artifacts are built; none for all
}

// Build compiles and packages the functions of app, which are those that are
// meant for the target and need the infrastructure. It writes nothing to the
// application's folder.
func Build(ctx context.Context, t model.Target, app model.App, infrastructure []model.File, o Options) (Built, error) {
	built := Built{Target: t.Name(), Environment: o.Environment}
	var err error
	if built.Go, err = goVersion(ctx, app.Root, t.Platform()); err != nil {
		return built, err
	}
	entrypoints, err := output.Entrypoints(t, app.Functions)
	if err != nil {
		return built, err
	}
	for _, f := range infrastructure {
		built.Files = append(built.Files, newDistFile(f.Path, f.Data))
	}
	w, err := NewWorkspace(app, entrypoints)
	if err != nil {
		return built, err
	}
	defer w.Close()
	w.goVersion = built.Go
	isBuilt := func(f model.Function) bool { return len(o.Only) == 0 || slices.Contains(o.Only, f.Name) }
	functions := slices.DeleteFunc(slices.Clone(app.Functions), func(f model.Function) bool { return !isBuilt(f) })
	m, err := w.maker(ctx, t, functions, entrypoints)
	if err != nil {
		return built, fmt.Errorf("%s: %w", t.Name(), err)
	}
	jobs, err := w.make(ctx, t, m, functions, o.Cache)
	if err != nil {
		return built, fmt.Errorf("%s: %w", t.Name(), err)
	}
	for _, j := range jobs {
		built.Files = append(built.Files, j.files...)
		built.Artifacts = append(built.Artifacts, artifactsOf(t, j.function, j.files)...)
	}
	for _, f := range app.Functions {
		names, err := m.names(f)
		if err != nil {
			return built, err
		}
		recorded := RecordedFunction{Function: f.Name, Was: f.FormerNames(), Trigger: f.Trigger.Kind(), Resource: f.Trigger.Resource()}
		for _, name := range names {
			recorded.Artifacts = append(recorded.Artifacts, name+archiveExt)
			if !isBuilt(f) {
				built.Others = append(built.Others, name+archiveExt, name+sbomExt)
			}
		}
		built.Functions = append(built.Functions, recorded)
	}
	slices.SortFunc(built.Files, func(a, b DistFile) int { return strings.Compare(a.Path, b.Path) })
	return built, nil
}

const (
	archiveExt = ".zip"
	sbomExt    = ".cdx.json"
)

func artifactsOf(t model.Target, f model.Function, files []DistFile) []Artifact {
	dir := path.Join(model.DistDir, t.Name())
	var artifacts []Artifact
	for _, file := range files {
		if name, ok := strings.CutSuffix(file.Path, archiveExt); ok {
			artifacts = append(artifacts, Artifact{f, path.Join(dir, file.Path), path.Join(dir, name+sbomExt), file.Size, file.SHA256})
		}
	}
	return artifacts
}

// goVersion returns the version of the go command that compiles what lies in the
// folder.
func goVersion(ctx context.Context, dir string, platform model.Platform) (string, error) {
	out, err := gocmd.Run(ctx, dir, gocmd.Env(platform), "env", "GOVERSION")
	return strings.TrimSpace(string(out)), err
}
