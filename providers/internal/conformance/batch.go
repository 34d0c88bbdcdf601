package conformance

// batches returns what handlers do with three records, and what has to become
// of them. The records are in one order group where the source has groups at
// all and is not a queue.
func batches() []Batch {
	return []Batch{
		{Name: "none fails", Outcomes: []Outcome{OK, OK, OK}, Want: everywhere("A1 A1 A1")},
		{Name: "one of many fails", Outcomes: []Outcome{OK, Error, OK}, Want: byMode("A1 R1 A1", "R1 R1 R1", "A1 R1 R0", "A1 R1 A1", "A1 D3 A1", "A1 D3 A1")},
		{Name: "a panic in the middle", Outcomes: []Outcome{OK, Panic, OK}, Want: byMode("A1 R1 A1", "R1 R1 R1", "A1 R1 R0", "A1 R1 A1", "A1 D3 A1", "A1 D3 A1")},
		// What is not started is not lost, except where nobody delivers again.
		{Name: "the deadline in the middle", Outcomes: []Outcome{OK, Deadline, OK}, Want: byMode("A1 R1 R0", "R1 R1 R0", "A1 R1 R0", "A1 R1 A1", "A1 D1 D0", "A1 D1 A1")},
		{Name: "all fail", Outcomes: []Outcome{Error, Error, Error}, Want: byMode("R1 R1 R1", "R1 R1 R1", "R1 R0 R0", "R1 R1 R1", "D3 D3 D3", "D3 D3 D3")},
		{Name: "one can never succeed", Outcomes: []Outcome{OK, Permanent, OK}, Want: byMode("A1 R1 A1", "R1 R1 R1", "A1 R1 R0", "A1 R1 A1", "A1 D1 A1", "A1 D1 A1")},
		{Name: "one is given up", Outcomes: []Outcome{OK, Permanent, OK}, NoDeadLetter: true, Want: everywhere("A1 D1 A1")},
	}
}

// damaged returns what becomes of three records of which the second does not
// decode: it fails alone.
func damaged() []Batch {
	return []Batch{
		{Name: "the good ones are handled", Outcomes: []Outcome{OK, OK, OK}, Want: byMode("A1 R0 A1", "R1 R0 R1", "A1 R0 R0", "A1 R0 A1", "A1 D0 A1", "A1 D0 A1")},
		{Name: "the bad one is given up", Outcomes: []Outcome{OK, OK, OK}, NoDeadLetter: true, Want: everywhere("A1 D0 A1")},
	}
}

// interleaved returns what becomes of the messages of two groups, a b a b a:
// a failure stops its own group and no other.
func interleaved() []Batch {
	return []Batch{
		{Name: "none fails", Outcomes: []Outcome{OK, OK, OK, OK, OK}, Want: everywhere("A1 A1 A1 A1 A1")},
		{Name: "one group fails", Outcomes: []Outcome{OK, Error, OK, OK, OK}, Want: map[Mode]string{Each: "A1 R1 A1 R0 A1", Apart: "A1 R1 A1 R0 A1", EachFinal: "A1 D3 A1 A1 A1"}},
		{Name: "a panic at the head", Outcomes: []Outcome{Panic, OK, OK, OK, OK}, Want: map[Mode]string{Each: "R1 A1 R0 A1 R0", Apart: "R1 A1 R0 A1 R0", EachFinal: "D3 A1 A1 A1 A1"}},
		// The groups are handled one after the other, and time is up in the
		// first. Where each message has an invocation, it has its own time.
		{Name: "the deadline in the middle", Outcomes: []Outcome{OK, OK, Deadline, OK, OK}, Want: map[Mode]string{Each: "A1 R0 R1 R0 R0", Apart: "A1 A1 R1 A1 R0", EachFinal: "A1 D0 D1 D0 D0"}},
		{Name: "all fail", Outcomes: []Outcome{Error, Error, Error, Error, Error}, Want: map[Mode]string{Each: "R1 R1 R0 R0 R0", Apart: "R1 R1 R0 R0 R0", EachFinal: "D3 D3 D3 D3 D3"}},
	}
}

// everywhere returns what becomes of records however they are delivered.
func everywhere(want string) map[Mode]string { return byMode(want, want, want, want, want, want) }

// byMode returns what becomes of records by the way they are delivered.
func byMode(each, whole, onward, apart, eachFinal, apartFinal string) map[Mode]string {
	return map[Mode]string{Each: each, Whole: whole, Onward: onward, Apart: apart, EachFinal: eachFinal, ApartFinal: apartFinal}
}
