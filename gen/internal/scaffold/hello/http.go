package hello

import (
	"fmt"
	"net/http"
)

// Greet answers over HTTP: any net/http handler can.
//
//fn:http GET /greetings/{name} auth=public
func Greet(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "Hello, %s!\n", r.PathValue("name"))
}
