package gcp

import (
	"errors"
	"fmt"
)

// A document is an image of a document of Firestore.
type document struct {
	path   string // below the database: shops/berlin
	fields map[string]any
}

// decodeImages decodes a google.events.cloud.firestore.v1.DocumentEventData,
// https://github.com/googleapis/google-cloudevents/blob/main/proto/google/events/cloud/firestore/v1/data.proto.
// An image that the event does not have is nil, and so is one without anything
// in it, as which some send what is not there. Fields of messages that are
// not known are skipped; what no encoder writes, a message in two parts for
// instance, is refused.
func decodeImages(b []byte) (before, after *document, err error) {
	err = fields(b, func(f wireField) (err error) {
		switch f.number {
		case 1:
			after, err = decodeImage(f, after)
			return in("value", err)
		case 2:
			before, err = decodeImage(f, before)
			return in("old_value", err)
		}
		return nil // update_mask names the fields that changed
	})
	if err == nil && before != nil && after != nil && before.path != after.path {
		err = fmt.Errorf("the images are of %.100q and %.100q", before.path, after.path)
	}
	return before, after, err
}

// decodeImage decodes a Document, which is not there already.
func decodeImage(f wireField, there *document) (*document, error) {
	if err := f.want(wireBytes); err != nil {
		return nil, err
	}
	if len(f.bytes) == 0 {
		return there, nil
	}
	if there != nil {
		return nil, errors.New("the image is there twice")
	}
	d := &document{fields: map[string]any{}}
	var values valueDecoder
	err := fields(f.bytes, func(f wireField) error {
		switch f.number {
		case 1:
			if err := f.want(wireBytes); err != nil {
				return err
			}
			name, err := text(f.bytes)
			if err != nil {
				return err
			}
			d.path, err = documentPath(name)
			return err
		case 2:
			return in("fields", values.entry(d.fields, f, 0))
		}
		return nil // create_time, update_time
	})
	if err == nil && d.path == "" {
		err = errors.New("missing name")
	}
	return d, err
}
