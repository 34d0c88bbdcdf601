package secretsmanager_test

import (
	"fmt"
	"os"

	"github.com/fngen/fngen/providers/aws/resource/secretsmanager"
)

// A main reads what the setup uses. Which secret it is, is in the environment.
func Example() {
	if err := os.Unsetenv("FNGEN_USE_KEY"); err != nil {
		fmt.Println(err)
	}
	_, err := secretsmanager.Value("key")
	fmt.Println(err)
	// Output: FNGEN_USE_KEY is not set; it holds what the parameter key of the setup stands for
}
