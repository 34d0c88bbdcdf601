package broker

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/adhocore/gronx"

	"github.com/fngen/fngen/gen/internal/model"
)

// A schedule fires at its times in its zone, each tick with the time that it is
// for, and whenever a person asks for it. An interval begins with the function but
// on Google, where it is cron.
func TestSchedule(t *testing.T) {
	for target, want := range map[string][]string{
		"aws": {"2000-01-01T00:45:10Z", "2000-01-01T01:30:10Z"},
		"gcp": {"2000-01-01T00:45:00Z", "2000-01-01T01:30:00Z"},
	} {
		synctest.Test(t, func(t *testing.T) { // whose clock begins with the year 2000
			time.Sleep(10 * time.Second)
			w := start(t, target, 0, ok, fnOf("often", model.Schedule{Every: 45 * time.Minute}), fnOf("daily", model.Schedule{Cron: "30 6 * * *", TimeZone: "Asia/Kolkata"}))
			var often, daily []string
			tick := func() {
				for _, e := range w.History(0) {
					for _, one := range e.Events {
						line := nameOf(one.Occurrence)
						if e.Function == "often" {
							often = append(often, line)
						} else {
							daily = append(daily, line)
						}
					}
				}
			}
			time.Sleep(91 * time.Minute)
			synctest.Wait()
			tick()
			if !slices.Equal(often, want) || !slices.Equal(daily, []string{"2000-01-01T01:00:00Z"}) {
				t.Errorf("%s: %v %v", target, often, daily)
			}
			if err := w.Fire("daily"); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			often, daily = nil, nil
			tick()
			if !slices.Contains(daily, "2000-01-01T01:31:10Z") {
				t.Errorf("run now: %v", daily)
			}
			if err := w.Fire("nothing"); err == nil {
				t.Error("what is no function fires")
			}
			s := w.State().Schedules
			if len(s) != 2 || s[0].Function != "daily" || s[0].Next.UTC().Format(time.RFC3339) != "2000-01-02T01:00:00Z" {
				t.Errorf("%+v", s)
			}
		})
	}
}

// A reload leaves an interval as it was, a changed one begins anew, and none fires
// of a function that is gone.
func TestScheduleReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		often := fnOf("often", model.Schedule{Every: time.Hour})
		w := start(t, "aws", 0, ok, often)
		time.Sleep(50 * time.Minute)
		w.Update([]model.Function{often})
		time.Sleep(11 * time.Minute)
		synctest.Wait()
		w.Update([]model.Function{fnOf("often", model.Schedule{Every: 2 * time.Hour})})
		time.Sleep(121 * time.Minute)
		synctest.Wait()
		w.Update(nil)
		w.want(t, "1h0m0s often 2000-01-01T01:00:00Z/1", "3h1m0s often 2000-01-01T03:01:00Z/1")
	})
}

// At the ends of summer time an hour that is skipped fires nothing, and one that is
// repeated fires once.
func TestSummerTime(t *testing.T) {
	for _, c := range []struct{ zone, from, want string }{
		{"Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-30T00:30:00Z 2026-03-31T00:30:00Z"}, // 02:30 of the 29th is not there
		{"Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T01:30:00Z 2026-10-26T01:30:00Z"}, // 02:30 of the 25th is there twice
		{"America/New_York", "2026-03-07T12:00:00Z", "2026-03-09T06:30:00Z 2026-03-10T06:30:00Z"},
		{"Australia/Lord_Howe", "2026-10-02T18:00:00Z", "2026-10-03T15:30:00Z 2026-10-04T15:30:00Z"}, // by half an hour, at 02:00
	} {
		at, err := time.Parse(time.RFC3339, c.from)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for range 2 {
			if at, err = nextTime(model.Schedule{Cron: "30 2 * * *", TimeZone: c.zone}, time.Time{}, at); err != nil {
				t.Fatal(err)
			}
			got = append(got, at.UTC().Format(time.RFC3339))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s after %s: %v, want %s", c.zone, c.from, got, c.want)
		}
	}
}

// Time goes on whatever a zone does with it, and what fires is always of the
// schedule.
func TestZones(t *testing.T) {
	for _, zone := range []string{"UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/Santiago"} {
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"30 */3 * * *", "0 0 * * *", "15 0 * * sun", "59 23 1 * *", "0 0 29 2 *"} {
			c, err := model.ParseCron(text)
			if err != nil {
				t.Fatal(err)
			}
			at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			for range 9_000 {
				next, err := nextTime(model.Schedule{Cron: text, TimeZone: zone}, time.Time{}, at)
				local := next.In(location)
				if err != nil || !next.After(at) || !slices.Contains(c.Hour.Values, local.Hour()) || !slices.Contains(c.Minute.Values, local.Minute()) {
					t.Fatalf("%s in %s after %s: %s, %v", text, zone, at.In(location), local, err)
				}
				if at = next; at.Year() > 2026 {
					break
				}
			}
		}
	}
}

// What fires is what the directive says, as another reader of cron understands it,
// which stops for ever where a zone skips the time of a weekly schedule.
func TestCron(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	field := func(low, top int, names []string) string {
		value := func(v int) string {
			if names != nil && r.IntN(2) == 0 {
				return names[v-low]
			}
			return fmt.Sprint(v)
		}
		a, b := low+r.IntN(top-low+1), low+r.IntN(top-low+1)
		switch r.IntN(5) {
		case 0:
			return value(a)
		case 1:
			return value(a) + "," + value(b)
		case 2:
			return fmt.Sprintf("%s-%s", value(min(a, b)), value(max(a, b)))
		case 3:
			return fmt.Sprintf("*/%d", 1+r.IntN(max(top/2, 1)))
		}
		return "*"
	}
	months := []string{"jan", "FEB", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "DEC"}
	days := []string{"sun", "MON", "tue", "wed", "thu", "fri", "sat"}
	from := time.Date(2026, 1, 30, 22, 17, 42, 0, time.UTC)
	compared := 0
	for range 300 {
		text := strings.Join([]string{field(0, 59, nil), field(0, 23, nil), field(1, 28, nil), field(1, 12, months), field(0, 6, days)}, " ")
		if _, err := model.ParseCron(text); err != nil {
			continue
		}
		got, err := nextTime(model.Schedule{Cron: text}, time.Time{}, from)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		compared++
		if want, err := gronx.NextTickAfter(text, from, false); err != nil || !got.Equal(want) {
			t.Errorf("%s: %s, want %s, %v", text, got, want, err)
		}
	}
	if compared < 200 {
		t.Errorf("only %d are compared", compared)
	}
}
