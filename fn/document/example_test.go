package document_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/fngen/fngen/fn/document"
)

type Account struct {
	Owner   string
	Balance int64 // cents
}

// Deposit changes what has not changed since it was read, and reads it again
// where somebody was faster.
func Deposit(ctx context.Context, accounts *document.Collection, key string, cents int64) error {
	for {
		var account Account
		revision, err := accounts.Get(ctx, key, &account)
		if err != nil {
			return err
		}
		account.Balance += cents
		if _, err = accounts.Replace(ctx, key, account, revision); !errors.Is(err, document.ErrConflict) {
			return err
		}
	}
}

// A test gives a setup or a function a collection in memory.
func Example() {
	ctx := context.Background()
	accounts := document.Memory()
	if _, err := accounts.Create(ctx, "alice", Account{Owner: "Alice"}); err != nil {
		fmt.Println(err)
	}
	for range 3 {
		if err := Deposit(ctx, accounts, "alice", 500); err != nil {
			fmt.Println(err)
		}
	}
	var account Account
	_, err := accounts.Get(ctx, "alice", &account)
	fmt.Println(account.Owner, account.Balance, err)
	// Output: Alice 1500 <nil>
}

// Create under an event's id does once what is delivered twice.
func ExampleCollection_Create() {
	ctx := context.Background()
	handled := document.Memory()
	for _, id := range []string{"event-1", "event-2", "event-1"} {
		_, err := handled.Create(ctx, id, struct{}{})
		switch {
		case errors.Is(err, document.ErrExists):
			fmt.Println(id, "was handled before")
		case err == nil:
			fmt.Println(id, "is handled")
		}
	}
	// Output:
	// event-1 is handled
	// event-2 is handled
	// event-1 was handled before
}
