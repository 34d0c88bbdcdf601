package discover_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/discover"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/testkit"
)

// What a directive says never reaches generated code but as the value of a
// string literal: it is refused, or the file has the declarations, comments
// and identifiers that its kind of function has, and no more.
func FuzzDirective(f *testing.F) {
	for _, text := range []string{
		"queue orders", "queue orders\n//fn:name x", "http GET,POST /orders/{id} auth=public", "event com.example.order source=/a",
		`object uploads created "prefix=a b" suffix=.png`, "object uploads created prefix=*/", "object uploads deleted\n//fn:targets aws,gcp",
		"queue orders\nfunc main() {}", `object b created "prefix=\"); panic(\"x"`, "object b created `prefix=\"+x+\"`", "object b created prefix=//fn",
		"event t source=a*/func\u2028x", "event a\u00a0b", "event a\u202eb", "event a\u0000b", "event a\ufeffb", "object b created \"suffix=\\x00\\xff\"",
		"object b created suffix=é日本", "queue ../orders", "queue orders\n//fn:name ../../x", "event " + strings.Repeat("a", 10000),
		"event \xff\xfe", "queue orders \"content=text/plain; charset=utf-8\"", "setup", "schedule \"* * * * *\"", "http /a\"b", "http /a{$}", "event a\rb",
		"queue a\n/*line x.go:1:1*/", "object b created \"prefix=${x}%s\\\\\"", "queue orders\n//fn:deadletter none\n//fn:retries 5",
		"topic news \"content=a/b\"", "document orders created before", "stream clicks start=latest batch=3", "schedule every=5m tz=Europe/Berlin",
		"http POST /a batch cors=https://a.example,http://localhost:3000 auth=public", "http /a cors=https://a\\\"+x,* stream", "http GET /a cors=https://a.example:443",
	} {
		f.Add(text)
	}
	handlers := []model.Handler{
		{Shape: model.Shape{Input: "json"}},
		{Shape: model.Shape{HTTP: true}, Recv: "Shop", Pointer: true, Setup: "New"},
		{Shape: model.Shape{Input: "event", Reply: true}, Recv: "Shop", Setup: "New"},
	}
	all := testkit.Targets(config.Parse(nil, testkit.TargetNames))
	f.Fuzz(func(t *testing.T, text string) {
		src := "package shop\n\n//fn:" + text + "\nfunc Confirm(ctx context.Context, order Order) error { return nil }\n"
		scan := discover.ScanSource("shop.go", []byte(src), testkit.TargetNames)
		for _, p := range scan.Diagnostics {
			if p.Pos.Filename != "shop.go" || p.Pos.Line == 0 || p.Message == "" {
				t.Fatalf("a finding without a position or a message: %#v", p)
			}
			if strings.ContainsFunc(p.Message, unicode.IsControl) {
				t.Fatalf("a finding holds a control character: %q", p.Message)
			}
		}
		if model.Failed(scan.Diagnostics) {
			return
		}
		if scan.Found() == 0 && !strings.Contains(text, "\n") {
			t.Fatal("the directive is neither refused nor a function")
		}
		for _, h := range handlers {
			h.PkgPath, h.PkgName = "example.com/shop", "shop"
			for _, fn := range scan.FunctionsOf(h) {
				if _, onHTTP := fn.Trigger.(model.HTTP); h.Shape.HTTP && !onHTTP {
					continue
				}
				for _, target := range all {
					if !model.Failed(target.Check(fn)) {
						checkEntrypoint(t, target, fn)
					}
				}
			}
		}
	})
}

// known are the identifiers and selectors that generated code has besides the
// handler's name.
var known = strings.Fields(`_ main init function err app mux handler nil true false
	context Background http NewServeMux Handle HandleFunc ServeHTTP HTTP fn On Reply GeneratedV1 fnhttp Handler Batch CORS Handshake
	slog SetDefault Logger Init FailOnPanic functions HTTPHandler Start Serve Fail shop New
	aws SQS SNS S3 EventBridge Scheduler DynamoDB Kinesis gcp PubSub Storage Firestore Event openwhisk Kafka Trigger Alarm CouchDB web
	Name Topic Stream Collection Updated Before Keys Latest Queue Content Concurrency NoDeadLetter Bucket Created Deleted Prefix Suffix Type Source Retries
	letters emit DeadLetters DeadLetter Replies Answers Emitting HandlerFunc sqs sns eventbridge Bus pubsub trigger httpsink Receives`)

