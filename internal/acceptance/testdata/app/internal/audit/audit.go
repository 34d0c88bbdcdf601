// Package audit handles events in a package that only the application reaches.
// It imports nothing of HTTP.
package audit

import (
	"context"

	"github.com/cloudevents/sdk-go/v2/event"

	"example.com/acceptance/internal/show"
)

// Placed shows each order that is placed.
//
//fn:event com.example.order.placed
func Placed(_ context.Context, e event.Event) error { return show.Event(e) }

// Image shows the events of a registry, which are no CloudEvents.
//
//fn:event "ECR Image Action"
//fn:targets aws
func Image(_ context.Context, e event.Event) error { return show.Event(e) }
