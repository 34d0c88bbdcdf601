package aws

import (
	"bytes"
	"crypto/md5"
	"encoding/binary"
	"errors"
	"fmt"
)

// An aggregate of the Kinesis Producer Library is a magic number, a protocol
// buffer AggregatedRecord, and the MD5 of that:
// https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md
const aggregateMagic = "\xf3\x89\x9a\xc2"

// maxUserRecords is the number of records, after splitting, above which an
// aggregate is refused, and a batch is cut off before the aggregate that
// exceeds it. The library's own default, 50 KiB for an aggregate, allows less
// than 10,000.
const maxUserRecords = 20_000

// A userRecord is one record of an aggregate.
type userRecord struct {
	partitionKey string
	data         []byte // a part of the aggregate
}

// isAggregate reports whether the data is an aggregate: anything else that
// begins with the magic number has another MD5 at its end.
func isAggregate(data []byte) bool {
	if len(data) < len(aggregateMagic)+md5.Size || !bytes.HasPrefix(data, []byte(aggregateMagic)) {
		return false
	}
	end := len(data) - md5.Size
	sum := md5.Sum(data[len(aggregateMagic):end])
	return bytes.Equal(sum[:], data[end:])
}

// splitAggregate returns the user records of an aggregate in their order.
func splitAggregate(data []byte) ([]userRecord, error) {
	var (
		keys    []string
		users   []userRecord
		indexes []uint64 // of the users' partition keys
	)
	err := eachField(data[len(aggregateMagic):len(data)-md5.Size], func(number int, _ uint64, b []byte) error {
		switch number {
		case 1: // partition_key_table
			if len(keys) == maxUserRecords {
				return fmt.Errorf("it has more than %d partition keys", maxUserRecords)
			}
			if b == nil {
				return errors.New("a partition key is not a string")
			}
			keys = append(keys, string(b))
		case 3: // records
			if len(users) == maxUserRecords {
				return fmt.Errorf("it has more than %d user records", maxUserRecords)
			}
			index, data, err := parseUserRecord(b)
			if err != nil {
				return fmt.Errorf("user record %d: %w", len(users), err)
			}
			users, indexes = append(users, userRecord{data: data}), append(indexes, index)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i, index := range indexes { // the table may stand behind the records
		if index >= uint64(len(keys)) {
			return nil, fmt.Errorf("user record %d: partition key %d of %d", i, index, len(keys))
		}
		users[i].partitionKey = keys[index]
	}
	return users, nil
}

// parseUserRecord returns the index of the record's partition key and its data.
func parseUserRecord(b []byte) (index uint64, data []byte, err error) {
	if b == nil {
		return 0, nil, errors.New("not a message")
	}
	hasKey := false
	err = eachField(b, func(number int, v uint64, bytes []byte) error {
		switch {
		case number == 1 && bytes == nil: // partition_key_index
			index, hasKey = v, true
		case number == 3 && bytes != nil: // data
			data = bytes
		}
		return nil
	})
	switch {
	case err != nil:
	case !hasKey:
		err = errors.New("missing partition key")
	case data == nil:
		err = errors.New("missing data")
	}
	return index, data, err
}

var errTruncated = errors.New("the message is cut off")

// eachField calls f with each field of a protocol buffer message: v has the
// value of a varint, b that of a length-delimited field and is nil otherwise.
// Fixed-width fields, of which an aggregate has none, are refused.
//
// google.golang.org/protobuf's protowire would do the same, but its
// initialisation opens the program's file and hashes parts of it, at the start
// of every function of this package.
func eachField(message []byte, f func(number int, v uint64, b []byte) error) error {
	for len(message) > 0 {
		tag, n := binary.Uvarint(message)
		if n <= 0 {
			return errTruncated
		}
		if tag>>3 == 0 || tag>>3 >= 1<<29 {
			return fmt.Errorf("there is no field %d", tag>>3)
		}
		message = message[n:]
		v, n := binary.Uvarint(message)
		if n <= 0 {
			return errTruncated
		}
		message = message[n:]
		var b []byte
		switch tag & 7 {
		case 0:
		case 2:
			if v > uint64(len(message)) {
				return errTruncated
			}
			b, message = message[:v:v], message[v:]
		default:
			return fmt.Errorf("field %d has wire type %d", tag>>3, tag&7)
		}
		if err := f(int(tag>>3), v, b); err != nil {
			return err
		}
	}
	return nil
}
