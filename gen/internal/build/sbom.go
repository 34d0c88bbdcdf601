package build

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"golang.org/x/mod/module"
)

// A usedModule is a module that an artifact holds code of.
type usedModule struct {
	Path     string
	Version  string // "" if it is a folder, which has none
	Sum      string // as in go.sum
	Replaces string // the module, and version, that it takes the place of
	Compiled string // by whom, if not by the Go of its version
}

// standardLibrary is that of a version of Go.
func standardLibrary(goVersion string) usedModule {
	_, version, _ := strings.Cut(goVersion, "go") // after devel, maybe
	version, _, _ = strings.Cut(version, " ")     // experiments may follow
	return usedModule{Path: "std", Version: "v" + version}
}

func (m usedModule) isStandardLibrary() bool { return m.Path == "std" }

const byPlatform = "by the platform, with a Go of its own"

// binaryModules returns what the binary's build information says.
func binaryModules(info *debug.BuildInfo) []usedModule {
	modules := []usedModule{standardLibrary(info.GoVersion)}
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		id := module.Version{Path: m.Path, Version: m.Version}
		switch r := m.Replace; {
		case r == nil && m.Version == "(devel)":
			modules = append(modules, usedModule{Path: m.Path})
		case r == nil:
			modules = append(modules, usedModule{Path: m.Path, Version: m.Version, Sum: m.Sum})
		case r.Version == "(devel)": // a folder
			modules = append(modules, usedModule{Path: m.Path, Replaces: id.String()})
		default:
			modules = append(modules, usedModule{Path: r.Path, Version: r.Version, Sum: r.Sum, Replaces: id.String()})
		}
	}
	return modules
}

// vendoredModules returns what vendor/modules.txt says of the modules that have
// packages in vendor/. main is the application's.
func vendoredModules(vendored []vendoredModule, sums map[module.Version]string, main string) []usedModule {
	var modules []usedModule
	for _, m := range vendored {
		path, version, isModule := strings.Cut(m.replacement, " ")
		replacement := module.Version{Path: path, Version: version}
		switch {
		case len(m.packages) == 0:
		case m.id.Path == main:
			modules = append(modules, usedModule{Path: main})
		case m.isLocal:
			modules = append(modules, usedModule{Path: m.id.Path, Replaces: m.id.String()})
		case isModule:
			modules = append(modules, usedModule{Path: path, Version: version, Sum: sums[replacement], Replaces: m.id.String()})
		default:
			modules = append(modules, usedModule{Path: m.id.Path, Version: m.id.Version, Sum: sums[m.id]})
		}
	}
	return modules
}

// sbom returns the artifact's bill of materials: CycloneDX 1.6 in JSON. It
// depends on the artifact, its modules and the version of fngen alone.
//
// https://cyclonedx.org/docs/1.6/json/
func sbom(artifact DistFile, modules []usedModule) ([]byte, error) {
	var components []cdx.Component
	var refs []string
	for _, m := range modules {
		c := component(m)
		components = append(components, c)
		refs = append(refs, c.BOMRef)
	}
	slices.SortFunc(components, func(a, b cdx.Component) int { return cmp.Compare(a.BOMRef, b.BOMRef) })
	slices.Sort(refs)
	bom := cdx.NewBOM()
	bom.SerialNumber = serial(artifact.SHA256)
	bom.Metadata = &cdx.Metadata{
		Tools: &cdx.ToolsChoice{Components: &[]cdx.Component{{Type: cdx.ComponentTypeApplication, Name: "fngen", Version: Version()}}},
		Component: &cdx.Component{
			BOMRef: artifact.Path, Type: cdx.ComponentTypeApplication, Name: artifact.Path,
			Hashes: &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: artifact.SHA256}},
		},
	}
	bom.Components = &components
	bom.Dependencies = &[]cdx.Dependency{{Ref: artifact.Path, Dependencies: &refs}}
	var b bytes.Buffer
	err := cdx.NewBOMEncoder(&b, cdx.BOMFileFormatJSON).SetPretty(true).SetEscapeHTML(false).EncodeVersion(bom, cdx.SpecVersion1_6)
	return b.Bytes(), err
}

func component(m usedModule) cdx.Component {
	c := cdx.Component{
		BOMRef: module.Version{Path: m.Path, Version: m.Version}.String(), Type: cdx.ComponentTypeLibrary,
		Name: m.Path, Version: m.Version, PackageURL: packageURL(m),
	}
	// The digest is that of the files' digests, the one which Go knows a
	// module by: https://go.dev/ref/mod#go-sum-files
	if sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.Sum, "h1:")); err == nil && len(sum) > 0 {
		c.Hashes = &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(sum)}}
	}
	if m.Replaces != "" {
		c.Properties = &[]cdx.Property{{Name: "fngen:replaces", Value: m.Replaces}}
	}
	if m.Compiled != "" {
		c.Properties = &[]cdx.Property{{Name: "fngen:compiled", Value: m.Compiled}}
	}
	return c
}

// packageURL returns the module's package URL. Advisories know the standard
// library as stdlib.
//
// https://github.com/package-url/purl-spec/blob/main/types-doc/golang-definition.md
func packageURL(m usedModule) string {
	if m.isStandardLibrary() {
		m.Path = "stdlib"
	}
	var elements []string
	for element := range strings.SplitSeq(strings.ToLower(m.Path), "/") {
		elements = append(elements, url.PathEscape(element))
	}
	purl := "pkg:golang/" + strings.Join(elements, "/")
	if m.Version != "" {
		purl += "@" + url.QueryEscape(m.Version)
	}
	return purl
}

// serial returns a UUID that the digest decides, of the version that leaves its
// bits to who makes it.
//
// https://www.rfc-editor.org/rfc/rfc9562#section-5.8
func serial(sha256 string) string {
	h := []byte(sha256[:32])
	h[12], h[16] = '8', '8'
	return fmt.Sprintf("urn:uuid:%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:])
}
