package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// eventually asks until there is nothing that is missing, which it is told else.
func eventually(ts *testscript.TestScript, missing func() string) {
	const patience = 2 * time.Minute
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		what := missing()
		if what == "" {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("after %s: %s", patience, what)
		}
	}
}

// freeport NAME sets the variable to a port where nobody listens.
func freeport(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	defer l.Close()
	ts.Setenv(args[0], strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
}

// fetch [-d JSON] URL PATTERN requests until the response, as status, headers and
// body, matches; with -d once as soon as there is one.
func fetch(ts *testscript.TestScript, _ bool, args []string) {
	data, isPost := "", args[0] == "-d"
	if isPost {
		data, args = args[1], args[2:]
	}
	pattern := regexp.MustCompile(args[1])
	eventually(ts, func() string {
		var resp *http.Response
		var err error
		if isPost {
			resp, err = http.Post(args[0], "application/json", strings.NewReader(data))
		} else {
			resp, err = http.Get(args[0])
		}
		if err != nil {
			return err.Error()
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		ts.Check(err)
		var head strings.Builder
		ts.Check(resp.Header.Write(&head))
		text := strings.ReplaceAll(resp.Status+"\n"+head.String()+"\n"+string(body), "\r", "")
		if pattern.MatchString(text) {
			return ""
		}
		if isPost {
			ts.Fatalf("the response is\n%s", text)
		}
		return "the response is\n" + text
	})
}

// says FILE PATTERN waits until a line of the file matches.
func says(ts *testscript.TestScript, _ bool, args []string) {
	pattern := regexp.MustCompile("(?m)" + args[1])
	eventually(ts, func() string {
		data, err := os.ReadFile(ts.MkAbs(args[0]))
		if err != nil {
			return err.Error()
		}
		if pattern.Match(data) {
			return ""
		}
		return fmt.Sprintf("%s has nothing like %s:\n%s", args[0], args[1], data)
	})
}

// processes NUMBER waits until as many processes run of what dev has built.
func processes(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	eventually(ts, func() string {
		files, err := filepath.Glob("/proc/[0-9]*/exe")
		ts.Check(err)
		n := 0
		for _, file := range files {
			if exe, err := os.Readlink(file); err == nil && strings.HasPrefix(exe, ts.MkAbs(".fngen")+"/") {
				n++
			}
		}
		if n == want {
			return ""
		}
		return fmt.Sprintf("%d processes run, not %d", n, want)
	})
}
