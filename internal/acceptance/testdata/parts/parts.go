// Package parts is added to the application where responses are looked at while
// they are under way.
package parts

import (
	"io"
	"net/http"
	"os"
)

// Parts sends first and last, and in between waits until the URL in GATE lets
// it through. With ?quiet it sends both at the end.
//
//fn:http GET /parts auth=public
func Parts(w http.ResponseWriter, r *http.Request) {
	if !r.URL.Query().Has("quiet") {
		io.WriteString(w, "first\n")
		w.(http.Flusher).Flush()
	}
	response, err := http.Get(os.Getenv("GATE"))
	if err != nil {
		panic(err) // breaks the response
	}
	response.Body.Close()
	if r.URL.Query().Has("quiet") {
		io.WriteString(w, "first\n")
	}
	io.WriteString(w, "last\n")
}
