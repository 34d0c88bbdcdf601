package api

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"
)

// Grouping returns what gives the group of each event to [Send], by the queue's
// URL or the topic's ARN: [Group] for a FIFO one, no group for any other.
func Grouping(address string) func(event.Event) string {
	if strings.HasSuffix(address, ".fifo") {
		return Group
	}
	return Ungrouped
}

// Ungrouped puts no event in a group.
func Ungrouped(event.Event) string { return "" }

// Group is the message group of the event: its partitionkey, or the SHA-256 of
// a key that is no id of a group, or the event's id if it has no key.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
func Group(e event.Event) string {
	key, _ := e.Extensions()["partitionkey"].(string)
	if key == "" {
		key = e.ID()
	}
	if len(key) > 128 || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		sum := sha256.Sum256([]byte(key))
		return hex.EncodeToString(sum[:])
	}
	return key
}
