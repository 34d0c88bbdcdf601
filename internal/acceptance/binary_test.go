package acceptance

import (
	"debug/buildinfo"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// What a user deploys holds the modules that run and none of those that
// generate, and no other cloud's.
func TestBinaryModules(t *testing.T) {
	a := app(t)
	cloudevents := []string{
		"github.com/cloudevents/sdk-go/v2", "github.com/fngen/fngen",
		"github.com/json-iterator/go", "github.com/modern-go/concurrent", "github.com/modern-go/reflect2", // its own
	}
	onAWS := append([]string{"github.com/aws/aws-lambda-go"}, cloudevents...)
	writes := append([]string{"github.com/aws/aws-lambda-go", "github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go"}, cloudevents...) // dead letters
	for _, test := range []struct {
		name, file string
		want       []string
	}{
		{"aws/receive", "bootstrap", writes},
		{"aws/picture", "bootstrap", writes},
		{"aws/placed", "bootstrap", writes},
		{"aws/relay", "bootstrap", append([]string{"example.com/greeting"}, onAWS...)},
		{"openwhisk/receive", "exec", cloudevents},
		{"openwhisk/placed", "exec", cloudevents},
		{"openwhisk/relay", "exec", append([]string{"example.com/greeting"}, cloudevents...)},
	} {
		info, err := buildinfo.ReadFile(filepath.Join(unpack(t, a.archive(t, test.name)), test.file))
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		var got []string
		for _, module := range info.Deps {
			got = append(got, module.Path)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: modules %q, want %q", test.name, got, test.want)
		}
	}
}

// plain returns a folder of programs as plain go build makes them from the
// entrypoints that fngen generate writes, and with them their symbols.
var plain = sync.OnceValues(func() (string, error) {
	dir, err := copyApp("plain")
	if err != nil {
		return "", err
	}
	name, err := fngen()
	if err != nil {
		return "", err
	}
	if _, err := output(command(dir, nil, name, "generate", "--target=all")); err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "bin") + string(filepath.Separator)
	for _, args := range [][]string{
		{"-tags=lambda.norpc", "./entrypoints/aws/receive-aws"},
		{"./entrypoints/openwhisk/receive-openwhisk", "./entrypoints/openwhisk/placed-openwhisk"},
	} {
		args = append([]string{"build", "-trimpath", "-o", bin}, args...)
		if _, err := output(command(dir, []string{"GOOS=linux", "CGO_ENABLED=0"}, "go", args...)); err != nil {
			return "", err
		}
	}
	return bin, nil
})

// symbols returns what go tool nm prints of the program.
func symbols(t *testing.T, program string) string {
	t.Helper()
	out, err := output(command(filepath.Dir(program), nil, "go", "tool", "nm", program))
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// A function holds the code of its own source and of no other of its provider,
// nor anything of other providers.
func TestBinaryHoldsOneSource(t *testing.T) {
	service := service(t, "receive")
	bin, err := plain()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ program, provider, source string }{
		{filepath.Join(bin, "receive-aws"), "aws", "SQS"},
		{service, "gcp", "PubSub"},
		{filepath.Join(bin, "receive-openwhisk"), "openwhisk", "Kafka"},
		{filepath.Join(bin, "placed-openwhisk"), "openwhisk", "Trigger"},
	} {
		program := filepath.Base(test.program)
		declared := declarations(t, test.provider)
		others := sourceFiles(declared)
		if len(others) < 2 || others[test.source] == "" {
			t.Fatalf("%s: the provider's sources are %v", program, others)
		}
		delete(others, test.source)

		found := map[string]bool{}
		names := regexp.MustCompile(`github\.com/fngen/fngen/providers/` + test.provider + `\.\(?\*?(\w+)\)?(?:\.(\w+))?`)
		table := symbols(t, test.program)
		for _, match := range names.FindAllStringSubmatch(table, -1) {
			name := match[1] + "." + match[2]
			if declared[name] == "" {
				name = match[1] // a function, or what the compiler adds to a type
			}
			for other, file := range others {
				if partOf(declared[name], file) && !found[name] {
					t.Errorf("%s holds %s.%s of the source %s", program, test.provider, name, other)
				}
			}
			found[name] = true
		}
		if !found[test.source+".decode"] {
			t.Errorf("%s has no symbol %s.decode", program, test.source)
		}
		for _, other := range []string{"aws", "gcp", "openwhisk", "openwhisk/web"} {
			if other != test.provider && strings.Contains(table, "github.com/fngen/fngen/providers/"+other+".") {
				t.Errorf("%s holds symbols of the package %s", program, other)
			}
		}
	}
}

// sourceFiles returns the file of each source: of each exported type that has a
// method decode, and of HTTP.
func sourceFiles(declared map[string]string) map[string]string {
	out := map[string]string{}
	for name, file := range declared {
		source, isDecode := strings.CutSuffix(name, ".decode")
		if isDecode && ast.IsExported(source) || name == "HTTP" {
			out[source] = file
		}
	}
	return out
}

// partOf reports whether a file is the source's or one that goes with it:
// sqs_envelope.go goes with sqs.go.
func partOf(file, source string) bool {
	return file == source || strings.HasPrefix(file, strings.TrimSuffix(source, ".go")+"_")
}

// declarations returns the files of a provider's package by what they declare:
// functions, types, and methods as Type.Method.
func declarations(t *testing.T, provider string) map[string]string {
	t.Helper()
	repo, err := fngenModule()
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(repo, "providers", provider, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				out[receiver(d)+d.Name.Name] = filepath.Base(path)
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if spec, ok := spec.(*ast.TypeSpec); ok {
						out[spec.Name.Name] = filepath.Base(path)
					}
				}
			}
		}
	}
	return out
}

// receiver returns the name of a method's type and a dot.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	e := d.Recv.List[0].Type
	if star, ok := e.(*ast.StarExpr); ok {
		e = star.X
	}
	return fmt.Sprint(e) + "."
}

// An action that takes events only does without net/http, which would be half
// of it again.
func TestEventActionHoldsNoHTTP(t *testing.T) {
	bin, err := plain()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"receive-openwhisk", "placed-openwhisk"} {
		if strings.Contains(symbols(t, filepath.Join(bin, name)), " net/http.") {
			t.Errorf("%s holds net/http", name)
		}
	}
}
