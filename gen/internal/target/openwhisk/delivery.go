package openwhisk

import "github.com/fngen/fngen/gen/internal/model"

var _ model.Deliverer = Target{}

// What an activation may take, and how much of that the Kafka feed fills with
// messages of a topic that wait.
//
// https://github.com/apache/openwhisk/blob/master/docs/reference.md
const (
	maxParameters = 1 << 20
	kafkaBatch    = 1000
)

// Delivery returns that nothing comes twice: what is tried again is so in the
// action.
func (t Target) Delivery(f model.Function) model.Delivery {
	d := model.Delivery{Attempts: 1, Bytes: maxParameters}
	switch f.Trigger.(type) {
	case model.Queue, model.Stream:
		d.Batch = kafkaBatch
	}
	return d
}
