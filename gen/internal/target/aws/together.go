package aws

import (
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
)

// CheckApp refuses functions that are in each other's way.
func (t Target) CheckApp(functions []model.Function) []model.Diagnostic {
	var diagnostics []model.Diagnostic
	for i, f := range functions {
		for _, other := range functions[:i] {
			report := model.NewReport(t.Name(), f)
			t.together(report, f, other)
			diagnostics = append(diagnostics, report.Diagnostics...)
		}
	}
	return diagnostics
}

func (t Target) together(report *model.Report, f, other model.Function) {
	at := model.Position(other.Pos)
	for _, pair := range [][2]model.Function{{f, other}, {other, f}} {
		q, ok := pair[1].Trigger.(model.Queue)
		if ok && q.Name == pair[0].DeadLetter && q.FIFO != lettersFIFO(pair[0]) {
			report.Errorf("the dead letters of %s and the queue of %s are %s, of which one is a FIFO queue and one is not; give another //fn:deadletter", pair[0].Name, pair[1].Name, q.Name)
		}
	}
	switch a := f.Trigger.(type) {
	case model.Object:
		if b, ok := other.Trigger.(model.Object); ok && t.names[a.Bucket] == "" && overlap(a, b) {
			report.Errorf("the bucket %s cannot tell its objects from those of %s at %s: prefix and suffix overlap; change one, or handle both in one function",
				a.Bucket, other.Name, at)
		}
	case model.Queue:
		if b, ok := other.Trigger.(model.Queue); ok && a.Name == b.Name {
			report.Errorf("the queue %s feeds %s at %s already, and each message goes to one of the two; use a topic, or handle both in one function", a.Name, other.Name, at)
		}
	case model.HTTP:
		b, ok := other.Trigger.(model.HTTP)
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
func overlap(a, b model.Object) bool {
	if a.Bucket != b.Bucket || a.Created != b.Created {
		return false
	}
	prefixes := strings.HasPrefix(a.Prefix, b.Prefix) || strings.HasPrefix(b.Prefix, a.Prefix)
	suffixes := strings.HasSuffix(a.Suffix, b.Suffix) || strings.HasSuffix(b.Suffix, a.Suffix)
	return prefixes && suffixes
}
