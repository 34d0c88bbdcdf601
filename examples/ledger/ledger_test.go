package ledger

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/document"
	"github.com/fngen/fngen/fn/fntest/replay"
)

// desk is a clerk and a herald over one collection in memory.
func desk(t *testing.T) (*Clerk, *Herald) {
	t.Helper()
	entries := document.Memory()
	clerk, err := NewClerk(t.Context(), entries)
	if err != nil {
		t.Fatal(err)
	}
	herald, err := NewHerald(t.Context(), entries)
	if err != nil {
		t.Fatal(err)
	}
	return clerk, herald
}

var rent = Entry{ID: "e-1", From: "alice", To: "bob", Cents: 90000}

// A request that comes twice books once; one that says something else under the
// same id is refused.
func TestBook(t *testing.T) {
	clerk, _ := desk(t)
	for range 2 {
		if got, err := clerk.Book(t.Context(), rent); err != nil || got != rent {
			t.Errorf("booked %+v, %v", got, err)
		}
	}
	other := rent
	other.Cents++
	if _, err := clerk.Book(t.Context(), other); err == nil {
		t.Error("another entry of the same id was booked")
	}
	var kept Entry
	if _, err := clerk.entries.Get(t.Context(), rent.ID, &kept); err != nil || kept != rent {
		t.Errorf("the document is %+v, %v", kept, err)
	}
}

// An entry is reversed once, and what is not there is not.
func TestReverse(t *testing.T) {
	clerk, _ := desk(t)
	if _, err := clerk.Book(t.Context(), rent); err != nil {
		t.Fatal(err)
	}
	api := http.NewServeMux()
	api.HandleFunc("POST /entries/{id}/reversal", clerk.Reverse)
	for path, want := range map[string]int{"/entries/e-1/reversal": http.StatusNoContent, "/entries/e-2/reversal": http.StatusNotFound} {
		for _, result := range replay.HTTP(api).Do(t, httptest.NewRequest("POST", path, nil)).Results {
			if got := result.Response.StatusCode; got != want {
				t.Errorf("%s on %s: %d, want %d", path, result.Platform, got, want)
			}
		}
	}
	var kept Entry
	if _, err := clerk.entries.Get(t.Context(), rent.ID, &kept); err != nil || !kept.Reversed {
		t.Errorf("the document is %+v, %v", kept, err)
	}
}

// Each platform announces the same entry, from the change or by reading it; one
// that is gone again is not announced.
func TestAnnounce(t *testing.T) {
	clerk, herald := desk(t)
	if _, err := clerk.Book(t.Context(), rent); err != nil {
		t.Fatal(err)
	}
	announce := replay.Collection("entries", fn.Reply(herald.Announce))
	announce.Created, announce.Updated = true, true
	announce.Sinks = []replay.Sink{{Name: "bookings", Type: "com.example.entry"}}
	outcome := announce.Deliver(t, replay.Change{Key: rent.ID, After: rent})
	outcome.Want(t, replay.Acknowledged)
	for _, result := range outcome.Results {
		var announced Entry
		if len(result.Emitted) != 1 || result.Emitted[0].Event.DataAs(&announced) != nil || announced != rent {
			t.Errorf("%s announced %v", result.Platform, result.Emitted)
		}
	}

	if err := clerk.entries.Delete(t.Context(), rent.ID, ""); err != nil {
		t.Fatal(err)
	}
	if entry, err := herald.Announce(t.Context(), fn.Change{Key: rent.ID, Partial: true}); entry != nil || err != nil {
		t.Errorf("of an entry that is gone %+v was announced, %v", entry, err)
	}
}
