package stat

import "testing"

// The middle value counts, not the order in which they came, which is kept.
func TestMedian(t *testing.T) {
	values := []float64{9, 1, 4}
	if got := Median(values); got != 4 || values[0] != 9 {
		t.Errorf("median %v, values %v", got, values)
	}
	if got := Of(3, func(round int) float64 { return float64(-round) }); got != -1 {
		t.Errorf("median of rounds %v", got)
	}
}
