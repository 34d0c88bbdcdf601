package openwhisk

import "github.com/fngen/fngen/internal/uses"

// Use returns the URL of the database that a parameter of a setup stands for, from
// the environment: FNGEN_USE_USERS of users for instance.
func Use(param string) (string, error) { return uses.Name(param) }
