// Package soak does with each message what the message says, and keeps a
// ledger of those that it has handled.
package soak

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
)

// A Ledger is a file with a line for each message that was handled. A line is
// written at once and outlives the process; without its end it does not count.
type Ledger struct {
	file *os.File

	mu    sync.Mutex
	tries map[string]int // by the event's id, in this process

	gate sync.Mutex // every message passes, until one leaves it locked
}

// Open creates the file that SOAK_LEDGER names.
//
//fn:setup
func Open(context.Context) (*Ledger, error) {
	file, err := os.OpenFile(os.Getenv("SOAK_LEDGER"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	return &Ledger{file: file, tries: map[string]int{}}, nil
}

// A Message says what happens at each of its tries; after the last of the steps
// it is handled, and so many events are emitted.
type Message struct {
	N     int      `json:"n"`
	Steps []string `json:"steps"`
	Emit  int      `json:"emit"`
}

// An Entry is a line of the ledger.
type Entry struct {
	ID           string            `json:"id"`
	N            int               `json:"n"`
	Try          int               `json:"try"`
	PartitionKey any               `json:"partitionkey"`
	Attributes   map[string]string `json:"attributes"`
}

// Soak handles a message, or fails as it says. Tries are the platform's
// deliveries where it counts them, and those in this process otherwise.
//
//fn:queue soak concurrency=4
//fn:sink topic:soaked type=com.example.soaked
//fn:deadletter soak-failures
func (l *Ledger) Soak(ctx context.Context, e event.Event) error {
	var m Message
	if err := json.Unmarshal(e.Data(), &m); err != nil {
		return fn.BadInput(err)
	}
	l.gate.Lock()
	l.gate.Unlock()
	d, _ := fn.DeliveryFrom(ctx)
	try := max(d.Attempt, l.try(e.ID()))
	if try <= len(m.Steps) {
		if err := l.step(ctx, m.Steps[try-1]); err != nil {
			return err
		}
	}
	for i := range m.Emit {
		emitted := event.New()
		emitted.SetSubject(strconv.Itoa(m.N))
		if err := emitted.SetData(event.ApplicationJSON, i); err != nil {
			return err
		}
		if err := fn.Emit(ctx, emitted); err != nil {
			return err
		}
	}
	line, err := json.Marshal(Entry{e.ID(), m.N, try, e.Extensions()["partitionkey"], d.Attributes})
	if err != nil {
		return err
	}
	_, err = l.file.Write(append(line, '\n'))
	return err
}

// A drain is an error whose method panics for nil, as that of many types does.
type drain struct{ text string }

func (d *drain) Error() string { return d.text }

func (l *Ledger) try(id string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tries[id]++
	return l.tries[id]
}

func (l *Ledger) step(ctx context.Context, name string) error {
	switch name {
	case "": // nothing at this try
		return nil
	case "late": // deaf to its context until long after the answer
		<-ctx.Done()
		time.Sleep(time.Second)
		return errors.New("the water is cold")
	case "stuck": // and so is every message after it
		l.gate.Lock()
		return nil
	case "exit":
		runtime.Goexit()
	case "nil":
		return (*drain)(nil)
	case "slow":
		time.Sleep(20 * time.Millisecond)
		return nil
	case "hold": // until the process is ended, which the line asks for
		fmt.Println("hold")
		<-ctx.Done()
		return ctx.Err()
	case "error":
		return errors.New("out of soap")
	case "later":
		return fn.RetryAfter(errors.New("no hot water"), time.Millisecond)
	case "permanent":
		return fn.Permanent(errors.New("will not wash"))
	case "panic":
		panic("flooded")
	}
	return fn.Permanent(fmt.Errorf("unknown step %q", name))
}
