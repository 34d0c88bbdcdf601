package dynamodb_test

import (
	"context"
	"fmt"
	"os"

	"github.com/fngen/fngen/fn/document"
	"github.com/fngen/fngen/providers/aws"
	"github.com/fngen/fngen/providers/aws/resource/dynamodb"
)

// Shop is what a setup makes.
type Shop struct{ users *document.Collection }

func newShop(_ context.Context, users *document.Collection) (*Shop, error) { return &Shop{users}, nil }

// A main opens what the setup uses. The name of the table is in the environment.
func Example() {
	if err := os.Setenv("FNGEN_USE_USERS", "acme-users"); err != nil {
		fmt.Println(err)
	}
	users, err := dynamodb.Collection("users")
	if err != nil {
		aws.Fail(err)
	}
	shop, err := newShop(context.Background(), users)
	if err != nil {
		aws.Fail(err)
	}
	fmt.Println(shop.users != nil)
	// Output: true
}
