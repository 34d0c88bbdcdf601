package aws

import "github.com/fngen/fngen/internal/uses"

// Use returns the physical name of the table or bucket that a parameter of a
// setup stands for, from the environment: FNGEN_USE_USERS of users for instance.
func Use(param string) (string, error) { return uses.Name(param) }
