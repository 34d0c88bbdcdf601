// Package loop runs an application on this machine while it is being written: it
// builds it anew when a file is saved, and has the new program take over when
// that is ready. What waits between functions outlives a build.
package loop

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fngen/fngen/gen/internal/dev/broker"
	"github.com/fngen/fngen/gen/internal/dev/invoke"
	"github.com/fngen/fngen/gen/internal/dev/page"
	"github.com/fngen/fngen/gen/internal/dev/platform"
	"github.com/fngen/fngen/gen/internal/dev/store"
	"github.com/fngen/fngen/gen/internal/model"
)

// DefaultAddress is where functions are served if nobody says where.
const DefaultAddress = "127.0.0.1:8080"

// Options say what runs, and who is told.
type Options struct {
	Root   string // the application's folder, absolute
	Target string
	// Read returns the application as its files are now, for this machine. The error
	// is [model.Findings] of what is refused.
	Read    func(context.Context) (Application, error)
	Address string // where to listen; "" for DefaultAddress, or one near it
	Profile string // whose credentials functions run with on AWS; "" for dummy ones
	// AtOnce is closed when functions are to end whatever they do. Nil is never.
	AtOnce <-chan struct{}
	Tell   func(Note)
	Now    func() time.Time // that is the clock of schedules and waits; nil for time.Now
}

// An Application is what [Options.Read] has read.
type Application struct {
	model.App              // with the functions that run
	Target    model.Target // with what fngen.yaml says of it
	Env       map[string][]string
	Secrets   map[string]map[string]string // by function and parameter
	Remarks   []string                     // that are told of it when they are others than before
}

// A session is an application that runs.
type session struct {
	*broker.Broker
	*store.Store
	root, target string
	read         func(context.Context) (Application, error)
	host         *platform.Host
	address      string // where it listens
	page         http.Handler
	profile      *platform.Profile // nil for none
	stopping     context.Context   // ends when all is to end, and then
	life         context.Context   // that of processes
	endLife      context.CancelFunc
	requests     atomic.Int64
	old          sync.WaitGroup // builds that are stopped
	early        early

	telling sync.Mutex
	teller  func(Note)

	mu       sync.Mutex
	current  *build        // that is served; nil for none yet
	building int           // the number of the build that is under way; 0 for none
	trouble  error         // why current is not the newest
	changed  chan struct{} // closed and made anew when one of these changes
}

// ErrAtOnce is that functions were ended before they had finished.
var ErrAtOnce = errors.New("functions were ended before they had finished")

// Run runs the application until the context ends. Then it lets the functions
// finish what they have, and says what is lost.
func Run(ctx context.Context, o Options) error {
	listener, remark, err := listen(o.Address)
	if err != nil {
		return err
	}
	defer listener.Close()
	host, err := platform.New(o.Target)
	if err != nil {
		return err
	}
	defer host.Close()
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	s := &session{
		root: o.Root, target: o.Target, read: o.Read, host: host, address: listener.Addr().String(),
		stopping: ctx, life: life, endLife: end, teller: o.Tell, changed: make(chan struct{}),
	}
	if o.Profile != "" {
		s.profile = &platform.Profile{Name: o.Profile}
		if _, err := s.profile.Environment(ctx); err != nil {
			return err
		}
	}
	if s.Store, err = s.openStore(); err != nil {
		return err
	}
	defer s.Store.Close()
	s.Broker = broker.New(broker.Options{
		Target: o.Target, Numbers: s.numbers, Deliver: s.toFunction, Occurrence: invoke.Occurrence, Now: o.Now,
		AtOnce: func(f model.Function) int { most, _ := processLimit(o.Target, f); return most }, // an event has a process for itself
	})
	s.page = page.Handler(s, hostOf(o.Address)...)
	w, err := watch(ctx, o.Root, func(text string) { s.remark("%s", text) })
	if err != nil {
		return errors.Join(err, s.end(nil, nil))
	}
	if remark != "" {
		s.remark("%s", remark)
	}
	s.tell(Note{Kind: Started, Text: s.address})
	if s.profile != nil {
		s.remark("functions run with the credentials of the profile %s: what they call themselves is real; sinks and what they use lead back here", o.Profile)
	}
	stopTelling := s.tellHistory()
	// The page's stream of events ends with the context; functions do not.
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	s.follow(ctx, w, served)
	err = s.end(server, o.AtOnce)
	stopTelling()
	return err
}

// listen listens at the address, or at the first one from the default on that is
// free, of which the remark says that it is another.
func listen(address string) (l net.Listener, remark string, err error) {
	if address != "" {
		l, err = net.Listen("tcp", address)
		return l, "", err
	}
	if l, err = net.Listen("tcp", DefaultAddress); err == nil {
		return l, "", nil
	}
	host, _, _ := net.SplitHostPort(DefaultAddress)
	for port := 8081; port < 8100; port++ {
		if l, err = net.Listen("tcp", fmt.Sprintf("%s:%d", host, port)); err == nil {
			break
		}
	}
	if l == nil {
		if l, err = net.Listen("tcp", host+":0"); err != nil {
			return nil, "", err
		}
	}
	return l, DefaultAddress + " is taken, by another fngen dev perhaps; this one is at " + l.Addr().String(), nil
}

// hostOf returns the host that the address names, if it names one.
func hostOf(address string) []string {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || host == "" || ip != nil && ip.IsUnspecified() {
		return nil
	}
	return []string{host}
}

