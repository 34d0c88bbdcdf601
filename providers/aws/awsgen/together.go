package awsgen

import (
	"strings"

	"github.com/fngen/fngen/gen"
)

// CheckApp refuses functions that are in each other's way, and a template above
// CloudFormation's limits.
func (t Target) CheckApp(functions []gen.Function) []gen.Diagnostic {
	var diagnostics []gen.Diagnostic
	for i, f := range functions {
		for _, other := range functions[:i] {
			report := gen.NewReport(t.Name(), f)
			t.together(report, f, other)
			diagnostics = append(diagnostics, report.Diagnostics...)
		}
	}
	return append(diagnostics, t.tooLarge(functions)...)
}

func (t Target) together(report *gen.Report, f, other gen.Function) {
	at := gen.Position(other.Pos)
	for _, pair := range [][2]gen.Function{{f, other}, {other, f}} {
		q, ok := pair[1].Trigger.(gen.Queue)
		if ok && q.Name == pair[0].DeadLetter && q.FIFO != lettersFIFO(pair[0]) {
			report.Errorf("the dead letters of %s and the queue of %s are %s, of which one is a FIFO queue and one is not; give another //fn:deadletter", pair[0].Name, pair[1].Name, q.Name)
		}
	}
	switch a := f.Trigger.(type) {
	case gen.Object:
		if b, ok := other.Trigger.(gen.Object); ok && t.names[a.Bucket] == "" && overlap(a, b) {
			report.Errorf("the bucket %s cannot tell its objects from those of %s at %s: prefix and suffix overlap; change one, or handle both in one function",
				a.Bucket, other.Name, at)
		}
	case gen.Queue:
		if b, ok := other.Trigger.(gen.Queue); ok && a.Name == b.Name {
			report.Errorf("the queue %s feeds %s at %s already, and each message goes to one of the two; use a topic, or handle both in one function", a.Name, other.Name, at)
		}
	case gen.HTTP:
		b, ok := other.Trigger.(gen.HTTP)
		if !ok || !t.api {
			return
		}
		for _, route := range routes(a) {
			for _, taken := range routes(b) {
				if route == taken {
					report.Errorf("the route %s is taken by %s at %s; change one, or remove targets.aws.http", route, other.Name, at)
					return
				}
			}
		}
	}
}

// overlap reports whether one bucket cannot tell the objects of two functions
// apart: S3 takes no two notifications for one event whose prefixes and
// suffixes both overlap.
func overlap(a, b gen.Object) bool {
	if a.Bucket != b.Bucket || a.Created != b.Created {
		return false
	}
	prefixes := strings.HasPrefix(a.Prefix, b.Prefix) || strings.HasPrefix(b.Prefix, a.Prefix)
	suffixes := strings.HasSuffix(a.Suffix, b.Suffix) || strings.HasSuffix(b.Suffix, a.Suffix)
	return prefixes && suffixes
}

// The limits of a template.
//
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const (
	maxResources = 500
	maxOutputs   = 200
)

func (t Target) tooLarge(functions []gen.Function) []gen.Diagnostic {
	s := &stack{Target: t, app: gen.App{Functions: functions}}
	for _, f := range functions {
		s.function(f)
	}
	s.shared()
	if len(s.resources) <= maxResources && len(s.outputs) <= maxOutputs {
		return nil
	}
	report := gen.NewReport(t.Name(), functions[len(functions)-1])
	report.Errorf("the application's template has %d resources and %d outputs, more than %d and %d, the limits of CloudFormation; split the application",
		len(s.resources), len(s.outputs), maxResources, maxOutputs)
	return report.Diagnostics
}
