package gen

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/testkit/repository"
)

// What the schema says of a file and what fngen says of it is the same, as far
// as a schema can say it.
func TestSchema(t *testing.T) {
	schema := compiledSchema(t)
	for text, valid := range map[string]bool{
		"": true,
		"targets: {aws: {arch: amd64}, gcp: , openwhisk: {}}":                                                                true,
		"functions: {confirm: {memory: 512MB, max-instances: 5, log-retention: 30d, env: {LOG_LEVEL: info, DB: secret:db}}}": true,
		"resources: {orders: {aws: {envelope: sns}}, users: {aws: {keys: [tenant, id]}}}":                                    true,
		"allow: {kafka-text: Everything is text.}":                                                                           true,

		"resources: {users: {aws: {actions: ['dynamodb:Query']}, gcp: {roles: [roles/datastore.user, projects/acme-shop/roles/lister]}, openwhisk: {url: 'https://couchdb.example.com:6984'}}}": true,

		"resources: {users: {aws: {actions: ['dynamodb:*']}}}":   false,
		"resources: {users: {aws: {actions: ['sqs:Send']}}}":     false,
		"resources: {users: {gcp: {roles: [datastore.user]}}}":   false,
		"resources: {users: {gcp: {roles: roles/viewer}}}":       false,
		"resources: {users: {gcp: {actions: ['dynamodb:Get']}}}": false,

		"log-level: warn\nfunctions: {confirm: {log-level: debug}}": true,
		"log-level: WARN":                           false,
		"functions: {confirm: {log-level: trace}}":  false,
		"functions: {confirm: {log-level: [info]}}": false,

		"build: {tags: prod, ldflags: -X example.com/shop.Version=v1}":     true,
		"build: {tags: [prod, eu.west_1], ldflags: [-X=a.b/c.D=e, -s -w]}": true,

		"build: {tags: [a-b]}":                   false,
		"build: {tags: [a, [b]]}":                false,
		"build: {ldflags: {a: b}}":               false,
		"build: {goflags: -v}":                   false,
		"targets: {azure: {}}":                   false,
		"allow: {queue-shared: It is an error.}": false,
		"allow: {kafka-txt: There is none.}":     false,
		"allow: {kafka-text: ' '}":               false,
		"allow: [kafka-text]":                    false,
		"targets: {aws: {arch: arm}}":            false,
		"targets: {aws: {arch: 64}}":             false,
		"targets: [aws]":                         false,
		"targets: {openwhisk: {kind: go}}":       false,
		"functions: {confirm: {memory: 512}}":    false,
		"functions: {confirm: {memory: 1GB, aws: {memory: 512MB, env: {A: b}}, openwhisk: {log-level: debug}}}": true,
		"functions: {confirm: {aws: {memory: 512}}}":                                                            false,
		"functions: {confirm: {aws: {env: {1A: b}}}}":                                                           false,
		"functions: {confirm: {aws: {aws: {}}}}":                                                                false,
		"functions: {confirm: {memory: 512 MB}}":                                                                false,
		"functions: {confirm: {max-instances: 0}}":                                                              false,
		"functions: {confirm: {cpu: 1}}":                                                                        false,
		"functions: {Confirm: {}}":                                                                              false,
		"functions: {confirm: {env: {1A: x}}}":                                                                  false,
		"functions: {confirm: {env: {A: 1}}}":                                                                   false,
		"resources: {orders: {aws: {keys: id}}}":                                                                false,
		"resources: {orders: {aws: {keys: []}}}":                                                                false,
		"other: {}":                                                                                             false,
	} {
		err := validate(t, schema, []byte(text))
		if (err == nil) != valid {
			t.Errorf("%q: the schema says %v, want valid %v", text, err, valid)
		}
		c := config.Parse([]byte(text), Targets())
		for _, k := range known {
			k.configured(c)
		}
		c.Operate(model.Function{Name: "confirm"}, "")
		if diagnostics := c.Diagnostics(); (len(diagnostics) == 0) != valid {
			t.Errorf("%q: fngen says %v, want valid %v", text, diagnostics, valid)
		}
	}
}

// Each fngen.yaml that the documentation shows is one to the schema.
func TestSchemaOfDocumentation(t *testing.T) {
	repo, err := repository.Root()
	if err != nil {
		t.Fatal(err)
	}
	for name, least := range map[string]int{"README.md": 2, "docs/operations.md": 8} {
		page, err := os.ReadFile(filepath.Join(repo, name))
		if err != nil {
			t.Fatal(err)
		}
		// What is indented is of a template, and what begins with a comment a patch.
		blocks := regexp.MustCompile("(?ms)^```yaml\n((?:[a-z]|# yaml-).*?)^```$").FindAllSubmatch(page, -1)
		if len(blocks) < least {
			t.Errorf("%s shows %d fngen.yaml", name, len(blocks))
		}
		for _, b := range blocks {
			if err := validate(t, compiledSchema(t), b[1]); err != nil {
				t.Errorf("%s: %v\n%s", name, err, b[1])
			}
		}
	}
}

// compiledSchema is the schema as others read it.
func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	data, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(config.SchemaID, document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(config.SchemaID)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func validate(t *testing.T, schema *jsonschema.Schema, text []byte) error {
	t.Helper()
	var document any
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	return schema.Validate(document)
}
