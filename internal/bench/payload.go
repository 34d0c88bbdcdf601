// Package bench measures fngen against what people write by hand: its
// benchmarks within one process, the command process for whole ones. Both take
// the payloads below.
package bench

import (
	_ "embed"
	"fmt"
	"strings"
)

// S3 is a notification of one object, as aws-lambda-go ships it.
//
//go:embed testdata/s3.json
var S3 []byte

//go:embed testdata/sqs_record.json
var sqsRecord string

// SQS returns a batch of n messages: the one that aws-lambda-go ships, with an
// order as its body and a number in its id.
func SQS(n int) []byte {
	records := make([]string, n)
	for i := range records {
		records[i] = fmt.Sprintf(sqsRecord, i)
	}
	return []byte(`{"Records":[` + strings.Join(records, ",") + `]}`)
}

//go:embed testdata/event.http
var eventText string

// Event is a request to Google Cloud with an order as an event in binary mode.
var Event = strings.ReplaceAll(eventText, "\n", "\r\n")

//go:embed testdata/activation.json
var activation string

// Activation returns a line of OpenWhisk's ActionLoop protocol with an event,
// 617 bytes and as many lines of an order more.
func Activation(lines int) []byte {
	more := strings.Repeat(`{"article":"pear 17","count":4},`, lines)
	return []byte(strings.Replace(activation, `"lines":[`, `"lines":[`+more, 1))
}
