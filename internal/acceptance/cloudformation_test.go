package acceptance

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fngen/fngen/internal/testkit/cfn"
	"github.com/fngen/fngen/internal/testkit/moto"
	"github.com/fngen/fngen/internal/testkit/tool"
)

// An account is one of AWS, which moto stands for, behind the aws command and, for
// all that is but one request, its library.
type account struct {
	t       *testing.T
	program string
	url     string
	client  *moto.Client
}

func newAccount(t *testing.T) account {
	t.Helper()
	program := tool.Path(t, "aws")
	// In the URLs of templates, moto knows localhost alone for itself.
	url := strings.Replace(moto.Start(t), "127.0.0.1", "localhost", 1)
	return account{t, program, url, moto.NewClient(t, url, region)}
}

// aws makes the call of the aws command and returns what that prints.
func (a account) aws(args ...string) []byte {
	a.t.Helper()
	out, err := a.client.Call(args...)
	if err != nil {
		a.t.Fatalf("aws %s: %v", strings.Join(args, " "), err)
	}
	return out
}

// run runs the aws command itself, of which uploads of cloudformation package do not
// look at the flag that names the endpoint.
func (a account) run(args ...string) {
	a.t.Helper()
	if _, err := output(command(a.t.TempDir(), []string{
		"AWS_ENDPOINT_URL=" + a.url, "AWS_ACCESS_KEY_ID=none", "AWS_SECRET_ACCESS_KEY=none", "AWS_REGION=" + region,
		"AWS_DEFAULT_REGION=" + region, "AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "AWS_PAGER=",
	}, a.program, append(args, "--endpoint-url", a.url)...)); err != nil {
		a.t.Fatal(err)
	}
}

// call makes a call with a value as its input, which is checked against what the
// service takes.
func (a account) call(in any, out any, args ...string) {
	a.t.Helper()
	printed := a.aws(append(args, "--cli-input-json", encode(a.t, in))...)
	if out != nil {
		if err := json.Unmarshal(printed, out); err != nil {
			a.t.Fatalf("%v: %v\n%s", args, err, printed)
		}
	}
}

const (
	region    = "eu-west-1"
	accountID = "123456789012" // moto's
	stackName = "stack"
)

// deploy packages and deploys template.yaml in the folder as its first lines
// say, and returns the stack with what moto leaves out of it.
func (a account) deploy(dir string) *stack {
	a.t.Helper()
	file := filepath.Join(dir, "template.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		a.t.Fatal(err)
	}
	template, err := cfn.Parse(text)
	if err != nil {
		a.t.Fatal(err)
	}
	if err := os.WriteFile(file, forMoto(text), 0o644); err != nil {
		a.t.Fatal(err)
	}
	packaged := filepath.Join(dir, "packaged.yaml")
	a.aws("s3api", "create-bucket", "--bucket", "artifacts", "--create-bucket-configuration", `{"LocationConstraint": "`+region+`"}`)
	a.run("cloudformation", "package", "--template-file", file, "--s3-bucket", "artifacts", "--output-template-file", packaged)
	a.run("cloudformation", "deploy", "--template-file", packaged, "--s3-bucket", "artifacts", "--stack-name", stackName, "--capabilities", "CAPABILITY_IAM")
	s := &stack{account: a, template: template, physical: map[string]string{}}
	s.find()
	s.complete()
	return s
}

// The application with every kind and option of AWS, which the generator's
// golden file holds, can be deployed, and each resource is what the directives
// and fngen.yaml say.
func TestCloudFormationKinds(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	stream := a.existing()
	s := a.deployGolden("kinds", strings.NewReplacer(
		"arn:aws:dynamodb:eu-west-1:123456789012:table/acme-accounts/stream/2026-01-01T00:00:00.000", stream,
	))
	s.physical["AccountsStream"] = stream
	s.check("testdata/cloudformation/kinds.yaml")
}

