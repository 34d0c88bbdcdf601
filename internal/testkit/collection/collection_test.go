package collection

import "testing"

// The table is as long as documentation says.
func TestCalls(t *testing.T) {
	calls := 0
	for _, r := range rows() {
		calls += len(r.calls)
	}
	if calls < 500 {
		t.Errorf("the table has %d calls", calls)
	}
	t.Logf("%d calls", calls)
}
