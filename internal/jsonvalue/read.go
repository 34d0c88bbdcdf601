package jsonvalue

import (
	"encoding"
	"encoding/base64"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"

	"github.com/fngen/fngen/internal/jsonscan"
)

// read reads the next value into v, which is zero, so that null, which at most
// makes a value nil, leaves it as it is.
func (d *Decoder) read(j *jsonscan.Reader, v reflect.Value) error {
	c := j.Next()
	if c == 'n' && d.kind != unmarshaler {
		_, err := j.Literal() // none but null begins with this letter
		return err
	}
	switch d.kind {
	case quoted:
		s, err := j.OwnString()
		if err == nil {
			v.SetString(s)
		}
		return err
	case boolean:
		return readBool(j, v)
	case integer:
		return readInt(j, v)
	case unsigned:
		return readUint(j, v)
	case float:
		return readFloat(j, v)
	case pointer:
		p := reflect.New(d.elem.typ)
		v.Set(p)
		return d.elem.read(j, p.Elem())
	case base64Slice:
		if c == '"' {
			return readBase64(j, v)
		}
		return d.readSlice(j, v)
	case slice:
		return d.readSlice(j, v)
	case array:
		return d.readArray(j, v)
	case object:
		return d.readObject(j, v)
	case dictionary:
		return d.readMap(j, v)
	case unmarshaler:
		start := j.Offset()
		if err := j.Skip(); err != nil {
			return err
		}
		return v.Addr().Interface().(json.Unmarshaler).UnmarshalJSON([]byte(j.Since(start)))
	case textUnmarshaler:
		s, err := j.Quoted()
		if err != nil {
			return err
		}
		return v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s))
	}
	return errRefused
}

func readBool(j *jsonscan.Reader, v reflect.Value) error {
	s, err := j.Literal()
	if err != nil {
		return err
	}
	if s != "true" && s != "false" {
		return errRefused
	}
	v.SetBool(s == "true")
	return nil
}

func readInt(j *jsonscan.Reader, v reflect.Value) error {
	s, err := j.Literal()
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || v.OverflowInt(n) {
		return errRefused
	}
	v.SetInt(n)
	return nil
}

func readUint(j *jsonscan.Reader, v reflect.Value) error {
	s, err := j.Literal()
	if err != nil {
		return err
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || v.OverflowUint(n) {
		return errRefused
	}
	v.SetUint(n)
	return nil
}

func readFloat(j *jsonscan.Reader, v reflect.Value) error {
	s, err := j.Literal()
	if err != nil {
		return err
	}
	n, err := strconv.ParseFloat(s, v.Type().Bits())
	if err != nil || v.OverflowFloat(n) {
		return errRefused
	}
	v.SetFloat(n)
	return nil
}

func readBase64(j *jsonscan.Reader, v reflect.Value) error {
	s, err := j.Quoted()
	if err != nil {
		return err
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if err == nil {
		v.SetBytes(b)
	}
	return err
}

func (d *Decoder) readSlice(j *jsonscan.Reader, v reflect.Value) error {
	length, room := 0, 0
	err := j.Array(func() error {
		if length == room {
			v.Grow(max(d.first, length))
			room = v.Cap()
		}
		length++
		v.SetLen(length)
		return d.elem.read(j, v.Index(length-1))
	})
	if length == 0 {
		v.Set(reflect.MakeSlice(d.typ, 0, 0))
	}
	return err
}

// readArray reads over elements that the array has no place for.
func (d *Decoder) readArray(j *jsonscan.Reader, v reflect.Value) error {
	n := 0
	return j.Array(func() error {
		if n == v.Len() {
			return j.Skip()
		}
		n++
		return d.elem.read(j, v.Index(n-1))
	})
}

// maxFields is the number of bits in a set of fields.
const maxFields = 64

// readObject reads a struct. It refuses a field's second value, which
// encoding/json decodes into the first.
func (d *Decoder) readObject(j *jsonscan.Reader, v reflect.Value) error {
	var seen uint64
	next := 0
	return j.Object(func(name string) error {
		i := d.find(name, next)
		if i < 0 {
			return j.Skip()
		}
		if seen&(1<<i) != 0 {
			return errRefused
		}
		seen |= 1 << i
		next = i + 1
		return d.fields[i].value.read(j, v.Field(d.fields[i].index))
	})
}

// readMap reads a map, in which the last value of a name counts.
func (d *Decoder) readMap(j *jsonscan.Reader, v reflect.Value) error {
	v.Set(reflect.MakeMap(d.typ))
	key, value := reflect.New(d.typ.Key()).Elem(), reflect.New(d.elem.typ).Elem()
	return j.Object(func(name string) error {
		key.SetString(strings.Clone(name))
		value.SetZero()
		if err := d.elem.read(j, value); err != nil {
			return err
		}
		v.SetMapIndex(key, value)
		return nil
	})
}