// deployGolden deploys the template of a golden file of the generator, with the
// replacements in it. Nothing runs there, so that the archives are empty.
func (a account) deployGolden(name string, replace *strings.Replacer) *stack {
	a.t.Helper()
	archive, err := txtar.ParseFile("../../gen/internal/target/aws/testdata/" + name + ".txtar")
	if err != nil {
		a.t.Fatal(err)
	}
	last := archive.Files[len(archive.Files)-1]
	template, err := cfn.Parse(last.Data)
	if err != nil || last.Name != "want/template.yaml" {
		a.t.Fatalf("%s: %v", last.Name, err)
	}
	dir := a.t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "template.yaml"), []byte(replace.Replace(string(last.Data))), 0o644); err != nil {
		a.t.Fatal(err)
	}
	var empty bytes.Buffer
	if err := zip.NewWriter(&empty).Close(); err != nil {
		a.t.Fatal(err)
	}
	for _, id := range template.IDs("AWS::Lambda::Function") {
		if err := os.WriteFile(filepath.Join(dir, template.Resources[id].Properties["Code"].(string)), empty.Bytes(), 0o644); err != nil {
			a.t.Fatal(err)
		}
	}
	return a.deploy(dir)
}

// existing creates what the application with every kind takes as existing, and
// returns the ARN of the table's stream.
func (a account) existing() string {
	a.t.Helper()
	a.aws("events", "create-event-bus", "--name", "acme")
	a.aws("sqs", "create-queue", "--queue-name", "acme-invoices")
	a.aws("sqs", "create-queue", "--queue-name", "acme-graveyard")
	a.aws("sns", "create-topic", "--name", "acme-prices")
	a.aws("kinesis", "create-stream", "--stream-name", "acme-meters", "--shard-count", "1")
	var out struct {
		TableDescription struct{ LatestStreamArn string }
	}
	a.call(map[string]any{
		"TableName": "acme-accounts", "BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": []any{map[string]any{"AttributeName": "id", "AttributeType": "S"}},
		"KeySchema":            []any{map[string]any{"AttributeName": "id", "KeyType": "HASH"}},
		"StreamSpecification":  map[string]any{"StreamEnabled": true, "StreamViewType": "NEW_IMAGE"},
	}, &out, "dynamodb", "create-table")
	return out.TableDescription.LatestStreamArn
}

// What fngen build leaves of the example can be deployed as it is, and the
// functions have the code of their archives.
func TestCloudFormationShop(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(cloned(t).shop, "dist", "aws"))); err != nil {
		t.Fatal(err)
	}
	s := a.deploy(dir)
	s.check("testdata/cloudformation/shop.yaml")
	t.Run("lint", func(t *testing.T) { lint(t, filepath.Join(dir, "packaged.yaml")) })

	var list struct {
		Functions []struct{ FunctionName, CodeSha256 string }
	}
	a.call(struct{}{}, &list, "lambda", "list-functions")
	sums := map[string]string{}
	for _, f := range list.Functions {
		sums[f.FunctionName] = f.CodeSha256
	}
	for _, id := range s.template.IDs("AWS::Lambda::Function") {
		data, err := os.ReadFile(filepath.Join(dir, s.template.Resources[id].Properties["Code"].(string)))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(data)
		if want, got := base64.StdEncoding.EncodeToString(sum[:]), sums[s.physical[id]]; got != want {
			t.Errorf("%s has the code %q, want %q, that of its archive", id, got, want)
		}
	}
}

// lint demands that cfn-lint has nothing to say of a packaged template.
func lint(t *testing.T, file string) {
	t.Helper()
	program := tool.Path(t, "cfn-lint")
	if _, err := output(command(filepath.Dir(file), nil, program, "--", file)); err != nil {
		t.Error(err)
	}
}

// Functions behind one HTTP API are deployed with its routes.
func TestCloudFormationAPI(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.deployGolden("api", strings.NewReplacer()).check("testdata/cloudformation/api.yaml")
}

// Tables, buckets and rights of what functions use are deployed, also where a
// bucket feeds the function that uses it.
func TestCloudFormationUses(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.deployGolden("uses", strings.NewReplacer()).check("testdata/cloudformation/uses.yaml")
}
