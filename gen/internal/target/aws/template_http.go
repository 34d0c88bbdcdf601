package aws

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
)

// http is the feeding of a function behind HTTP: a URL of its own, or routes of
// the application's API. Lambda tries no request again.
func (s *stack) http(f model.Function, t model.HTTP) feeding {
	if s.api {
		return feeding{add: []func(){func() { s.routes(f, t) }}}
	}
	return feeding{add: []func(){func() { s.url(f, t) }}}
}

// url adds a function URL. Everybody needs two permissions to call a public
// one; one that is not public is called with IAM's.
//
// https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
func (s *stack) url(f model.Function, t model.HTTP) {
	id, function := logical(f.Name, "Url"), logical(f.Name, "Function")
	auth, mode := "AWS_IAM", "BUFFERED"
	if t.Public {
		auth = "NONE"
	}
	if t.Stream {
		mode = "RESPONSE_STREAM"
	}
	s.add(id, "AWS::Lambda::Url", output.Mapping{
		{Key: "TargetFunctionArn", Value: ref(function)},
		{Key: "AuthType", Value: auth},
		{Key: "InvokeMode", Value: mode},
	})
	s.output(id, "URL of the function "+f.Name, getAtt(id, "FunctionUrl"))
	if !t.Public {
		return
	}
	s.add(logical(f.Name, "UrlAccess"), "AWS::Lambda::Permission", output.Mapping{
		{Key: "Action", Value: "lambda:InvokeFunctionUrl"},
		{Key: "FunctionName", Value: ref(function)},
		{Key: "Principal", Value: output.Text("*")},
		{Key: "FunctionUrlAuthType", Value: "NONE"},
	})
	s.add(logical(f.Name, "Permission"), "AWS::Lambda::Permission", output.Mapping{
		{Key: "Action", Value: "lambda:InvokeFunction"},
		{Key: "FunctionName", Value: ref(function)},
		{Key: "Principal", Value: output.Text("*")},
		{Key: "InvokedViaFunctionUrl", Value: true},
	})
}

// routes adds the function to the application's HTTP API.
func (s *stack) routes(f model.Function, t model.HTTP) {
	if !s.hasAPI {
		s.hasAPI = true
		s.add("Api", "AWS::ApiGatewayV2::Api", output.Mapping{{Key: "Name", Value: ref("AWS::StackName")}, {Key: "ProtocolType", Value: "HTTP"}})
		s.add("ApiStage", "AWS::ApiGatewayV2::Stage", output.Mapping{{Key: "ApiId", Value: ref("Api")}, {Key: "StageName", Value: output.Text("$default")}, {Key: "AutoDeploy", Value: true}})
		s.output("Api", "URL of the HTTP API", getAtt("Api", "ApiEndpoint"))
	}
	integration := logical(f.Name, "Integration")
	s.add(integration, "AWS::ApiGatewayV2::Integration", output.Mapping{
		{Key: "ApiId", Value: ref("Api")},
		{Key: "IntegrationType", Value: "AWS_PROXY"},
		{Key: "IntegrationUri", Value: arn(logical(f.Name, "Function"))},
		{Key: "PayloadFormatVersion", Value: output.Text("2.0")},
	})
	for i, r := range routes(t) {
		auth := "AWS_IAM"
		if t.Public {
			auth = "NONE"
		}
		s.add(logical(f.Name, "Route")+suffix(i), "AWS::ApiGatewayV2::Route", output.Mapping{
			{Key: "ApiId", Value: ref("Api")},
			{Key: "RouteKey", Value: output.Text(r)},
			{Key: "AuthorizationType", Value: auth},
			{Key: "Target", Value: sub("integrations/${" + integration + "}")},
		})
	}
	s.permit(f, logical(f.Name, "Permission"), "apigateway.amazonaws.com",
		sub("arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*"))
}

// suffix tells the second resource of a kind, and those after it, from the
// first.
func suffix(i int) string {
	if i == 0 {
		return ""
	}
	return strconv.Itoa(i + 1)
}

var wildcard = regexp.MustCompile(`\{[^}]*\}`)

// routes returns the route keys of the directive's patterns. A path that ends
// in a slash is all below it too, as in net/http. Browsers' preflight requests
// need a route where the adapter answers them.
func routes(t model.HTTP) []string {
	path := wildcard.ReplaceAllStringFunc(t.Path, func(w string) string {
		return strings.ReplaceAll(w, "...}", "+}")
	})
	paths := []string{strings.TrimSuffix(path, "{$}")}
	switch {
	case path == "/":
		paths = []string{"/", "/{below+}"}
	case strings.HasSuffix(path, "/"): // with which no route but / ends
		paths = []string{path + "{below+}", strings.TrimSuffix(path, "/")}
	}
	methods := slices.Clone(t.Methods)
	if len(methods) == 0 {
		methods = []string{"ANY"}
	} else {
		if slices.Contains(methods, "GET") && !slices.Contains(methods, "HEAD") {
			methods = append(methods, "HEAD") // as ServeMux has it
		}
		if len(t.CORS) > 0 && !slices.Contains(methods, "OPTIONS") {
			methods = append(methods, "OPTIONS")
		}
	}
	var out []string
	for _, p := range paths {
		for _, m := range methods {
			out = append(out, m+" "+p)
		}
	}
	return out
}
