package process

import (
	"path/filepath"
	"strings"
	"time"

	"github.com/fngen/fngen/internal/bench/program"
)

// built are the programs of cmd, each built when it is first asked for.
type built struct {
	dir   string
	files map[string]string
}

func (b built) file(name string) (string, error) {
	if file, ok := b.files[name]; ok {
		return file, nil
	}
	file := filepath.Join(b.dir, strings.ReplaceAll(name, "/", "-"))
	if err := program.Build(file, "process/cmd/"+name); err != nil {
		return "", err
	}
	b.files[name] = file
	return file, nil
}

// measuring returns a subject that measures the program.
func (b built) measuring(how, name string, measure func(file string) (sample, error)) subject {
	return subject{how, func() (sample, error) {
		file, err := b.file(name)
		if err != nil {
			return sample{}, err
		}
		return measure(file)
	}}
}

// A process is one that spends CPU time.
type process interface{ CPU() (time.Duration, error) }

// perCall returns the microseconds of CPU that the process spends on a call of
// work, which is called before as well, so that the start is left out.
func perCall(p process, calls int, work func() error) (float64, error) {
	for range calls/10 + 1 {
		if err := work(); err != nil {
			return 0, err
		}
	}
	before, err := p.CPU()
	if err != nil {
		return 0, err
	}
	for range calls {
		if err := work(); err != nil {
			return 0, err
		}
	}
	after, err := p.CPU()
	return micro(after-before) / float64(calls), err
}
