package openwhisk

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	target "github.com/fngen/fngen/gen/internal/target/openwhisk"
)

// kind returns the kind of Go that the actions get: the first of those that they are
// packaged for which the platform has, or the newest that it has if fngen.yaml names
// none.
func (c *client) kind(packaged []string, named bool) (string, error) {
	there, err := c.kinds()
	if err != nil {
		if named { // by whoever knows better
			return packaged[0], nil
		}
		return "", fmt.Errorf("which kinds of Go the platform has: %w; name one in targets.openwhisk.kind", err)
	}
	for _, kind := range packaged {
		if slices.Contains(there, kind) {
			return kind, nil
		}
	}
	switch {
	case len(there) == 0:
		return "", fmt.Errorf("%s has no kind of Go; have its operator add %s to its runtimes", c.access.Host, packaged[0])
	case named:
		return "", fmt.Errorf("%s does not have %s; its kinds of Go are %s, of which targets.openwhisk.kind names none", c.access.Host, strings.Join(packaged, ", "), strings.Join(there, ", "))
	}
	return slices.MaxFunc(there, func(a, b string) int { return minor(a) - minor(b) }), nil
}

// minor is N of go:1.N.
func minor(kind string) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(kind, "go:1."))
	return n
}

// kinds are those of Go that the controller lists at its root (Controller.scala) and
// that are not deprecated.
func (c *client) kinds() ([]string, error) {
	r, err := http.NewRequest(http.MethodGet, c.access.Host+"/", nil)
	if err != nil {
		return nil, err
	}
	resp, err := c.guard.RoundTrip(r) // without the key, which it is not asked for
	if err != nil {
		return nil, plain(err)
	}
	var info struct {
		Runtimes map[string][]struct {
			Kind       string `json:"kind"`
			Deprecated bool   `json:"deprecated"`
		} `json:"runtimes"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&info); err != nil || info.Runtimes == nil {
		return nil, fmt.Errorf("%s lists none", r.URL)
	}
	var kinds []string
	for _, runtime := range info.Runtimes["go"] {
		if strings.HasPrefix(runtime.Kind, "go:1.") && minor(runtime.Kind) > 0 && !runtime.Deprecated {
			kinds = append(kinds, runtime.Kind)
		}
	}
	return kinds, nil
}

// repack returns the archive for another kind: the program is the same, and exec.env
// names the image, without which it refuses to start.
func repack(archive []byte, kind string) ([]byte, error) {
	in, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range in.File {
		if f.Name != "exec.env" {
			if err := w.Copy(f); err != nil {
				return nil, err
			}
			continue
		}
		header := f.FileHeader
		header.Method = zip.Store
		entry, err := w.CreateHeader(&header)
		if err != nil {
			return nil, err
		}
		if _, err := io.WriteString(entry, target.Image(kind)); err != nil {
			return nil, err
		}
	}
	err = w.Close()
	return out.Bytes(), err
}
