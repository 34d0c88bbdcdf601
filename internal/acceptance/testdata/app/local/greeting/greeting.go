// Package greeting is a module that the application replaces by this folder.
package greeting

import (
	_ "embed"
	"strings"
)

//go:embed text/hello.txt
var hello string

// For greets the guest.
func For(guest string) string { return strings.TrimSpace(hello) + ", " + guest + "!" }