func checkEntrypoint(t *testing.T, target model.Target, f model.Function) {
	t.Helper()
	files, err := target.Entrypoint(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 1 || strings.ContainsAny(files[0].Path, `/\`) {
		t.Fatalf("%s: files %v", target.Name(), files)
	}
	src := files[0].Data
	file, err := parser.ParseFile(token.NewFileSet(), "", src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatalf("%s: %v\n%s", target.Name(), err, src)
	}

	entry := "main"
	if target.Name() == "gcp" {
		entry = "init"
	}
	imports := map[*ast.BasicLit]bool{}
	var declared []string
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv != nil {
				declared = append(declared, "method")
			}
			declared = append(declared, "func "+d.Name.Name)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.ImportSpec:
					imports[spec.Path] = true
				case *ast.ValueSpec:
					declared = append(declared, d.Tok.String()+" "+spec.Names[0].Name)
				default:
					declared = append(declared, d.Tok.String())
				}
			}
		}
	}
	if want := []string{"const _", "func " + entry}; !slices.Equal(declared, want) {
		t.Errorf("%s declares %q; want %q\n%s", target.Name(), declared, want, src)
	}
	for path := range imports {
		text, _ := strconv.Unquote(path.Value)
		if host, _, _ := strings.Cut(text, "/"); !slices.Contains([]string{"context", "log", "net", "github.com", "example.com"}, host) {
			t.Errorf("%s imports %q", target.Name(), text)
		}
	}
	if len(file.Comments) != 3 {
		t.Errorf("%s has %d comments; want the header, the doc and the handshake's\n%s", target.Name(), len(file.Comments), src)
	}
	for _, group := range file.Comments {
		for _, c := range group.List {
			checkComment(t, f, c.Text)
		}
	}
	values := valuesOf(f)
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			if n.Name != f.Handler.Name && !slices.Contains(known, n.Name) {
				t.Errorf("%s: the identifier %s\n%s", target.Name(), n.Name, src)
			}
		case *ast.BasicLit:
			if n.Kind != token.STRING || imports[n] {
				return true
			}
			text, err := strconv.Unquote(n.Value)
			if err != nil || n.Value[0] != '"' || !slices.Contains(values, text) {
				t.Errorf("%s: the string %s is no value of the directive; these are %q", target.Name(), n.Value, values)
			}
		}
		return true
	})
}

// checkComment refuses a comment that is not made of fixed text and checked
// names.
func checkComment(t *testing.T, f model.Function, text string) {
	t.Helper()
	for _, fixed := range []string{
		"// Code generated by fngen. DO NOT EDIT.",
		"// A compile error here means that the fngen module is older than this file.",
		"// Source: " + f.Source(),
	} {
		if text == fixed {
			return
		}
	}
	rest, isDoc := strings.CutPrefix(text, "// Command "+f.Name+" runs "+f.Callee()+" on ")
	if !isDoc {
		rest, isDoc = strings.CutPrefix(text, "// Package function registers "+f.Callee()+" with ")
	}
	if !isDoc || len(rest) > 80 || strings.ContainsAny(rest, "\"'`*{}") {
		t.Errorf("the comment %q", text)
	}
}

// valuesOf returns the strings that the function's entrypoint may hold.
func valuesOf(f model.Function) []string {
	values := []string{f.Name, model.Camel(f.Name), "/" + f.Handler.PkgPath + "/" + f.Name, f.DeadLetterSink()}
	for _, s := range f.Sinks {
		values = append(values, s.Name, s.Type)
	}
	switch t := f.Trigger.(type) {
	case model.HTTP:
		values = slices.Concat(values, t.Patterns(), t.Methods, t.CORS, []string{"OPTIONS " + t.Path})
	case model.Queue:
		values = append(values, t.Name, t.Content)
	case model.Topic:
		values = append(values, t.Name, t.Content)
	case model.Stream:
		values = append(values, t.Name)
	case model.Document:
		values = append(values, t.Collection)
	case model.Object:
		values = append(values, t.Bucket, t.Prefix, t.Suffix)
	case model.Event:
		values = append(values, t.Type, t.Source)
	}
	return values
}
