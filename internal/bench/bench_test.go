package bench

import (
	"math"
	"slices"
	"testing"
)

// A comparison is one piece of work, done by fngen and by what people write by
// hand.
type comparison struct {
	name        string
	allocs      float64 // the most that fngen may make
	fngen, hand func() error
}

var unlimited = math.Inf(1)

func BenchmarkSQS(b *testing.B)        { run(b, queues(b)) }
func BenchmarkS3(b *testing.B)         { run(b, buckets(b)) }
func BenchmarkHTTP(b *testing.B)       { run(b, requests(b)) }
func BenchmarkGoogle(b *testing.B)     { run(b, google(b)) }
func BenchmarkCloudEvent(b *testing.B) { run(b, cloudEvents(b)) }
func BenchmarkData(b *testing.B)       { run(b, data(b)) }

// run reports fngen's time as a share of the median by hand, too.
func run(b *testing.B, all []comparison) {
	for _, c := range all {
		var hand []float64
		b.Run(c.name+"/hand", func(b *testing.B) { hand = append(hand, loop(b, c.hand)) })
		b.Run(c.name+"/fngen", func(b *testing.B) {
			slices.Sort(hand)
			b.ReportMetric(loop(b, c.fngen)/hand[len(hand)/2], "of-hand")
		})
	}
}

// loop returns the time of one call in ns.
func loop(b *testing.B, work func() error) float64 {
	b.ReportAllocs()
	for b.Loop() {
		if err := work(); err != nil {
			b.Fatal(err)
		}
	}
	return float64(b.Elapsed()) / float64(b.N)
}

// Both ways work, and fngen's allocations, which no machine changes, stay
// within their limit.
func TestAllocations(t *testing.T) {
	for name, of := range map[string]func(testing.TB) []comparison{
		"SQS": queues, "S3": buckets, "HTTP": requests, "Google": google, "CloudEvent": cloudEvents, "Data": data,
	} {
		for _, c := range of(t) {
			if err := c.hand(); err != nil {
				t.Errorf("%s/%s by hand: %v", name, c.name, err)
			}
			var err error
			n := testing.AllocsPerRun(1000, func() { err = c.fngen() })
			if err != nil || n > c.allocs {
				t.Errorf("%s/%s: %v allocations, want %v at most; error %v", name, c.name, n, c.allocs, err)
			}
		}
	}
}
