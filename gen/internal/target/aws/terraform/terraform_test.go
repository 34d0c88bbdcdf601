package terraform

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/fngen/fngen/gen/internal/output"
	"github.com/fngen/fngen/gen/internal/target/aws/stack"
	"github.com/fngen/fngen/gen/internal/testkit/tfschema"
)

// Every name in the table is one that the provider has, whether or not a test's
// application has the property.
func TestTable(t *testing.T) {
	p := tfschema.Read(t, "aws")
	for of, k := range kinds {
		s, ok := p.Resource[k.resource]
		if !ok {
			t.Errorf("%s: the provider has no %s", of, k.resource)
		}
		for _, argument := range []string{k.name, k.protection} {
			if argument != "" && !slices.Contains(slices.Concat(s.Required, s.Optional), argument) {
				t.Errorf("%s: %s has no %s", of, k.resource, argument)
			}
		}
		for name, a := range k.attributes {
			if !slices.Contains(s.Exported, a.name) {
				t.Errorf("%s: %s does not export %s for %q", of, k.resource, a.name, name)
			}
		}
		if k.waits != "" && k.properties[k.waits].split == nil {
			t.Errorf("%s: %s is no resource that waits", of, k.waits)
		}
		for _, wrong := range unknown(of, k.properties, s) {
			t.Error(wrong)
		}
	}
}

func unknown(of string, properties properties, s tfschema.Schema) []string {
	var wrong []string
	for name, p := range properties {
		switch {
		case p.argument != "" && !slices.Contains(slices.Concat(s.Required, s.Optional), p.argument):
			wrong = append(wrong, fmt.Sprintf("%s: there is no argument %s for %s", of, p.argument, name))
		case p.block != "":
			inner, ok := s.Blocks[p.block]
			if !ok {
				wrong = append(wrong, fmt.Sprintf("%s: there is no block %s for %s", of, p.block, name))
			}
			wrong = append(wrong, unknown(of+"."+name, p.inner, inner)...)
		case p.inner != nil:
			wrong = append(wrong, unknown(of+"."+name, p.inner, s)...)
		}
	}
	return wrong
}

// The ids that the builder of package aws can make keep apart as labels, and what of
// them is in names is cut to the limit and keeps apart too.
func TestLabels(t *testing.T) {
	ids := []string{"A", "AB", "Ab", "ABC", "AbC", "AbcD", "Abcd", "A1", "A1b", "OrdersQueue", "OrdersQueueFifo", "Sync2f3a1cFunction", "S3ync", "S3Ync", strings.Repeat("Long", 20), strings.Repeat("Long", 21), strings.Repeat("Long", 20) + "A"}
	for _, limit := range []int{20, 39, 100} {
		labels, names := map[string]string{}, map[string]string{}
		for _, id := range ids {
			if other, taken := labels[label(id)]; taken {
				t.Errorf("%s and %s are %s", id, other, label(id))
			}
			name := short(id, limit)
			if other, taken := names[name]; taken || len(name) > limit || strings.HasSuffix(name, "-") {
				t.Errorf("%s is %q, with at most %d characters, and %q is %s", id, name, limit, other, name)
			}
			labels[label(id)], names[name] = id, id
		}
	}
}

// Each kind with a name of its own has one at most as long as its service takes, with
// the longest of the application.
func TestNames(t *testing.T) {
	for of, k := range kinds {
		if k.name == "" {
			continue
		}
		for _, fifo := range []bool{false, true} {
			w := &writer{kinds: kinds, data: map[string]bool{}}
			r := stack.Resource{ID: strings.Repeat("Name", 200) + k.ends, Kind: of, Properties: output.Mapping{{Key: "FifoQueue", Value: fifo}}}
			written := string(w.name(k, r)[0].Value.(interface{ Bytes() []byte }).Bytes())
			name := strings.NewReplacer(`"`, "", "${var.name}", strings.Repeat("n", maxName), "${local.bucket_suffix}", strings.Repeat("b", maxSuffix)).Replace(written)
			if len(name) != k.limit && len(name) != k.limit-1 { // before a hash there is no second -
				t.Errorf("%s: %s has %d characters, want %d", of, written, len(name), k.limit)
			}
			if fifo != strings.HasSuffix(name, ".fifo") && of != "AWS::S3::Bucket" {
				t.Errorf("%s, fifo %t: %s", of, fifo, written)
			}
		}
	}
}