// follow builds after each change until the context ends. A build that a change
// has made obsolete is given up.
func (s *session) follow(ctx context.Context, changes <-chan change, served <-chan error) {
	done := make(chan struct{})
	begin := func(since time.Time) context.CancelFunc {
		own, cancel := context.WithCancel(ctx)
		go func() {
			s.reload(own, since)
			cancel()
			done <- struct{}{}
		}()
		return cancel
	}
	giveUp := begin(time.Now()) // nil if no build is under way
	var since time.Time         // of what the next one is of; zero for none
	for {
		if giveUp == nil && !since.IsZero() {
			giveUp = begin(since)
			since = time.Time{}
		}
		select {
		case <-ctx.Done():
			if giveUp != nil {
				<-done
			}
			return
		case err := <-served:
			s.remark("requests are not served any more: %v", err)
			served = nil
		case <-done:
			giveUp = nil
		case c := <-changes:
			if c.objects {
				s.changeObjects()
			}
			if c.source || c.other {
				since = c.since
			}
			if c.source && giveUp != nil {
				giveUp()
			}
		}
	}
}

// endPatience is how long functions may take for what they have when all ends.
const endPatience = 10 * time.Second

// end lets the functions finish what they have, as long as it may take, and unless
// they are to end at once.
func (s *session) end(server *http.Server, atOnce <-chan struct{}) error {
	ctx, cancel := context.WithCancel(s.life)
	defer cancel()
	finished, over := make(chan struct{}), make(chan error)
	go func() {
		var failed error
		told, patience := time.After(endPatience/20), time.After(endPatience)
	wait:
		for {
			select {
			case <-finished:
				break wait
			case <-told:
				s.remark("functions finish what they have, for %s at most; interrupt again to end them at once", endPatience)
			case <-patience:
				s.remark("functions that have not finished after %s are ended", endPatience)
				break wait
			case <-atOnce:
				failed = ErrAtOnce
				s.remark("interrupted again: functions are ended at once")
				break wait
			}
		}
		cancel()
		s.endLife()
		over <- failed
	}()
	if server != nil {
		if err := server.Shutdown(ctx); err != nil {
			server.Close()
		}
	}
	lost := s.Broker.Close(ctx)
	s.mu.Lock()
	b := s.current
	s.mu.Unlock()
	if b != nil {
		b.stop(ctx)
	}
	s.old.Wait()
	close(finished)
	err := <-over
	text := "nothing was waiting"
	if held := len(s.Held()); lost+held > 0 {
		text = fmt.Sprintf("lost: %s in front of functions, %s among dead letters and where no function is", events(lost), events(held))
	}
	s.tell(Note{Kind: Ended, Text: text})
	return err
}

func events(n int) string {
	if n == 1 {
		return "1 event"
	}
	return fmt.Sprintf("%d events", n)
}

// numbers implements [broker.Options].
func (s *session) numbers(f model.Function) model.Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d, ok := s.current.target.(model.Deliverer); ok {
		return d.Delivery(f)
	}
	return model.Delivery{}
}

// tell tells one note after the other.
func (s *session) tell(n Note) {
	s.telling.Lock()
	defer s.telling.Unlock()
	n.Time = time.Now()
	s.mu.Lock()
	if s.current != nil {
		n.Build = s.current.number
	}
	s.mu.Unlock()
	if n.Delivery != nil {
		n.Build = cmp.Or(n.Delivery.Build, n.Build)
	}
	s.teller(n)
}

func (s *session) remark(format string, args ...any) {
	s.tell(Note{Kind: Remarked, Text: fmt.Sprintf(format, args...)})
}

// tellHistory tells what the broker's history says, until the function that it
// returns has been called: the last of it then.
func (s *session) tellHistory() (stop func()) {
	more, unwatch := s.Watch()
	ending, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		var after int64
		tell := func() {
			for _, e := range s.History(after) {
				if missed := e.Number - after - 1; missed > 0 {
					s.remark("%d more happened than can be shown", missed)
				}
				after = e.Number
				s.tell(Note{Kind: Happened, Function: e.Function, Delivery: &e})
			}
		}
		for {
			select {
			case <-more:
				tell()
			case <-ending:
				tell()
				return
			}
		}
	}()
	return func() {
		close(ending)
		<-ended
		unwatch()
	}
}

// App implements [page.Session].
func (s *session) App() page.App {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := page.App{Name: filepath.Base(s.root), Target: s.target, Building: s.building}
	if b := s.current; b != nil {
		a.Functions, a.URLs, a.Build = b.functions, b.urls, b.number
	}
	if s.trouble != nil {
		a.Trouble = s.trouble.Error()
	}
	return a
}

// served waits for what is served: a build, or the trouble with the first one.
func (s *session) served(ctx context.Context) (b *build, trouble string, err error) {
	for {
		s.mu.Lock()
		b, changed := s.current, s.changed
		if s.trouble != nil {
			trouble = s.trouble.Error()
		}
		s.mu.Unlock()
		if b != nil || trouble != "" {
			return b, trouble, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, "", ctx.Err()
		case <-s.life.Done():
			return nil, "", s.life.Err()
		}
	}
}

// set changes what is known of builds.
func (s *session) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
	close(s.changed)
	s.changed = make(chan struct{})
}

// worker returns who runs the function in the build that is served; nil for none.
func (s *session) worker(name string) *worker {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil {
		return nil
	}
	return s.current.workers[name]
}
