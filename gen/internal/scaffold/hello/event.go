package hello

import (
	"context"
	"log/slog"

	"github.com/cloudevents/sdk-go/v2/event"
)

// Audit takes the event itself, which is a type of the CloudEvents SDK: one that
// others publish, of this type.
//
//fn:event com.example.parcel.delivered
func Audit(ctx context.Context, e event.Event) error {
	slog.InfoContext(ctx, "audit", "source", e.Source(), "id", e.ID(), "subject", e.Subject())
	return nil
}
