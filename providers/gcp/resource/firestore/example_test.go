package firestore_test

import (
	"context"
	"fmt"
	"os"

	"github.com/fngen/fngen/fn/document"
	"github.com/fngen/fngen/providers/gcp"
	"github.com/fngen/fngen/providers/gcp/resource/firestore"
)

// Shop is what a setup makes.
type Shop struct{ users *document.Collection }

func newShop(_ context.Context, users *document.Collection) (*Shop, error) { return &Shop{users}, nil }

// A main opens what the setup uses. The name of the collection is in the environment.
func Example() {
	if err := os.Setenv("FNGEN_USE_USERS", "projects/acme/databases/(default)/documents/users"); err != nil {
		fmt.Println(err)
	}
	users, err := firestore.Collection("users")
	if err != nil {
		gcp.Fail(err)
	}
	shop, err := newShop(context.Background(), users)
	if err != nil {
		gcp.Fail(err)
	}
	fmt.Println(shop.users != nil)
	// Output: true
}
