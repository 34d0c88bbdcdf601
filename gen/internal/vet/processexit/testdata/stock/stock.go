package stock

import (
	"log"
	"os"
)

type Stock struct{ log *log.Logger }

func Load() *Stock { // want Load:`ends by log.Fatalf`
	s, err := read()
	if err != nil {
		log.Fatalf("load: %v", err)
	}
	return s
}

func read() (*Stock, error) { return nil, nil }

func (s *Stock) Take(n int) { // want Take:`ends by log.Fatal`
	if n < 0 {
		s.fail("negative")
	}
}

func (s *Stock) fail(why string) { s.log.Fatal(why) } // want fail:`ends by log.Fatal`

// Count leads to nothing.
func (s *Stock) Count() int { return 1 }

// Taker may be anything.
type Taker interface{ Take(int) }

// Each is generic.
func Each[T any](list []T) { // want Each:`ends by os.Exit`
	if len(list) == 0 {
		os.Exit(3)
	}
}
