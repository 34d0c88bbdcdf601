package platform

import (
	"os/exec"
	"testing"
)

// A program that ends instead of being ready is an error at once.
func TestEnds(t *testing.T) {
	if _, err := StartLambda(exec.Command("false")); err == nil {
		t.Error("Lambda: no error")
	}
	if _, err := StartServer(exec.Command("false")); err == nil {
		t.Error("server: no error")
	}
	if _, err := StartOpenWhisk(exec.Command("false")); err == nil {
		t.Error("OpenWhisk: no error")
	}
}

// What a program answers comes back, and its end in place of an answer is an
// error.
func TestActivate(t *testing.T) {
	o, err := StartOpenWhisk(exec.Command("sh", "-c", `echo '{"ok":true}' >&3; read line; echo "[$line]" >&3; read line`))
	if err != nil {
		t.Fatal(err)
	}
	defer o.Stop()
	if got, err := o.Activate([]byte("one\n")); err != nil || string(got) != "[one]" {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := o.Activate([]byte("two\n")); err == nil {
		t.Errorf("no error but %s", got)
	}
}
