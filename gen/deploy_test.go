//go:build unix

package gen_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fngen/fngen/gen"
	"github.com/fngen/fngen/gen/internal/testkit"
)

// Where the plan of one target fails, those of others are taken back; where all are
// made, they are there to be carried out.
func TestPlansOfAll(t *testing.T) {
	testkit.FromCache(t)
	dir, bin := t.TempDir(), t.TempDir()
	testkit.Shop(t, dir, txtar.File{Name: "fngen.yaml", Data: []byte("targets: {gcp: {project: acme-shop, region: europe-west1, state: gs://acme-terraform/shop}, openwhisk: {}}\n")})
	terraform := "#!/bin/sh\ncase \"$1\" in plan) : >fngen.tfplan ;; show) echo '{}' ;; esac\n"
	if err := os.WriteFile(filepath.Join(bin, "terraform"), []byte(terraform), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	t.Setenv("WSK_CONFIG_FILE", filepath.Join(bin, "none"))
	saved := filepath.Join(dir, ".fngen", "deploy", "gcp", "fngen.tfplan")

	p, err := gen.Open(t.Context(), gen.Options{Dir: dir, Targets: []string{"gcp", "openwhisk"}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	plans, err := p.Remove(t.Context())
	if err == nil || !strings.HasPrefix(err.Error(), "openwhisk: ") || plans != nil {
		t.Errorf("the plans are %v (%v)", plans, err)
	}
	if _, err := os.Stat(filepath.Dir(saved)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(saved); err == nil {
		t.Error("the plan of gcp is left")
	}

	one, err := gen.Open(t.Context(), gen.Options{Dir: dir, Targets: []string{"gcp"}})
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	if plans, err = one.Remove(t.Context()); err != nil || len(plans) != 1 {
		t.Fatalf("the plans are %v (%v)", plans, err)
	}
	if _, err := os.Stat(saved); err != nil {
		t.Error(err)
	}
}

// With infrastructure: terraform AWS gets the module that is built, under the name of
// the environment, and nothing asks for a stack.
func TestTerraformOnAWS(t *testing.T) {
	testkit.FromCache(t)
	dir, bin := t.TempDir(), t.TempDir()
	testkit.Shop(t, dir, txtar.File{Name: "fngen.yaml", Data: []byte("targets: {aws: {infrastructure: terraform, region: eu-west-1, artifacts: acme-archives, state: s3://acme-terraform/shop}}\n")},
		txtar.File{Name: "fngen.staging.yaml", Data: []byte("{}\n")})
	if err := os.WriteFile(filepath.Join(bin, "terraform"), []byte("#!/bin/sh\ncase \"$1\" in show) echo '{}' ;; esac\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	p, err := gen.Open(t.Context(), gen.Options{Dir: dir, Targets: []string{"aws"}, Env: "staging"})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	_, plans, err := p.Deploy(t.Context(), gen.BuildOptions{}, false, true)
	if err != nil || len(plans) != 1 || plans[0].Place != "eu-west-1, with the state in s3://acme-terraform/shop/staging" {
		t.Fatalf("the plans are %+v (%v)", plans, err)
	}
	root, err := os.ReadFile(filepath.Join(dir, ".fngen", "deploy", "aws-staging", "main.tf.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"key": "shop/staging"`, `"name": "shop-staging"`, `"source": "../../../dist/aws"`} {
		if !strings.Contains(string(root), want) {
			t.Errorf("the root module has no %s:\n%s", want, root)
		}
	}
	for name, is := range map[string]bool{"main.tf": true, "template.yaml": false} {
		if _, err := os.Stat(filepath.Join(dir, "dist", "aws", name)); (err == nil) != is {
			t.Errorf("%s: %v", name, err)
		}
	}
}
