// Package uses knows the names of the services that handlers use, which the
// infrastructure puts into the environment.
package uses

import (
	"fmt"
	"os"
	"strings"
)

// Variable is the environment variable that holds the physical name of what a
// parameter of a setup uses, FNGEN_USE_USERS of users for instance.
func Variable(param string) string { return Prefix + strings.ToUpper(param) }

// Prefix is that of the variables.
const Prefix = "FNGEN_USE_"

// Name returns the value of the variable.
func Name(param string) (string, error) {
	variable := Variable(param)
	if name := os.Getenv(variable); name != "" {
		return name, nil
	}
	return "", fmt.Errorf("%s is not set; it holds what the parameter %s of the setup stands for", variable, param)
}
