package process

import (
	"archive/zip"
	"bytes"
	"os"
	"time"

	"github.com/fngen/fngen/gen"
)

// zipping measures the archive of a program within this process.
func zipping(b built) []comparison {
	measure := func(pack func(data []byte) ([]byte, error)) func(file string) (sample, error) {
		return func(file string) (sample, error) {
			data, err := os.ReadFile(file)
			if err != nil {
				return sample{}, err
			}
			start := time.Now()
			archive, err := pack(data)
			return sample{wall: time.Since(start).Seconds(), size: float64(len(archive)) / 1e6}, err
		}
	}
	const what, of = "zip of a 7 MB binary: ", "lambda/sqs/fngen"
	return []comparison{{
		quantities: []quantity{
			{what + "time", wall, "0.60"},
			{what + "size", size, "1.03"},
		},
		subjects: []subject{
			b.measuring("fngen `gen.Zip`", of, measure(func(data []byte) ([]byte, error) {
				return gen.Zip([]gen.File{{Path: "bootstrap", Data: data, Executable: true}})
			})),
			b.measuring("archive/zip", of, measure(standardZip)),
		},
		most: 11,
	}}
}

func standardZip(data []byte) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create("bootstrap")
	if err != nil {
		return nil, err
	}
	if _, err := f.Write(data); err != nil {
		return nil, err
	}
	err = w.Close()
	return b.Bytes(), err
}
