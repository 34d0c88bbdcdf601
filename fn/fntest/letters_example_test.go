package fntest_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fntest"
)

// Again gets the dead letters of the function confirm. What failed for a reason
// that has passed goes back to the queue that feeds confirm; anything else fails
// here too, and so goes to the dead letters of this function.
//
//	//fn:queue confirm-dead-letters letters
//	//fn:sink queue:orders
func Again(ctx context.Context, letter event.Event) error {
	reason, _ := letter.Extensions()["deadletterreason"].(string)
	if !strings.Contains(reason, "stock") {
		return fn.Permanent(fmt.Errorf("not sent back: %s", reason))
	}
	return fn.Emit(ctx, letter)
}

// A dead letter is the event that failed, with the reason. It is sent back as the
// event that it is, whose id and source stay.
func ExampleRecord_deadLetter() {
	letter := event.New()
	letter.SetType(fn.TypeMessageReceived)
	letter.SetSource("arn:aws:sqs:eu-west-1:123456789012:orders")
	letter.SetID("m-17")
	letter.SetExtension("deadletterreason", "out of stock")

	ctx, sent := fntest.Record(context.Background())
	if err := Again(ctx, letter); err != nil {
		fmt.Println(err)
	}
	for _, one := range sent.All() {
		fmt.Println("back goes", one.Event.ID())
	}
	letter.SetExtension("deadletterreason", "no such article")
	fmt.Println(Again(ctx, letter))
	// Output:
	// back goes m-17
	// not sent back: no such article
}
