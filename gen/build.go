package gen

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"

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
	Others  []string   // paths of what lies in the folders and is not fngen's, of folders with a slash at the end
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
// they are, and so do files that fngen did not write. The error is [Findings] if
// such a file is in the way, or if artifacts of two environments would lie in
// one folder.
func (p *Project) Build(ctx context.Context, o BuildOptions) (Artifacts, error) {
	var out Artifacts
	unlock, err := build.Lock(ctx, p.root.Name(), p.waiting)
	if err != nil {
		return out, err
	}
	defer unlock()
	if err := p.oneEnvironment(o.Functions); err != nil {
		return out, err
	}
	all, err := p.build(ctx, o)
	if err != nil {
		return out, err
	}
	if out.Others, err = build.WriteDist(p.root, all); err != nil {
		return out, facade(err)
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

// oneEnvironment returns findings if artifacts of functions that are not built
// are of another environment than the project.
func (p *Project) oneEnvironment(functions []string) error {
	var findings model.Findings
	for _, t := range p.targets {
		var rest []string
		for _, f := range t.app.Functions {
			if len(functions) > 0 && !slices.Contains(functions, f.Name) {
				rest = append(rest, f.Name)
			}
		}
		if len(rest) == len(t.app.Functions) {
			continue
		}
		err := build.CheckEnvironment(p.root, t.Name(), p.env, rest)
		var found model.Findings
		if err != nil && !errors.As(err, &found) {
			return err
		}
		findings = append(findings, found...)
	}
	if len(findings) > 0 {
		return facade(findings)
	}
	return nil
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
		built, err := build.Build(ctx, t.Target, t.app, t.infrastructure, build.Options{Environment: p.env, Cache: cache, Only: o.Functions})
		if err != nil {
			return nil, err
		}
		all = append(all, built)
	}
	return all, nil
}

// A Provenance is what a target's folder of dist/ was made of. Of one that an
// fngen made which kept no record, only the target is known.
type Provenance struct {
	Target      string
	Environment string // "" for none
	Fngen, Go   string // versions, several with commas between if functions were built apart
}

// Dist returns what lies in dist/ of the application in the folder, of one
// target at least, or an error.
func Dist(dir string) ([]Provenance, error) {
	root, err := openRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	records, err := build.Records(root, Targets())
	if err != nil {
		return nil, facade(err)
	}
	if len(records) == 0 {
		return nil, errors.New("dist/ holds no target; run fngen build first")
	}
	var list []Provenance
	for _, r := range records {
		versions, goVersions := []string{r.Fngen}, []string{r.Go}
		for _, f := range r.Functions {
			if f.Go != "" {
				versions, goVersions = append(versions, f.Fngen), append(goVersions, f.Go)
			}
		}
		list = append(list, Provenance{r.Target, r.Environment, several(versions), several(goVersions)})
	}
	return list, nil
}

// several returns the texts as one, each once.
func several(texts []string) string {
	slices.Sort(texts)
	return strings.Join(slices.Compact(texts), ", ")
}

// A Verification is how dist/ compares with what the source builds.
type Verification struct {
	Files       int          // that are fngen's, in dist/ or missing there
	Differences []Difference // sorted by path
	Others      []string     // paths of what is not fngen's, of folders with a slash at the end
	Built       []Provenance // of what dist/ was compared with
}

// A Difference is a file of dist/ that is not as it was built anew.
type Difference struct {
	Path   string `json:"path"`   // relative to the application's root
	Reason string `json:"reason"` // differs, missing, extra, or unlisted in SHA256SUMS
}

// Verify builds the project's targets anew, without a cache, and compares every
// file of fngen with dist/ and with dist/SHA256SUMS, without regard to the line
// ends of texts. It writes nothing.
func (p *Project) Verify(ctx context.Context, progress func(Step)) (Verification, error) {
	var v Verification
	unlock, err := build.Lock(ctx, p.root.Name(), p.waiting)
	if err != nil {
		return v, err
	}
	defer unlock()
	built, err := p.build(ctx, BuildOptions{Progress: progress})
	if err != nil {
		return v, err
	}
	c, err := build.Compare(p.root, p.Targets(), built)
	for _, d := range c.Differences {
		v.Differences = append(v.Differences, Difference(d))
	}
	for _, b := range built {
		v.Built = append(v.Built, Provenance{b.Target, b.Environment, Version(), b.Go})
	}
	v.Files, v.Others = c.Files, c.Others
	return v, facade(err)
}
