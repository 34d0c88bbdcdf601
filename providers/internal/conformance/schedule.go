package conformance

// ticks returns the firings of the schedule of the function nightly.
func ticks() []Occurrence {
	tick := func(name string, t Tick, data string) Occurrence {
		return Occurrence{Name: "schedule/" + name, Directive: Directive{Trigger: "schedule", Name: "nightly"}, Records: []Record{{
			Tick: &t, Want: Event{Type: "dev.fngen.schedule.fired.v1", Subject: "nightly", ContentType: jsonType, Data: data},
		}}}
	}
	foreign := tick("of another function", Tick{Name: "hourly", Scheduled: "2026-03-29T00:30:00Z"}, "")
	foreign.Records[0].Fate = Refused
	return []Occurrence{
		tick("plain", Tick{Name: "nightly", Scheduled: "2026-03-29T00:30:00Z"}, `{"name":"nightly","scheduled":"2026-03-29T00:30:00Z","approximate":false}`),
		tick("in another time zone", Tick{Name: "nightly", Scheduled: "2026-03-29T04:30:00+02:00"}, `{"name":"nightly","scheduled":"2026-03-29T02:30:00Z","approximate":false}`),
		tick("with a fraction of a second", Tick{Name: "nightly", Scheduled: "2026-03-29T00:30:00.987654Z"}, `{"name":"nightly","scheduled":"2026-03-29T00:30:00Z","approximate":false}`),
		tick("without a time", Tick{Name: "nightly"}, `{"name":"nightly","scheduled":"","approximate":true}`),
		foreign,
	}
}
