// Package other is another module's: what it does under conditions of its own
// is not looked through.
package other

import "os"

func Write(level int) { // want Write:`ends by os.Exit`
	if level > 4 {
		os.Exit(1)
	}
}
