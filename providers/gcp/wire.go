package gcp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// A wireType is how a field is encoded in the wire format of protocol buffers,
// https://protobuf.dev/programming-guides/encoding/.
//
// The format is read here and not by google.golang.org/protobuf's protowire.
// That package's initialisation opens the program's file and hashes parts of it,
// at the start of every function, whatever its source.
type wireType uint8

const (
	wireVarint  wireType = 0
	wireFixed64 wireType = 1
	wireBytes   wireType = 2
	wireFixed32 wireType = 5
)

func (t wireType) String() string {
	switch t {
	case wireVarint:
		return "varint"
	case wireFixed64:
		return "64 bits"
	case wireBytes:
		return "length-delimited"
	case wireFixed32:
		return "32 bits"
	}
	return fmt.Sprintf("wire type %d", uint8(t))
}

// A wireField is one field of a message, as it is encoded.
type wireField struct {
	number   uint32 // from 1 to maxFieldNumber
	wireType wireType
	bits     uint64 // of a wireVarint, wireFixed64 or wireFixed32
	bytes    []byte // of a wireBytes; a part of the message
}

var (
	errTruncated = errors.New("truncated")
	errVarint    = errors.New("varint above 64 bits")
)

const maxFieldNumber = 1<<29 - 1

// nextField returns the first field of the message b, which is not empty, and
// what follows it. Groups, which proto3 does not have, are an error.
func nextField(b []byte) (f wireField, rest []byte, err error) {
	tag, b, err := varint(b)
	if err != nil {
		return wireField{}, nil, fmt.Errorf("tag: %w", err)
	}
	number := tag >> 3
	if number == 0 || number > maxFieldNumber {
		return wireField{}, nil, fmt.Errorf("field number %d is not in 1 to %d", number, maxFieldNumber)
	}
	f = wireField{number: uint32(number), wireType: wireType(tag & 7)}
	switch f.wireType {
	case wireVarint:
		f.bits, b, err = varint(b)
	case wireFixed64:
		if f.bytes, b, err = take(b, 8); err == nil {
			f.bits, f.bytes = binary.LittleEndian.Uint64(f.bytes), nil
		}
	case wireFixed32:
		if f.bytes, b, err = take(b, 4); err == nil {
			f.bits, f.bytes = uint64(binary.LittleEndian.Uint32(f.bytes)), nil
		}
	case wireBytes:
		var n uint64
		if n, b, err = varint(b); err == nil {
			f.bytes, b, err = take(b, n)
		}
	default:
		err = fmt.Errorf("%v is not understood", f.wireType)
	}
	if err != nil {
		return wireField{}, nil, fmt.Errorf("field %d: %w", f.number, err)
	}
	return f, b, nil
}

// want returns an error unless the field is encoded as t.
func (f wireField) want(t wireType) error {
	if f.wireType != t {
		return fmt.Errorf("field %d is %v, want %v", f.number, f.wireType, t)
	}
	return nil
}

// float64 returns the value of a double, which is a wireFixed64.
func (f wireField) float64() float64 { return math.Float64frombits(f.bits) }

// int64 returns the value of an int64 or an int32, which are a wireVarint.
func (f wireField) int64() int64 { return int64(f.bits) }

// fields calls do with each field of the message b.
func fields(b []byte, do func(wireField) error) error {
	for len(b) > 0 {
		f, rest, err := nextField(b)
		if err != nil {
			return err
		}
		if err := do(f); err != nil {
			return err
		}
		b = rest
	}
	return nil
}

func varint(b []byte) (v uint64, rest []byte, err error) {
	v, n := binary.Uvarint(b)
	switch {
	case n > 0:
		return v, b[n:], nil
	case n < 0 || len(b) >= binary.MaxVarintLen64:
		return 0, nil, errVarint
	}
	return 0, nil, errTruncated
}

func take(b []byte, n uint64) (taken, rest []byte, err error) {
	if n > uint64(len(b)) {
		return nil, nil, errTruncated
	}
	return b[:n:n], b[n:], nil
}
