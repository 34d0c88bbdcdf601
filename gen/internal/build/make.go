package build

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zip"
	"golang.org/x/sync/errgroup"

	"github.com/fngen/fngen/gen/internal/build/gocmd"
	"github.com/fngen/fngen/gen/internal/model"
)

// An archive is an archive and the modules that are in it.
type archive struct {
	model.Archive
	Modules []usedModule
}

// name is the artifact's path without its extension.
func (a archive) name() string { return strings.TrimSuffix(a.Path, archiveExt) }

// A maker makes the archives of a target's functions.
type maker interface {
	// names returns the names of the function's archives.
	names(model.Function) ([]string, error)
	// decides returns what decides the function's archives, besides this program, Go
	// and how it compiles.
	decides(model.Function) (any, error)
	// reload brings what decides up to date.
	reload(context.Context) error
	// compile makes ready what archives needs of the functions.
	compile(context.Context, []model.Function) error
	archives(model.Function) ([]archive, error)
}

func (w *Workspace) maker(ctx context.Context, t model.Target, functions []model.Function, entrypoints []model.File) (maker, error) {
	if packager, ok := t.(model.BinaryPackager); ok {
		m := &binaryMaker{w: w, target: t, packager: packager}
		return m, m.reload(ctx)
	}
	return newSourceMaker(ctx, w, t, functions, entrypoints)
}

// A job is to make the files of one function's artifacts. Its key is "" if they
// are not to be kept.
type job struct {
	function model.Function
	key      string
	files    []DistFile
}

// make makes the functions' artifacts, in their order. What the cache has is
// not made again.
func (w *Workspace) make(ctx context.Context, t model.Target, m maker, functions []model.Function, cache *Cache) ([]*job, error) {
	var jobs, missing []*job
	for _, f := range functions {
		jobs = append(jobs, &job{function: f})
	}
	if cache != nil {
		_ = each(jobs, func(j *job) error {
			j.key, _ = w.key(m, j.function)
			j.files, _ = cache.get(j.key, func(f DistFile) bool { return w.inDist(t, f) })
			return nil
		})
	}
	var uncompiled []model.Function
	for _, j := range jobs {
		if j.files == nil {
			missing = append(missing, j)
			uncompiled = append(uncompiled, j.function)
		}
	}
	if len(missing) == 0 {
		return jobs, nil
	}
	if err := m.compile(ctx, uncompiled); err != nil {
		return nil, err
	}
	if cache != nil {
		w.checkKeys(ctx, m, missing)
		defer cache.trim()
	}
	return jobs, each(missing, func(j *job) error {
		archives, err := m.archives(j.function)
		if err == nil {
			j.files, err = pack(archives, w.goVersion)
		}
		if err != nil {
			return fmt.Errorf("package %s: %w", j.function.Name, err)
		}
		cache.put(j.key, j.files)
		return nil
	})
}

// key is the digest of all that decides the function's artifacts.
func (w *Workspace) key(m maker, f model.Function) (string, error) {
	self, err := selfDigest()
	if err != nil {
		return "", fmt.Errorf("read this program: %w", err)
	}
	decides, err := m.decides(f)
	if err != nil {
		return "", err
	}
	platform := w.app.Platform
	data, err := json.Marshal(struct {
		Fngen           string // the digest of this program, which compresses and writes the bill of materials
		Go              string // which bills of materials name
		Settings, Flags []string
		Archives        any
	}{self, w.goVersion, gocmd.Settings(platform), append(gocmd.CompileFlags(platform), gocmd.LinkFlags(platform)...), decides})
	return digest(data), err
}

// selfDigest returns the digest of this program.
var selfDigest = sync.OnceValues(func() (string, error) {
	name, err := os.Executable()
	if err != nil {
		return "", err
	}
	return digestOf(os.Open(name))
})

// checkKeys takes the keys away that may not stand for what was compiled: a
// file was edited since they were made.
func (w *Workspace) checkKeys(ctx context.Context, m maker, jobs []*job) {
	err := m.reload(ctx)
	for _, j := range jobs {
		if key, e := w.key(m, j.function); err != nil || e != nil || key != j.key {
			j.key = ""
		}
	}
}

// pack returns the artifacts of the archives, each with its bill of materials.
// The standard library of sources, which the platform compiles with a Go of its
// own, is named in that of the Go they were built with.
func pack(archives []archive, goVersion string) ([]DistFile, error) {
	var files []DistFile
	for _, a := range archives {
		data, err := zipArchive(a.Archive)
		if err != nil {
			return nil, err
		}
		artifact := newDistFile(a.Path, data)
		modules := a.Modules
		if !slices.ContainsFunc(modules, usedModule.isStandardLibrary) {
			std := standardLibrary(goVersion)
			std.Compiled = byPlatform
			modules = append(slices.Clone(modules), std)
		}
		bill, err := sbom(artifact, modules)
		if err != nil {
			return nil, err
		}
		files = append(files, artifact, newDistFile(a.name()+sbomExt, bill))
	}
	return files, nil
}

// inDist reports whether the file lies in the target's folder of dist/ already.
func (w *Workspace) inDist(t model.Target, f DistFile) bool {
	root, err := os.OpenRoot(w.app.Root)
	if err != nil {
		return false
	}
	defer root.Close()
	return isSame(root, path.Join(model.DistDir, t.Name(), f.Path), f)
}

// each calls do for every element, as many at a time as there are processors.
func each[T any](list []T, do func(T) error) error {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, element := range list {
		group.Go(func() error { return do(element) })
	}
	return group.Wait()
}

// zipTime is the time of every file in an archive: the earliest that zip knows.
var zipTime = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// zipArchive returns the bytes of the archive, which the platform takes.
func zipArchive(a model.Archive) ([]byte, error) {
	data, err := Zip(a.Files)
	if a.Limit > 0 && len(data) > a.Limit {
		err = fmt.Errorf("%s has %d bytes, above %d, the most that the platform takes; link and embed less, or leave the target out", a.Path, len(data), a.Limit)
	}
	return data, err
}

// Zip returns an archive of the files. The same files give the same bytes.
func Zip(files []model.File) ([]byte, error) {
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b model.File) int { return strings.Compare(a.Path, b.Path) })
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(out, flate.DefaultCompression)
	})
	for _, f := range files {
		header := &zip.FileHeader{Name: f.Path, Method: zip.Deflate, Modified: zipTime}
		header.SetMode(0o644)
		if f.Executable {
			header.SetMode(0o755)
		}
		out, err := w.CreateHeader(header)
		if err != nil {
			return nil, err
		}
		if _, err := out.Write(f.Data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
