package mark

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"time"
)

// What handlers return, panic with and log has methods of theirs: Error, Unwrap,
// Is, As, String, LogValue. They are called by the functions of this file
// alone, which let no panic of them out: outside of a handler's own call it
// would end the process, and with it all that is in flight.

// Settled returns an error of our own in the place of one from outside, with the
// text and the meaning that it has now; nil for nil. Methods that panic make it
// a retry. It is called where a handler that does not return is waited for no
// longer than there is time.
func Settled(err error) error {
	if err == nil {
		return nil
	}
	kind, after := Of(err)
	return &Error{Kind: kind, After: after, Err: errors.New(Text(err))}
}

// Of returns the meaning of an error and, for a retry, the hint.
func Of(err error) (kind Kind, after time.Duration) {
	Guard(func() {
		if m := (*Error)(nil); errors.As(err, &m) {
			kind, after = m.Kind, m.After
		}
	})
	return kind, after
}

// IsFinal reports whether the error is marked as one that will be the same at
// any other time.
func IsFinal(err error) bool {
	kind, _ := Of(err)
	return kind != Retry
}

// Text returns the text of an error, or of what somebody has panicked with.
func Text(v any) string {
	if m, ok := v.(*Error); ok {
		v = m.Err
	}
	text := fmt.Sprintf("%T, whose text cannot be had", v) // calls none of its methods
	Guard(func() {
		if err, ok := v.(error); ok {
			text = err.Error()
		} else {
			text = fmt.Sprint(v)
		}
	})
	return text
}

// Log logs at error level, whatever logger the application has set. The line's
// place in the source is that of the caller.
func Log(ctx context.Context, what string, attributes ...any) {
	var caller [1]uintptr
	runtime.Callers(2, caller[:]) // without those of runtime.Callers and of this function
	Guard(func() {
		logger := slog.Default()
		if !logger.Enabled(ctx, slog.LevelError) {
			return
		}
		r := slog.NewRecord(time.Now(), slog.LevelError, what, caller[0])
		r.Add(attributes...)
		_ = logger.Handler().Handle(ctx, r)
	})
}

// Panicked logs what a setup has panicked with, and returns the error that
// stands for it.
func Panicked(p any) error {
	text := Text(p)
	Log(context.Background(), "setup panicked", "panic", text, "stack", string(debug.Stack()))
	return fmt.Errorf("panic: %s", text)
}

// Guard calls f, and lets no panic out.
func Guard(f func()) {
	defer func() { _ = recover() }()
	f()
}
