package actionloop

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/jsonscan"
	"github.com/fngen/fngen/internal/uses"
)

// An envelope is a request as its line has it.
type envelope struct {
	Request
	eventParameter string           // "" for none
	deadline       string           // milliseconds since 1970
	wrong          map[string]error // of the members that are of another type than they should be
}

func readEnvelope(text string, maxNesting int, eventParameter string) (*envelope, error) {
	e := &envelope{eventParameter: eventParameter}
	j := jsonscan.NewReader(text, maxNesting)
	err := j.Object(func(name string) error { return e.note(name, e.member(j, name)) })
	if err == nil {
		err = j.End()
	}
	return e, err
}

// note keeps the error of the member, if the JSON goes on behind it: another
// member of the name may follow.
func (e *envelope) note(name string, err error) error {
	switch {
	case err == nil:
		delete(e.wrong, name)
		return nil
	case !jsonscan.IsTypeError(err):
		return err
	case e.wrong == nil:
		e.wrong = map[string]error{}
	}
	e.wrong[name] = fmt.Errorf("%s: %w", name, err)
	return nil
}

func (e *envelope) member(j *jsonscan.Reader, name string) error {
	switch name {
	case "value":
		e.Value, e.CloudEvent, e.used = nil, CloudEvent{}, nil
		if !j.IsNull() {
			e.Value = Value{}
		}
		return j.Object(func(name string) error { return e.parameter(j, name) })
	case "namespace":
		return readString(j, &e.Namespace)
	case "action_name":
		return readString(j, &e.ActionName)
	case "action_version":
		return readString(j, &e.ActionVersion)
	case "activation_id":
		return readString(j, &e.ActivationID)
	case "transaction_id":
		return readString(j, &e.TransactionID)
	case "deadline":
		return e.readDeadline(j)
	case "api_key":
		return readString(j, &e.key)
	}
	return j.Skip()
}

// parameter reads a member of the value. What is secret among them is in no value.
func (e *envelope) parameter(j *jsonscan.Reader, name string) error {
	if strings.HasPrefix(name, uses.Prefix) {
		return e.use(j, name)
	}
	start := j.Offset()
	if name != e.eventParameter || name == "" {
		err := j.Skip()
		e.Value[jsonscan.Valid(name)] = []byte(j.Since(start))
		return err
	}
	c := &e.CloudEvent
	c.Err = j.Try(func() (err error) {
		c.Event, err = ce.Read(j)
		return err
	})
	var err error
	if c.Err != nil {
		err = j.Skip()
	}
	c.Text = j.Since(start)
	return err
}

// use reads the parameter of a service that the action uses. One that is no text is
// none.
func (e *envelope) use(j *jsonscan.Reader, name string) error {
	if j.Next() != '"' {
		return j.Skip()
	}
	var text string
	if err := readString(j, &text); err != nil {
		return err
	}
	if e.used == nil {
		e.used = map[string]string{}
	}
	e.used[strings.Clone(name)] = strings.Clone(text)
	return nil
}

// readDeadline reads a number, which may stand in a string.
func (e *envelope) readDeadline(j *jsonscan.Reader) error {
	if c := j.Next(); c == '-' || isDigit(c) {
		return j.Keep(&e.deadline)
	}
	isNull := j.IsNull()
	err := readString(j, &e.deadline)
	if err == nil && !isNull && !jsonscan.IsNumber(e.deadline) {
		return &jsonscan.TypeError{Got: "string", Want: "number"}
	}
	return err
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// readString reads a string into s. Null is "".
func readString(j *jsonscan.Reader, s *string) error {
	*s = ""
	err := j.String(s)
	*s = jsonscan.Valid(*s)
	return err
}

// finish makes the request of what has been read, or says what is wrong with it.
func (e *envelope) finish() error {
	if len(e.wrong) > 0 {
		wrong := slices.Sorted(maps.Keys(e.wrong))
		return e.wrong[wrong[0]]
	}
	if e.Value == nil {
		return errors.New("missing value")
	}
	if e.deadline == "" {
		return nil
	}
	ms, err := strconv.ParseInt(e.deadline, 10, 64)
	if err != nil {
		return fmt.Errorf("deadline: %w", err)
	}
	e.Deadline = time.UnixMilli(ms).UTC()
	return nil
}
