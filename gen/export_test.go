package gen

import "time"

// SetClock has Dev take the time from the clock.
func (p *Project) SetClock(now func() time.Time) { p.now = now }
