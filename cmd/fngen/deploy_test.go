package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/fngen/fngen/internal/testkit/moto"
	"github.com/fngen/fngen/internal/testkit/whisk"
)

// openwhisk start [interrupt PATH] has a controller of OpenWhisk that the file in
// WSK_CONFIG_FILE leads to; one request, to an address that ends in the path, is not
// answered, and an interrupt is sent to the process that makes it.
func openwhisk(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 && (len(args) != 3 || args[1] != "interrupt") {
		ts.Fatalf("usage: openwhisk start [interrupt PATH]")
	}
	c, stop := whisk.New()
	ts.Defer(stop)
	c.AddRecord("1f", map[string]any{"activationId": "1f", "action": "shop/confirm", "start": time.Now().Add(-time.Minute).UnixMilli(), "statusCode": 0,
		"logs": []string{"2026-11-30T12:00:01.5Z stdout: confirming o-1"}})
	if len(args) == 3 {
		asked := false
		c.Before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
			if asked || r.Method != http.MethodPut || !strings.HasSuffix(r.URL.Path, args[2]) {
				return false
			}
			asked = true
			ts.Check(os.WriteFile(ts.MkAbs("asked"), nil, 0o644))
			whisk.Slow(r, time.Minute)
			return true
		}
	}
	file := ts.MkAbs("wskprops")
	ts.Check(os.WriteFile(file, []byte(c.Props()), 0o600))
	ts.Setenv("WSK_CONFIG_FILE", file)
	ts.Setenv("HOST", c.URL)
}

// The template that is built goes through CloudFormation, as moto has it: what is
// written anew of it, for the places of archives, has the same meaning.
func TestDeployAWS(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	for name, value := range map[string]string{"AWS_ENDPOINT_URL": moto.Start(t), "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "not-to-be-shown", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "", "AWS_EC2_METADATA_DISABLED": "true"} {
		t.Setenv(name, value)
	}
	repo, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile(filepath.Join(repo, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	source := "package shop\n\nimport \"context\"\n\n//fn:queue orders\n//fn:sink topic:confirmed type=com.example.confirmed\nfunc Confirm(_ context.Context, order string) (string, error) { return order, nil }\n"
	t.Setenv("FNGEN_CACHE", filepath.Join(dir, ".cache"))
	write("go.mod", "module example.com/shop\n\ngo 1.26.0\n\nrequire github.com/fngen/fngen v0.0.0\n\nreplace github.com/fngen/fngen => "+repo+"\n")
	write("go.sum", string(sum))
	write("shop.go", source)
	write("fngen.yaml", "targets: {aws: {region: eu-west-1}}\n")
	write("fngen.staging.yaml", "")
	fngen := func(args ...string) (stdout, stderr string) {
		t.Helper()
		var out, err bytes.Buffer
		if code := run(t.Context(), append(args, "-C", dir), &out, &err); code != 0 {
			t.Fatalf("fngen %v: exit code %d\n%s", args, code, err.String())
		}
		if strings.Contains(out.String()+err.String(), "not-to-be-shown") {
			t.Errorf("fngen %v shows the secret", args)
		}
		return out.String(), err.String()
	}
	expect := func(text string, want ...string) {
		t.Helper()
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("there is no %q in\n%s", w, text)
			}
		}
	}
	plan, _ := fngen("deploy", "--dry-run", "--env", "staging")
	expect(plan, "aws: stack shop-staging in eu-west-1 of account 123456789012\n", "  + AWS::Lambda::Function            ConfirmFunction\n")
	_, told := fngen("deploy", "--yes")
	expect(told, "created bucket fngen-123456789012-eu-west-1\n", "uploaded fngen/", " 0 unchanged\n")
	out, _ := fngen("deploy", "--yes", "-o", "json")
	expect(out, `"do": "keep"`, `"addresses": []`)
	if strings.Contains(out, `"do": "c`) {
		t.Errorf("a second run changes something:\n%s", out)
	}
	write("shop.go", strings.Replace(source, "return order", `return "sure " + order`, 1))
	_, told = fngen("deploy", "--yes", "-v")
	expect(told, "  ~ AWS::Lambda::Function  ConfirmFunction\n  0 to create, 1 to change, 0 to remove, ", "CloudFormation ExecuteChangeSet: ok\n")
	_, told = fngen("remove", "--yes")
	expect(told, "  note: OrdersQueue (AWS::SQS::Queue) stays in the account, with what is in it\n", "  - stack                            shop\n")
}
