// Command pack makes the archives of the Makefile beside it, of what the go
// command has built or listed. It needs Go alone. The same files give the same
// bytes.
//
//	go run ./pack zip OUT [-x] NAME=FILE…
//	go run ./pack source OUT MODULE PACKAGE [SETTING=VALUE]… [-FLAG]…
//
// The first makes an archive of the files; one after -x is a program. The second
// makes one of a module of the path, whose root is the package and whose folder
// vendor has all that the package needs. Settings and flags are the go command's,
// for the platform that will compile it.
package main

import (
	"archive/zip"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 3 {
		return fmt.Errorf("%d arguments; see the comment in pack/main.go", len(args))
	}
	var files []file
	var err error
	switch args[0] {
	case "zip":
		files, err = named(args[2:])
	case "source":
		files, err = source(args[2:])
	default:
		err = fmt.Errorf("%q is neither zip nor source", args[0])
	}
	if err != nil {
		return err
	}
	return write(args[1], files)
}

// A file is an entry of an archive.
type file struct {
	name    string
	data    []byte
	program bool
}

// named reads the files of the arguments.
func named(args []string) ([]file, error) {
	var files []file
	program := false
	for _, arg := range args {
		if arg == "-x" {
			program = true
			continue
		}
		name, from, ok := strings.Cut(arg, "=")
		if !ok {
			return nil, fmt.Errorf("%q is not NAME=FILE", arg)
		}
		data, err := os.ReadFile(from)
		if err != nil {
			return nil, err
		}
		files = append(files, file{name, data, program})
		program = false
	}
	return files, nil
}

// write writes the archive.
func write(name string, files []file) error {
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	out, err := os.Create(name)
	if err != nil {
		return err
	}
	defer out.Close()
	w := zip.NewWriter(out)
	for _, f := range files {
		header := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
		header.SetMode(0o644)
		if f.program {
			header.SetMode(0o755)
		}
		entry, err := w.CreateHeader(header)
		if err != nil {
			return err
		}
		if _, err := entry.Write(f.data); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return out.Close()
}