// What the table does not have, and what Terraform would change, is refused, and never
// left out.
func TestRefused(t *testing.T) {
	queue := func(properties output.Mapping) stack.Resource {
		return stack.Resource{ID: "OrdersQueue", Kind: "AWS::SQS::Queue", Properties: properties}
	}
	for want, resources := range map[string][]stack.Resource{
		"OrdersQueue: DelaySeconds of AWS::SQS::Queue is not written for Terraform":                                                   {queue(output.Mapping{{Key: "DelaySeconds", Value: 3}})},
		"StreamTable: Kind of AWS::DynamoDB::Table is not written for Terraform":                                                      {{ID: "StreamTable", Kind: "AWS::DynamoDB::Table", Properties: output.Mapping{{Key: "StreamSpecification", Value: output.Mapping{{Key: "Kind", Value: "new"}}}}}},
		"Orders: the id of AWS::SNS::Topic ends in Topic":                                                                             {{ID: "Orders", Kind: "AWS::SNS::Topic"}},
		"Lock: AWS::KMS::Key is not written for Terraform":                                                                            {{ID: "Lock", Kind: "AWS::KMS::Key"}},
		"OrdersQueue: the attribute Arns of OrdersQueue is not written for Terraform":                                                 {queue(output.Mapping{{Key: "KmsMasterKeyId", Value: stack.Attribute{ID: "OrdersQueue", Name: "Arns"}}})},
		"OrdersQueue: NoSuchFact is not written for Terraform":                                                                        {queue(output.Mapping{{Key: "KmsMasterKeyId", Value: stack.Parameter("NoSuchFact")}})},
		"OrdersQueue: there is no Lost":                                                                                               {queue(output.Mapping{{Key: "KmsMasterKeyId", Value: stack.Ref("Lost")}})},
		"AB and AB have one name in Terraform":                                                                                        {{ID: "AB", Kind: "AWS::SQS::Queue"}, {ID: "AB", Kind: "AWS::SQS::Queue"}},
		"ListPolicy: queue_url of Terraform is one, and not 2":                                                                        {queue(nil), {ID: "ListPolicy", Kind: "AWS::SQS::QueuePolicy", Properties: output.Mapping{{Key: "Queues", Value: []any{"a", "b"}}}}},
		"OrdersQueue: float64 is no value for Terraform":                                                                              {queue(output.Mapping{{Key: "VisibilityTimeout", Value: 1.5}})},
		`OrdersQueue: Terraform would change "e\u0301", since it composes accents with their letters; write it in Unicode's form NFC`: {queue(output.Mapping{{Key: "KmsMasterKeyId", Value: stack.Join{"e\u0301", stack.Region}}})},
	} {
		if _, err := Write(Module{Name: "shop", Stack: stack.Stack{Resources: resources}}); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// A module's name is one that the variable takes.
func TestDefaultName(t *testing.T) {
	got := map[string]string{}
	for _, name := range []string{"shop", "Shop", "my_shop.v2", "9lives", "a", "", "orders-of-the-northern-warehouse", "x-------------------------y", "ORDERS-"} {
		got[name] = DefaultName(name)
		if !validName.MatchString(got[name]) {
			t.Errorf("%q is %q", name, got[name])
		}
	}
	want := map[string]string{"shop": "shop", "Shop": "shop", "my_shop.v2": "my-shop-v2", "9lives": "lives", "a": "fngen", "": "fngen",
		"orders-of-the-northern-warehouse": "orders-of-the-n-0fadd607", "x-------------------------y": "x-y", "ORDERS-": "orders"}
	if !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
