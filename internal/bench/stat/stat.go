// Package stat sums up what was measured in several rounds.
package stat

import "slices"

// Median returns the middle one of the values.
func Median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}

// Of returns the median of the values of n rounds.
func Of(n int, value func(round int) float64) float64 {
	values := make([]float64, n)
	for round := range values {
		values[round] = value(round)
	}
	return Median(values)
}
