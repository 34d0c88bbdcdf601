package bench

import (
	"slices"
	"syscall"
	"testing"
)

// A comparison is one piece of work, done by fngen and by what people write by
// hand.
type comparison struct {
	name        string
	allocs      float64 // the most that fngen may make; 0 for any number
	fngen, hand func() error
}

func BenchmarkSQS(b *testing.B)        { run(b, queues(b)) }
func BenchmarkS3(b *testing.B)         { run(b, buckets(b)) }
func BenchmarkHTTP(b *testing.B)       { run(b, requests(b)) }
func BenchmarkGoogle(b *testing.B)     { run(b, google(b)) }
func BenchmarkCloudEvent(b *testing.B) { run(b, cloudEvents(b)) }
func BenchmarkData(b *testing.B)       { run(b, data(b)) }

// run reports fngen's CPU time as a share of that by hand, too: what else the
// machine does stretches it less than the time.
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

// loop returns the CPU time of one call in ns.
func loop(b *testing.B, work func() error) float64 {
	b.ReportAllocs()
	start := spent(b)
	for b.Loop() {
		if err := work(); err != nil {
			b.Fatal(err)
		}
	}
	return float64(spent(b)-start) / float64(b.N)
}

// spent returns the CPU time of this process in ns.
func spent(b *testing.B) int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
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
			if err != nil || c.allocs > 0 && n > c.allocs {
				t.Errorf("%s/%s: %v allocations, want %v at most; error %v", name, c.name, n, c.allocs, err)
			}
		}
	}
}
