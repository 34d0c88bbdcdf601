// Package hello is an application of functions. A handler is a function of Go,
// and the //fn: directive above it says which events it takes. Nothing here
// names a cloud: fngen writes an entrypoint for each function and each platform
// into entrypoints/, which go generate keeps up to date.
package hello

//go:generate go tool -modfile=fngen.mod fngen generate
