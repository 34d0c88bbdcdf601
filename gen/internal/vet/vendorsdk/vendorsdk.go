// Package vendorsdk reports a vendor's SDK that functions link which are meant
// for platforms of others.
//
// A package with handlers links what it imports, and what the packages of its
// module do that it imports. Packages of other modules are not looked through:
// one that is made for several clouds imports the SDKs of all of them. The SDK of
// a platform is none where every handler is meant for that platform alone.
package vendorsdk

import (
	"go/ast"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/fngen/fngen/gen/internal/vet/handlers"
)

// Code is that of the finding.
const Code = "vendor-sdk"

// Analyzer is the check.
var Analyzer = &analysis.Analyzer{
	Name:      "vendorsdk",
	Doc:       "report a vendor's SDK in a package that handlers reach\n\nIt binds handlers to one cloud that directives take to any.",
	URL:       "https://github.com/fngen/fngen/blob/main/docs/vet.md",
	Run:       run,
	FactTypes: []analysis.Fact{(*links)(nil)},
}

// A links is known of a package that links vendors' SDKs.
type links struct {
	Module string   // that the package is of
	SDKs   []string // import paths, sorted
}

func (*links) AFact() {}

func (l *links) String() string { return "links " + strings.Join(l.SDKs, ", ") }

// An sdk is the packages of a vendor's below a path.
type sdk struct {
	path   string
	target string // whose platform it is of
	way    string // out of it
}

// sdks are those of the targets' platforms. The first that an import path lies
// below counts; one without a target is no SDK: types alone, for instance.
var sdks = []sdk{
	{"github.com/aws/aws-sdk-go-v2/service/sqs", "aws", sink},
	{"github.com/aws/aws-sdk-go-v2/service/sns", "aws", sink},
	{"github.com/aws/aws-sdk-go-v2/service/eventbridge", "aws", sink},
	{"github.com/aws/aws-sdk-go-v2/service/s3", "aws", use},
	{"github.com/aws/aws-sdk-go-v2/service/dynamodb", "aws", use},
	{"github.com/aws/aws-sdk-go-v2/service/secretsmanager", "aws", use},
	{"github.com/aws/aws-sdk-go-v2", "aws", either},
	{"github.com/aws/aws-sdk-go", "aws", either},
	{"github.com/aws/aws-lambda-go", "aws", trigger},
	{"cloud.google.com/go/civil", "", ""},
	{"cloud.google.com/go/pubsub", "gcp", sink},
	{"cloud.google.com/go/storage", "gcp", use},
	{"cloud.google.com/go/firestore", "gcp", use},
	{"cloud.google.com/go/secretmanager", "gcp", use},
	{"cloud.google.com/go", "gcp", either},
	{"github.com/GoogleCloudPlatform/functions-framework-go", "gcp", trigger},
	{"github.com/apache/openwhisk-client-go", "openwhisk", sink},
}

const (
	sink    = "name the service with //fn:sink, and return what is sent or give it to fn.Emit"
	use     = "have the service come as a parameter of the setup, by //fn:use"
	either  = "send by //fn:sink and fn.Emit, and read and write by //fn:use"
	trigger = "take the event as a parameter of the handler, which is the same on every platform"
)

// sdkOf returns the SDK that the path is of, with an empty target if it is of
// none.
func sdkOf(path string) sdk {
	for _, s := range sdks {
		if rest, ok := strings.CutPrefix(path, s.path); ok && (rest == "" || rest[0] == '/') {
			return s
		}
	}
	return sdk{}
}

func run(pass *analysis.Pass) (any, error) {
	module := handlers.Module(pass)
	if module == "" {
		return nil, nil
	}
	var all []string
	list := handlers.Of(pass)
	for _, file := range handlers.Files(pass) {
		for _, spec := range file.Imports {
			found := linked(pass, module, spec)
			all = append(all, found...)
			report(pass, list, spec, found)
		}
	}
	if slices.Sort(all); len(all) > 0 {
		pass.ExportPackageFact(&links{module, slices.Compact(all)})
	}
	return nil, nil
}

// linked returns the packages of SDKs that the import brings with it.
func linked(pass *analysis.Pass, module string, spec *ast.ImportSpec) []string {
	path, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return nil
	}
	if sdkOf(path).target != "" {
		return []string{path}
	}
	var fact links
	for _, p := range pass.Pkg.Imports() {
		if p.Path() == path && pass.ImportPackageFact(p, &fact) && fact.Module == module {
			return fact.SDKs
		}
	}
	return nil
}

// report reports what the import brings that is of a platform for which not all
// handlers are meant alone: of each platform the first.
func report(pass *analysis.Pass, list []handlers.Handler, spec *ast.ImportSpec, found []string) {
	said := map[string]bool{}
	for _, path := range found {
		s := sdkOf(path)
		var bound []handlers.Handler
		for _, h := range list {
			switch {
			case h.Allows(Code) && h.Setup:
				return // which all handlers go through
			case !h.Setup && !h.Allows(Code) && !slices.Equal(h.Targets, []string{s.target}):
				bound = append(bound, h)
			}
		}
		if said[s.target] || len(bound) == 0 {
			continue
		}
		said[s.target] = true
		what := "this is an SDK of " + vendors[s.target]
		if strconv.Quote(path) != spec.Path.Value {
			what = "this brings " + path + " with it, an SDK of " + vendors[s.target]
		}
		pass.Reportf(spec.Pos(), "%s, to which it binds %s; %s, or write //fn:targets %s [%s]", what, handlers.Names(bound), s.way, s.target, Code)
	}
}

// vendors are the names of the targets' platforms.
var vendors = map[string]string{"aws": "AWS", "gcp": "Google Cloud", "openwhisk": "Apache OpenWhisk"}
