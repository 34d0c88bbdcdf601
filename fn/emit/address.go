package emit

import (
	"fmt"
	"os"
	"strings"
)

// Address returns the physical address of the sink with the name, which the
// infrastructure puts into the environment as [Variable]: a queue's URL or a
// topic's ARN for instance.
func Address(name string) (string, error) {
	variable := Variable(name)
	if address := os.Getenv(variable); address != "" {
		return address, nil
	}
	return "", fmt.Errorf("%s is not set; it holds the address of the sink %s", variable, name)
}

// Variable is the environment variable that holds the address, FNGEN_SINK_NEWS
// of the sink news for instance.
func Variable(name string) string {
	return "FNGEN_SINK_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}
