package build

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
)

// A swap replaces and removes files of dist/ so that all can be undone. What
// is taken away lies in a folder of its own in dist/ until the end.
type swap struct {
	root  *os.Root
	dir   string
	count int
	undo  []func()
}

// swapDir matches the names of the folders of swaps, in dist/.
var swapDir = regexp.MustCompile(`^\.fngen-[A-Z2-7]{26,}$`)

// newSwap begins a swap. It removes what earlier ones left whose process
// ended: there is one at a time, by [Lock].
func newSwap(root *os.Root) (*swap, error) {
	entries, err := fs.ReadDir(root.FS(), model.DistDir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.IsDir() && swapDir.MatchString(e.Name()) {
			if err := root.RemoveAll(path.Join(model.DistDir, e.Name())); err != nil {
				return nil, err
			}
		}
	}
	s := &swap{root: root, dir: path.Join(model.DistDir, ".fngen-"+rand.Text())}
	return s, nil
}

// end keeps what was done, or undoes it.
func (s *swap) end(keep bool) {
	for len(s.undo) > 0 && !keep {
		s.undo[len(s.undo)-1]()
		s.undo = s.undo[:len(s.undo)-1]
	}
	_ = s.root.RemoveAll(s.dir)
}

// temporary returns a name in the swap's folder.
func (s *swap) temporary() (string, error) {
	if s.count == 0 {
		if err := s.root.Mkdir(s.dir, 0o755); err != nil {
			return "", err
		}
	}
	s.count++
	return path.Join(s.dir, fmt.Sprint(s.count)), nil
}

// put replaces the file, or makes it, with the folders that it lies in.
func (s *swap) put(name string, data []byte) error {
	temporary, err := s.temporary()
	if err != nil {
		return err
	}
	if err := output.WriteNew(s.root, temporary, data); err != nil {
		return err
	}
	if err := s.makeFolder(path.Dir(name)); err != nil {
		return err
	}
	if err := s.take(name); err != nil {
		return err
	}
	if err := s.root.Rename(temporary, name); err != nil {
		return err
	}
	s.undo = append(s.undo, func() { _ = s.root.Remove(name) })
	return nil
}

// remove removes the file, and the folders above it in the target's that are
// empty then.
func (s *swap) remove(name string) error {
	if err := s.take(name); err != nil {
		return err
	}
	for dir := path.Dir(name); path.Dir(path.Dir(dir)) != "."; dir = path.Dir(dir) {
		if s.root.Remove(dir) != nil {
			break
		}
		s.undo = append(s.undo, func() { _ = s.root.Mkdir(dir, 0o755) })
	}
	return nil
}

// take moves the file out of the way, if it is there.
func (s *swap) take(name string) error {
	temporary, err := s.temporary()
	if err != nil {
		return err
	}
	err = s.root.Rename(name, temporary)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		s.undo = append(s.undo, func() { _ = s.root.Rename(temporary, name) })
	}
	return err
}

func (s *swap) makeFolder(dir string) error {
	if _, err := s.root.Stat(dir); err == nil {
		return nil
	}
	if dir != "." {
		if err := s.makeFolder(path.Dir(dir)); err != nil {
			return err
		}
	}
	if err := s.root.Mkdir(dir, 0o755); err != nil {
		return err
	}
	s.undo = append(s.undo, func() { _ = s.root.Remove(dir) })
	return nil
}
