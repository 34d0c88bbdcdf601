package docs

import (
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
