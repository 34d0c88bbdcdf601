// Command sink measures what it costs a function on AWS Lambda and on Google
// Cloud to send to a queue, by fngen's sink and by the service's full client:
// the size of its binary, its start, and the sending of one event. It prints
// Markdown tables.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	rounds := flag.Int("rounds", 21, "measurements of each subject, of which the tables have the medians")
	calls := flag.Int("calls", 500, "events of a measurement")
	flag.Parse()
	if err := run(os.Stdout, *rounds, *calls); err != nil {
		fmt.Fprintln(os.Stderr, "sink:", err)
		os.Exit(1)
	}
}

func run(stdout io.Writer, rounds, calls int) error {
	if err := programs(stdout, rounds); err != nil {
		return err
	}
	if err := sendingSQS(stdout, rounds, calls); err != nil {
		return err
	}
	return sendingPubSub(stdout, rounds, calls)
}
