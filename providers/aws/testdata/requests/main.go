// Command requests answers HTTP requests, for the test of what such a function
// links.
package main

import (
	"net/http"

	"github.com/fngen/fngen/providers/aws"
)

func main() {
	aws.Serve(http.NotFoundHandler(), aws.HTTP{})
}
