package couchdb_test

import (
	"context"
	"fmt"
	"os"

	"github.com/fngen/fngen/fn/document"
	"github.com/fngen/fngen/providers/openwhisk"
	"github.com/fngen/fngen/providers/openwhisk/resource/couchdb"
)

// Shop is what a setup makes.
type Shop struct{ users *document.Collection }

func newShop(_ context.Context, users *document.Collection) (*Shop, error) { return &Shop{users}, nil }

// A main opens what the setup uses. The URL of the database is in the environment.
func Example() {
	if err := os.Setenv("FNGEN_USE_USERS", "https://couch.example:6984/users"); err != nil {
		fmt.Println(err)
	}
	users, err := couchdb.Collection("users")
	if err != nil {
		openwhisk.Fail(err)
	}
	shop, err := newShop(context.Background(), users)
	if err != nil {
		openwhisk.Fail(err)
	}
	fmt.Println(shop.users != nil)
	// Output: true
}
