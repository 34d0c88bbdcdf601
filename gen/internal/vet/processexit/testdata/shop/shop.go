package shop

import (
	"context"
	"fmt"
	"log"
	"os"
	"syscall"

	"example.com/other"
	"example.com/shop/stock"
)

type Shop struct{ stock *stock.Stock }

//fn:setup
func New(context.Context) (*Shop, error) { // want New:`ends by log.Fatalf`
	return &Shop{stock.Load()}, nil // want `stock\.Load leads to log\.Fatalf, which ends the process and all that it handles, in reach of New; return the error, of which the platform is told then \[process-exit\]`
}

//fn:queue orders
func (s *Shop) Reserve(ctx context.Context, n int) error { // want Reserve:`ends by log.Fatal`
	s.stock.Take(n) // want `stock\.Stock\.Take leads to log\.Fatal, .* in reach of Shop\.Reserve; return an error, or fn\.Permanent`
	must(nil)
	return nil
}

//fn:queue audits
func Audit(ctx context.Context, text string) error { // want Audit:`ends by os.Exit`
	must(nil)
	defer func() { syscall.Exit(2) }() // want `^syscall\.Exit ends the process and all that it handles, in reach of Audit`
	run(func() { log.Fatalln("no") })  // want `^log\.Fatalln ends the process`
	stock.Each([]string{text})         // want `stock\.Each leads to os\.Exit`
	return nil
}

func must(err error) { // want must:`ends by os.Exit`
	if err != nil {
		os.Exit(1) // want `^os\.Exit ends the process and all that it handles, in reach of Shop\.Reserve and Audit`
	}
	again()
}

func again() { must(nil) } // want again:`ends by os.Exit`

func run(f func()) { f() }

// Known is acknowledged.
//
//fn:queue known
//fn:allow process-exit "A new process is what heals it."
func Known(ctx context.Context, text string) error { // want Known:`ends by log.Fatal`
	log.Fatal(text)
	return nil
}

// Clean shows the limits: nothing here is reported.
//
//fn:topic news
func Clean(ctx context.Context, text string) error {
	other.Write(1) // another module's
	var t stock.Taker = nothing{}
	t.Take(1)                  // of an interface
	stop := os.Exit            // a value
	exit := func() { stop(1) } // a literal that is kept
	exit()
	later = func() { log.Fatal("never") }
	fmt.Println((*stock.Stock).Count, stock.Load) // named, not called
	panic(text)                                   // which is recovered
}

var later func()

type nothing struct{}

func (nothing) Take(int) {}

// command is no handler's.
func command() { // want command:`ends by os.Exit`
	os.Exit(0)
}
