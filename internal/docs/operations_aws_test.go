package docs

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/fngen/fngen/internal/testkit/moto"
	"github.com/fngen/fngen/internal/testkit/tool"
)

// The commands of docs/operations-aws.md deploy, show and remove a stack of moto's,
// in their order. Of imports, which moto has none of, the aws command checks the
// arguments alone.
func TestOperationsAWS(t *testing.T) {
	tool.Path(t, "aws")
	doc := blocks(t, "docs/operations-aws.md")
	app := t.TempDir()
	write(t, app, "go.mod", "module example.com/hello\n\ngo 1.26\n\nrequire github.com/fngen/fngen v0.0.0\n\nreplace github.com/fngen/fngen => "+repo(t)+"\n")
	write(t, app, "hello.go", "package hello\n\nimport \"context\"\n\n//fn:queue orders\nfunc Confirm(ctx context.Context, order string) error { return nil }\n")
	write(t, app, "import.yaml", "Resources: {}\n")
	env := []string{
		installed(t), "BUCKET=artifacts", "STACK=hello", "QUEUE_URL=https://sqs.eu-west-1.amazonaws.com/123456789012/hello-OrdersQueue",
		"AWS_ENDPOINT_URL=" + strings.Replace(moto.Start(t), "127.0.0.1", "localhost", 1), "AWS_ACCESS_KEY_ID=none", "AWS_SECRET_ACCESS_KEY=none", "AWS_REGION=eu-west-1",
		"AWS_DEFAULT_REGION=eu-west-1", "AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "AWS_PAGER=",
	}
	sh(t, app, env, "aws s3api create-bucket --bucket artifacts --create-bucket-configuration LocationConstraint=eu-west-1")
	for _, commands := range of(doc, "sh") {
		if strings.Contains(commands, "IMPORT") {
			commands = regexp.MustCompile(`(?m)$`).ReplaceAllString(strings.TrimSpace(commands), " --generate-cli-skeleton output")
		}
		// For SQS the command does not look at the variable that names the endpoint.
		sh(t, app, env, "aws() { command aws \"$@\" --endpoint-url $AWS_ENDPOINT_URL; }\n"+commands)
	}
	for _, m := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(read(t, repo(t), "docs/operations-aws.md"), -1) {
		if _, err := os.Stat(filepath.Join(repo(t), "docs", m[1])); err != nil {
			t.Error(err)
		}
	}
}

// What the page of operators shows for AWS is an application's fngen.yaml and its
// template, and the key's policy is JSON that names the services of the warning.
func TestOperatorsOfAWS(t *testing.T) {
	written := read(t, repo(t), "gen/internal/target/aws/testdata/operators.txtar")
	page := read(t, repo(t), "docs/operations.md")
	_, section, _ := strings.Cut(page, "\n## AWS\n")
	section, _, _ = strings.Cut(section, "\n## ")
	shown := 0
	for _, m := range fence.FindAllStringSubmatch(section, -1) {
		switch shown++; m[1] {
		case "yaml":
			if !strings.Contains(written, m[2]) {
				t.Errorf("%s is not in the fixture", m[2])
			}
		case "json":
			var statements []struct{ Principal struct{ Service any } }
			if err := json.Unmarshal([]byte(m[2]), &statements); err != nil || len(statements) != 2 {
				t.Errorf("%v: %s", err, m[2])
			}
		default:
			t.Errorf("a block in %q", m[1])
		}
	}
	if shown < 6 {
		t.Errorf("%d blocks are shown", shown)
	}
}
