package gen

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// An Artifact is a built package of one function.
type Artifact struct {
	Function Function
	Target   string
	Path     string // relative to the application's root
	SBOM     string // the path of its bill of materials, CycloneDX in JSON
	Size     int64  // bytes
	SHA256   string // hex
}

// Built is what was built for a target.
type Built struct {
	Target    string
	Artifacts []Artifact
	Files     []DistFile // of dist/<target>/, sorted by path
	Others    []string   // files there of functions that were not built, which stay as they are
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

// BuildOptions say how to build. The zero value builds everything anew.
type BuildOptions struct {
	Cache *Cache
	Only  []string // the names of the functions whose artifacts are built; none for all
}

// Build compiles and packages the functions of app, which are those that are
// meant for the target. It writes nothing to the application's folder.
func Build(ctx context.Context, t Target, app App, o BuildOptions) (Built, error) {
	built := Built{Target: t.Name()}
	entrypoints, err := Entrypoints(t, app.Functions)
	if err != nil {
		return built, err
	}
	infrastructure, err := t.Infrastructure(app)
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
	var functions, others []Function
	for _, f := range app.Functions {
		if len(o.Only) == 0 || slices.Contains(o.Only, f.Name) {
			functions = append(functions, f)
		} else {
			others = append(others, f)
		}
	}
	m, err := w.maker(ctx, t, functions, entrypoints)
	if err != nil {
		return built, fmt.Errorf("%s: %w", t.Name(), err)
	}
	files, err := w.make(ctx, t, m, functions, o.Cache)
	if err != nil {
		return built, fmt.Errorf("%s: %w", t.Name(), err)
	}
	for i, f := range functions {
		built.Files = append(built.Files, files[i]...)
		built.Artifacts = append(built.Artifacts, artifactsOf(t, f, files[i])...)
	}
	for _, f := range others {
		names, err := m.names(f)
		if err != nil {
			return built, err
		}
		for _, name := range names {
			built.Others = append(built.Others, name+archiveExt, name+sbomExt)
		}
	}
	slices.SortFunc(built.Files, func(a, b DistFile) int { return strings.Compare(a.Path, b.Path) })
	return built, nil
}

const (
	archiveExt = ".zip"
	sbomExt    = ".cdx.json"
)

func artifactsOf(t Target, f Function, files []DistFile) []Artifact {
	dir := path.Join(DistDir, t.Name())
	var artifacts []Artifact
	for _, file := range files {
		if name, ok := strings.CutSuffix(file.Path, archiveExt); ok {
			artifacts = append(artifacts, Artifact{f, t.Name(), path.Join(dir, file.Path), path.Join(dir, name+sbomExt), file.Size, file.SHA256})
		}
	}
	return artifacts
}

// An archive is what an artifact holds.
type archive struct {
	name    string // of the artifact, without extension
	files   []File
	modules []usedModule
}

// A maker makes the archives of a target's functions.
type maker interface {
	// names returns the names of the function's archives.
	names(Function) ([]string, error)
	// key returns what decides the function's archives, as a digest.
	key(Function) (string, error)
	// compile makes ready what archives needs of the functions.
	compile(context.Context, []Function) error
	archives(Function) ([]archive, error)
}

func (w *Workspace) maker(ctx context.Context, t Target, functions []Function, entrypoints []File) (maker, error) {
	packages, err := w.load(ctx, t, w.app.Functions)
	if err != nil {
		return nil, err
	}
	switch packager := t.(type) {
	case BinaryPackager:
		return newBinaryMaker(w, t, packager, packages)
	case SourcePackager:
		return newSourceMaker(ctx, w, t, packager, functions, entrypoints)
	}
	return nil, fmt.Errorf("the target %s has no packager", t.Name())
}

// make returns the files of the functions' artifacts, in their order. What the
// cache has is not made again.
func (w *Workspace) make(ctx context.Context, t Target, m maker, functions []Function, cache *Cache) ([][]DistFile, error) {
	files, keys := make([][]DistFile, len(functions)), make([]string, len(functions))
	if cache != nil {
		inDist := func(f DistFile) bool { return w.inDist(t, f) }
		_ = each(functions, func(i int) (err error) {
			if keys[i], err = m.key(functions[i]); err == nil {
				files[i], _ = cache.get(keys[i], inDist)
			}
			return nil
		})
	}
	var missing []Function
	for i, f := range functions {
		if files[i] == nil {
			missing = append(missing, f)
		}
	}
	if len(missing) == 0 {
		return files, nil
	}
	if err := m.compile(ctx, missing); err != nil {
		return nil, err
	}
	err := each(functions, func(i int) error {
		if files[i] != nil {
			return nil
		}
		archives, err := m.archives(functions[i])
		if err == nil {
			files[i], err = pack(archives)
		}
		if err != nil {
			return fmt.Errorf("package %s: %w", functions[i].Name, err)
		}
		cache.put(keys[i], files[i])
		return nil
	})
	cache.trim()
	return files, err
}

// pack returns the artifacts of the archives, each with its bill of materials.
func pack(archives []archive) ([]DistFile, error) {
	var files []DistFile
	for _, a := range archives {
		data, err := Zip(a.files)
		if err != nil {
			return nil, err
		}
		artifact := newDistFile(a.name+archiveExt, data)
		bill, err := sbom(artifact, a.modules)
		if err != nil {
			return nil, err
		}
		files = append(files, artifact, newDistFile(a.name+sbomExt, bill))
	}
	return files, nil
}

// inDist reports whether the file lies in the target's folder of dist/ already.
func (w *Workspace) inDist(t Target, f DistFile) bool {
	root, err := os.OpenRoot(w.app.Root)
	if err != nil {
		return false
	}
	defer root.Close()
	return isSame(root, path.Join(DistDir, t.Name(), f.Path), f)
}

// each calls do for the index of every element, as many at a time as there are
// processors.
func each[T any](list []T, do func(int) error) error {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range list {
		group.Go(func() error { return do(i) })
	}
	return group.Wait()
}
