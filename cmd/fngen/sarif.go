package main

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fngen/fngen/gen"
)

// The part of SARIF 2.1.0 that findings need:
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID      string       `json:"id"`
		Short   sarifText    `json:"shortDescription"`
		Help    sarifText    `json:"help"`
		Default sarifDefault `json:"defaultConfiguration"`
	}
	sarifDefault struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifLocation struct {
		Physical struct {
			Artifact struct {
				URI string `json:"uri"`
			} `json:"artifactLocation"`
			Region *sarifRegion `json:"region,omitempty"`
		} `json:"physicalLocation"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
	}
)

// keep adds the findings to those in the file of --sarif, if it is given.
func (o *options) keep(findings []gen.Diagnostic) error {
	if o.sarif == "" {
		return nil
	}
	for _, d := range findings {
		if !slices.Contains(o.found, d) {
			o.found = append(o.found, d)
		}
	}
	return writeSARIF(o, o.found)
}

// writeSARIF writes the findings to the file of --sarif, which is there also if
// there are none.
func writeSARIF(o *options, findings []gen.Diagnostic) error {
	driver := sarifDriver{Name: "fngen", Version: strings.TrimPrefix(gen.Version(), "v"), InformationURI: "https://github.com/fngen/fngen"}
	rules := map[string]int{}
	for i, kind := range gen.Kinds() {
		rules[kind.Code] = i
		means := strings.ToUpper(kind.Means[:1]) + kind.Means[1:]
		driver.Rules = append(driver.Rules, sarifRule{kind.Code, sarifText{means + "."},
			sarifText{means + "; what to do stands in each finding."}, sarifDefault{kind.Severity.String()}})
	}
	results := []sarifResult{}
	sources := map[string][][]byte{}
	for _, d := range findings {
		where, err := locate(o.dir, d, sources)
		if err != nil {
			return err
		}
		results = append(results, sarifResult{d.Code, rules[d.Code], d.Severity.String(), sarifText{about(d) + strings.TrimSuffix(d.Message, ".") + "."}, []sarifLocation{where}})
	}
	log := sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{{sarifTool{driver}, "unicodeCodePoints", results}}}
	var b bytes.Buffer
	if err := printJSON(&b, log); err != nil {
		return err
	}
	if err := os.WriteFile(o.sarif, b.Bytes(), 0o666); err != nil {
		return fmt.Errorf("write the findings: %w", err)
	}
	return nil
}

// about names what the finding is about.
func about(d gen.Diagnostic) string {
	if d.Target == "" {
		return ""
	}
	return d.Function + " on " + d.Target + ": "
}

// locate returns where the finding is: in a file relative to the working folder,
// which is the repository's where CI runs, and in columns of characters.
func locate(dir string, d gen.Diagnostic, sources map[string][][]byte) (sarifLocation, error) {
	name := filepath.FromSlash(d.Pos.Filename)
	if !filepath.IsAbs(name) {
		name = filepath.Join(dir, name)
	}
	absolute, err := filepath.Abs(name)
	if err != nil {
		return sarifLocation{}, err
	}
	working, err := os.Getwd()
	if err != nil {
		return sarifLocation{}, err
	}
	var where sarifLocation
	if rel, err := filepath.Rel(working, absolute); err == nil && filepath.IsLocal(rel) {
		where.Physical.Artifact.URI = (&url.URL{Path: filepath.ToSlash(rel)}).String()
	} else {
		path := filepath.ToSlash(absolute)
		where.Physical.Artifact.URI = (&url.URL{Scheme: "file", Path: "/" + strings.TrimPrefix(path, "/")}).String()
	}
	if d.Pos.Line == 0 {
		return where, nil
	}
	column := max(d.Pos.Column, 1)
	if filepath.Ext(name) == ".go" { // columns of others are characters already
		if _, ok := sources[name]; !ok {
			text, _ := os.ReadFile(name) // of what is gone meanwhile the columns are bytes
			sources[name] = bytes.Split(text, []byte("\n"))
		}
		if lines := sources[name]; d.Pos.Line <= len(lines) {
			line := lines[d.Pos.Line-1]
			column = utf8.RuneCount(line[:min(column-1, len(line))]) + 1
		}
	}
	where.Physical.Region = &sarifRegion{d.Pos.Line, column}
	return where, nil
}
