package build

import (
	"context"
	"path"

	"github.com/fngen/fngen/gen/internal/model"
)

// A sourceMaker makes archives that hold an entrypoint as the root package of
// a module with all that it needs in vendor/.
type sourceMaker struct{ made map[string][]archive } // by function

func newSourceMaker(ctx context.Context, w *Workspace, t model.Target, functions []model.Function, entrypoints []model.File) (maker, error) {
	roots := map[string][]model.File{}
	var all []model.File
	for _, f := range functions {
		folder := model.Folder(t.Name(), f)
		for _, file := range entrypoints {
			if path.Dir(file.Path) == folder {
				base := path.Base(file.Path)
				roots[f.Name] = append(roots[f.Name], model.File{Path: base, Data: file.Data})
				all = append(all, model.File{Path: path.Base(folder) + "/" + base, Data: file.Data})
			}
		}
	}
	s, err := w.stage(ctx, t, all)
	if err != nil {
		return nil, err
	}
	m := sourceMaker{made: map[string][]archive{}}
	for _, f := range functions {
		files, modules, err := s.module(path.Join(w.app.Path, model.DistDir, t.Name(), f.Name), roots[f.Name])
		if err != nil {
			return nil, err
		}
		m.made[f.Name] = []archive{{model.Archive{Path: f.Name + archiveExt, Files: files}, modules}}
	}
	return m, nil
}

func (sourceMaker) names(f model.Function) ([]string, error) { return []string{f.Name}, nil }

// compile has nothing to do: the platform compiles.
func (sourceMaker) compile(context.Context, []model.Function) error { return nil }

// reload has nothing to do: keys stand for what was read.
func (sourceMaker) reload(context.Context) error { return nil }

func (m sourceMaker) archives(f model.Function) ([]archive, error) { return m.made[f.Name], nil }

// key stands for what is archived, and for this program, which does it.
func (m sourceMaker) key(f model.Function) (string, error) {
	self, err := selfDigest()
	if err != nil {
		return "", err
	}
	return keyOf(struct {
		Fngen    string // the digest of this program
		Archives []archive
	}{self, m.made[f.Name]})
}
