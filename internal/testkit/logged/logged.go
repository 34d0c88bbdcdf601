// Package logged has a test read what is logged while it runs.
package logged

import (
	"bytes"
	"io"
	"log"
	"log/slog"
	"sync"
	"testing"
)

// A Buffer may be written to while it is read, as a handler does that is late.
type Buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// JSON has slog's default write lines of JSON into the buffer until t ends.
func JSON(t testing.TB) *Buffer {
	return capture(t, func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) })
}

// Text has slog's default write lines of text into the buffer until t ends.
func Text(t testing.TB) *Buffer {
	return capture(t, func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) })
}

func capture(t testing.TB, handler func(io.Writer) slog.Handler) *Buffer {
	t.Helper()
	b := new(Buffer)
	logger, writer, flags := slog.Default(), log.Writer(), log.Flags()
	slog.SetDefault(slog.New(handler(b)))
	t.Cleanup(func() {
		slog.SetDefault(logger)
		// SetDefault had led the log package to slog.
		log.SetOutput(writer)
		log.SetFlags(flags)
	})
	return b
}

func (l *Buffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// String is what was logged since the last Reset.
func (l *Buffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Len is how many bytes were logged since the last Reset.
func (l *Buffer) Len() int { return len(l.String()) }

// Reset forgets what was logged.
func (l *Buffer) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b.Reset()
}
