package program

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// CPU returns the time that the process has spent on CPUs, 0 being this one.
// It is the clock that Linux keeps for every process: it counts nanoseconds of
// all threads, those that have ended included, where /proc/PID/stat counts in
// ticks of 10 ms and the schedstat files know the threads that live.
func CPU(pid int) (time.Duration, error) {
	clock := int32(2) // CLOCK_PROCESS_CPUTIME_ID
	if pid != 0 {
		clock = int32(^pid)<<3 | 2 // as clock_getcpuclockid makes it
	}
	var t unix.Timespec
	if err := unix.ClockGettime(clock, &t); err != nil {
		return 0, fmt.Errorf("clock of process %d: %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}
