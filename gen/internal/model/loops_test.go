package model

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// A round that is not found feeds itself in production, and one that is none stops
// a deployment: each function that leads back to itself is on a round that is said,
// and every round is one.
func TestRounds(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		steps := make([][]step, 1+r.IntN(7))
		leads := make([][]bool, len(steps))
		for i := range steps {
			leads[i] = make([]bool, len(steps))
			for range r.IntN(3) {
				if to := r.IntN(len(steps)); to != i {
					steps[i] = append(steps[i], step{to: to})
					leads[i][to] = true
				}
			}
		}
		direct := make([][]bool, len(steps))
		for i := range leads {
			direct[i] = slices.Clone(leads[i])
		}
		for via := range leads {
			for i := range leads {
				for j := range leads {
					leads[i][j] = leads[i][j] || leads[i][via] && leads[via][j]
				}
			}
		}
		said := map[int]bool{}
		for _, round := range rounds(steps) {
			for i, l := range round {
				next := round[(i+1)%len(round)].from
				if l.to != next || !direct[l.from][next] {
					t.Fatalf("%v: there is no step from %d to %d in %v", steps, l.from, next, round)
				}
				said[l.from] = true
			}
		}
		for i := range steps {
			if said[i] != leads[i][i] {
				t.Fatalf("%v: %d leads back to itself: %v; it is on a round that is said: %v", steps, i, leads[i][i], said[i])
			}
		}
	}
}
