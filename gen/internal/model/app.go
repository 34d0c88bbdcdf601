// Package model is an application in the generator's eyes: its functions with what
// triggers them, what is wrong with them, and the targets that turn them into
// files. It names no platform, and everything else here speaks of it.
package model

import "go/token"

// An App is an application: the folder whose functions are generated.
type App struct {
	Root      string     // absolute path of the folder; never emitted
	Path      string     // its import path, whether or not it holds a package
	Module    Module     // the module that it lies in
	Functions []Function // sorted by name
}

// A Module is the main module of an application.
type Module struct {
	Path      string
	Dir       string // absolute path; never emitted
	GoVersion string // of the go line, 1.26 for instance
	SDK       string // the version of fngen that is required; "" if none or a folder is

	Absolute []token.Position // of replacements by an absolute path
}

// FngenModule is the module that this generator and the SDK are of.
const FngenModule = "github.com/fngen/fngen"
