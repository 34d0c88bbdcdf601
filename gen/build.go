package gen

import (
	"context"
	"errors"
	"path"
	"slices"

	"github.com/fngen/fngen/gen/internal/build"
	"github.com/fngen/fngen/gen/internal/model"
)

// BuildOptions say how to build. The zero value builds everything anew.
type BuildOptions struct {
	Functions []string   // the names of those whose artifacts are built; none for all
	Cache     string     // the folder that keeps what was built; "" for none
	Progress  func(Step) // is told of each step before it begins; nil for nobody
}

// A Step is the building of the functions of one target.
type Step struct {
	Target    string
	Platform  string // GOOS/GOARCH
	Functions int    // how many
}

// Artifacts are what was built.
type Artifacts struct {
	List    []Artifact // by target and function
	Missing []string   // paths of packages that the infrastructure names and that were never built
}

// An Artifact is the package of one function for one target.
type Artifact struct {
	Function string `json:"function"`
	Trigger  string `json:"trigger"`
	Resource string `json:"resource"`
	Target   string `json:"target"`
	Path     string `json:"artifact"` // relative to the application's root
	SBOM     string `json:"sbom"`     // the path of its bill of materials, CycloneDX in JSON
	Size     int64  `json:"size"`     // bytes
	SHA256   string `json:"sha256"`   // hex
}

// Build compiles and packages the functions for each of the project's targets
// and writes dist/, whole or not at all. Artifacts of other functions stay as
// they are.
func (p *Project) Build(ctx context.Context, o BuildOptions) (Artifacts, error) {
	var out Artifacts
	all, err := p.build(ctx, o)
	if err != nil {
		return out, err
	}
	if err := build.WriteDist(p.root, all); err != nil {
		return out, err
	}
	for _, b := range all {
		for _, a := range b.Artifacts {
			t := a.Function.Trigger
			out.List = append(out.List, Artifact{a.Function.Name, t.Kind(), t.Resource(), b.Target, a.Path, a.SBOM, a.Size, a.SHA256})
		}
		for _, name := range b.Others {
			name = path.Join(model.DistDir, b.Target, name)
			if _, err := p.root.Stat(name); err != nil && path.Ext(name) == ".zip" {
				out.Missing = append(out.Missing, name)
			}
		}
	}
	return out, nil
}

// build builds for each target that has functions to build.
func (p *Project) build(ctx context.Context, o BuildOptions) ([]build.Built, error) {
	if err := p.usable(); err != nil {
		return nil, err
	}
	ctx = p.logged(ctx)
	var cache *build.Cache
	if o.Cache != "" {
		cache = build.NewCache(o.Cache)
	}
	var all []build.Built
	for _, t := range p.targets {
		n := 0
		for _, f := range t.app.Functions {
			if len(o.Functions) == 0 || slices.Contains(o.Functions, f.Name) {
				n++
			}
		}
		if n == 0 {
			continue
		}
		if o.Progress != nil {
			o.Progress(Step{t.Name(), t.Platform().String(), n})
		}
		built, err := build.Build(ctx, t.Target, t.app, t.infrastructure, build.Options{Cache: cache, Only: o.Functions})
		if err != nil {
			return nil, err
		}
		all = append(all, built)
	}
	return all, nil
}

// DistTargets returns the names of the targets that lie in dist/ of the
// application in the folder. There is one at least, or an error.
func DistTargets(dir string) ([]string, error) {
	root, err := openRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	targets, err := build.DistTargets(root, Targets())
	if err == nil && len(targets) == 0 {
		err = errors.New("dist/ holds no target; run fngen build first")
	}
	return targets, err
}

// A Verification is how dist/ compares with what the source builds.
type Verification struct {
	Files       int          // in dist/, or missing there
	Differences []Difference // sorted by path
}

// A Difference is a file of dist/ that is not as it was built anew.
type Difference struct {
	Path   string `json:"path"`   // relative to the application's root
	Reason string `json:"reason"` // differs, missing, extra, or unlisted in SHA256SUMS
}

// Verify builds the project's targets anew, without a cache, and compares every
// file with dist/ and with dist/SHA256SUMS. It writes nothing.
func (p *Project) Verify(ctx context.Context, progress func(Step)) (Verification, error) {
	var v Verification
	built, err := p.build(ctx, BuildOptions{Progress: progress})
	if err != nil {
		return v, err
	}
	differences, files, err := build.Compare(p.root, built)
	for _, d := range differences {
		v.Differences = append(v.Differences, Difference(d))
	}
	v.Files = files
	return v, err
}
