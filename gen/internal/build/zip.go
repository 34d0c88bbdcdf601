package build

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zip"

	"github.com/fngen/fngen/gen/internal/model"
)

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
