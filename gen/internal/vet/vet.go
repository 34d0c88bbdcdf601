// Package vet holds the checks of handlers that go vet has not. They are
// analyzers, each in a folder of its own, and see a package at a time, with
// what is known of those that it imports. What they report is certain: where
// they do not know, they are silent.
package vet

import (
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/unitchecker"

	"github.com/fngen/fngen/gen/internal/vet/processexit"
	"github.com/fngen/fngen/gen/internal/vet/vendorsdk"
)

// Main is the program that go vet -vettool runs for each package. It exits.
func Main() { unitchecker.Main(analyzers...) }

var analyzers = []*analysis.Analyzer{processexit.Analyzer, vendorsdk.Analyzer}
