package aws

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
	"github.com/fngen/fngen/gen/internal/target/aws/stack"
)

// http feeds a function behind HTTP: by a URL of its own, or by routes of the
// application's API. Lambda tries no request again.
func (b *builder) http(f model.Function, t model.HTTP) {
	if b.api {
		b.routes(f, t)
	} else {
		b.url(f, t)
	}
}

// authorization is how callers show who they are, by whether all are let in.
var authorization = map[bool]string{false: "AWS_IAM", true: "NONE"}

// url adds a function URL. Everybody needs two permissions to call a public
// one; one that is not public is called with IAM's.
//
// https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
func (b *builder) url(f model.Function, t model.HTTP) {
	id, function := of(f, "Url"), stack.Ref(of(f, "Function"))
	b.add(id, "AWS::Lambda::Url", output.Mapping{
		{Key: "TargetFunctionArn", Value: function},
		{Key: "AuthType", Value: authorization[t.Public]},
		{Key: "InvokeMode", Value: map[bool]string{false: "BUFFERED", true: "RESPONSE_STREAM"}[t.Stream]},
	})
	b.output(id, "urls", "URL of the function "+f.Name, stack.Attribute{ID: id, Name: "FunctionUrl"}, f.Name)
	if !t.Public {
		return
	}
	b.add(of(f, "UrlAccess"), "AWS::Lambda::Permission", output.Mapping{
		{Key: "Action", Value: "lambda:InvokeFunctionUrl"},
		{Key: "FunctionName", Value: function},
		{Key: "Principal", Value: output.Text("*")},
		{Key: "FunctionUrlAuthType", Value: "NONE"},
	})
	b.permit(f, output.Text("*"), nil, output.Member{Key: "InvokedViaFunctionUrl", Value: true})
}

// httpAPI returns the id of the application's HTTP API, and adds it unless it
// exists already.
func (b *builder) httpAPI() any {
	var id, address any = stack.Ref("Api"), stack.Attribute{ID: "Api", Name: "ApiEndpoint"}
	if b.apiID != "" {
		id, address = output.Text(b.apiID), stack.Join{"https://" + b.apiID + ".execute-api.", stack.Region, ".", stack.URLSuffix}
	}
	b.once("Api", func() {
		if b.apiID == "" {
			b.add("Api", "AWS::ApiGatewayV2::Api", output.Mapping{{Key: "Name", Value: stack.StackName}, {Key: "ProtocolType", Value: "HTTP"}})
			b.add("ApiStage", "AWS::ApiGatewayV2::Stage", output.Mapping{{Key: "ApiId", Value: id}, {Key: "StageName", Value: output.Text("$default")}, {Key: "AutoDeploy", Value: true}})
		}
		var behind []string
		for _, f := range b.app.Functions {
			if _, ok := f.Trigger.(model.HTTP); ok {
				behind = append(behind, f.Name)
			}
		}
		b.output("Api", "urls", "URL of the HTTP API", address, behind...)
	})
	return id
}

// routes adds the function to the application's HTTP API.
func (b *builder) routes(f model.Function, t model.HTTP) {
	api := b.httpAPI()
	integration := of(f, "Integration")
	b.add(integration, "AWS::ApiGatewayV2::Integration", output.Mapping{
		{Key: "ApiId", Value: api},
		{Key: "IntegrationType", Value: "AWS_PROXY"},
		{Key: "IntegrationUri", Value: stack.Arn(of(f, "Function"))},
		{Key: "PayloadFormatVersion", Value: output.Text("2.0")},
	})
	for _, r := range routes(t) {
		if b.isTaken(r, f) {
			continue
		}
		b.add(r.id(), "AWS::ApiGatewayV2::Route", output.Mapping{
			{Key: "ApiId", Value: api},
			{Key: "RouteKey", Value: output.Text(r.key())},
			{Key: "AuthorizationType", Value: authorization[r.open]},
			{Key: "Target", Value: stack.Join{"integrations/", stack.Ref(integration)}},
		})
	}
	b.permit(f, "apigateway.amazonaws.com", regional("execute-api", api, "/*"))
}

// A route is one of an HTTP API.
type route struct {
	method, path string
	open         bool // to everybody
	implied      implied
}

// implied says how a directive asks for a route: one that is less implied takes
// the place of another function's, as with net/http.
type implied int

const (
	written  implied = iota
	head             // by GET
	bareOnly         // by the folder below which all is the function's
)

// isTaken reports whether another function has the route with more right to it.
func (b *builder) isTaken(r route, f model.Function) bool {
	for _, other := range b.app.Functions {
		t, ok := other.Trigger.(model.HTTP)
		if !ok || other.Name == f.Name {
			continue
		}
		for _, o := range routes(t) {
			any := route{method: "ANY", path: r.path}
			if o.implied < r.implied && (o.same() == r.same() || r.implied == bareOnly && o.same() == any.same()) {
				return true
			}
		}
	}
	return false
}

func (r route) key() string { return r.method + " " + r.path }

// same is the key without the names of its wildcards, by which neither net/http
// nor a reader tells two routes apart.
func (r route) same() string {
	return wildcard.ReplaceAllString(r.key(), "{$1}")
}

// id is the route's logical id: whichever function has it, and however its
// wildcards are called, it is the same, so that the route is there throughout an
// update.
func (r route) id() string {
	sum := sha256.Sum256([]byte(r.same()))
	words := noWord.ReplaceAllString(strings.ToLower(r.method)+"-"+wildcard.ReplaceAllString(r.path, ""), "-")
	return model.Camel(words[:min(len(words), 100)]) + "Route" + hex.EncodeToString(sum[:4])
}

var (
	wildcard = regexp.MustCompile(`\{[^}]*?(\+?)\}`)
	noWord   = regexp.MustCompile(`[^A-Za-z0-9]+`)
)

// routes returns the routes of the directive's patterns. A path that ends in a
// slash, or in a wildcard for all that follows one, is the folder and all below
// it, as in net/http. Browsers' preflight requests, which bring no credentials,
// need an open route where the adapter answers them.
func routes(t model.HTTP) []route {
	whole := strings.ReplaceAll(strings.TrimSuffix(t.Path, "{$}"), "...}", "+}")
	paths := []string{whole}
	folder, below := path.Split(whole)
	bare := cmp.Or(strings.TrimSuffix(folder, "/"), "/") // no other route ends in a slash
	switch {
	case below == "" && whole == t.Path: // but for /{$}
		paths = []string{folder + "{below+}", bare}
	case strings.HasSuffix(below, "+}"):
		paths = []string{whole, bare}
	}
	methods := slices.Clone(t.Methods)
	if len(methods) == 0 {
		methods = []string{"ANY"}
	} else if slices.Contains(methods, "GET") && !slices.Contains(methods, "HEAD") {
		methods = append(methods, "HEAD") // as ServeMux has it
	}
	preflight := len(t.CORS) > 0 && !slices.Contains(methods, "OPTIONS") && !(t.Public && methods[0] == "ANY")
	var out []route
	for i, p := range paths {
		by := []implied{written, bareOnly}[i]
		for j, m := range methods {
			as := by
			if by == written && m == "HEAD" && j >= len(t.Methods) {
				as = head
			}
			out = append(out, route{m, p, t.Public, as})
		}
		if preflight {
			out = append(out, route{"OPTIONS", p, true, by})
		}
	}
	return out
}
