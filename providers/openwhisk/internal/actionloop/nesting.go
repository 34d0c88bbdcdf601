package actionloop

import (
	"fmt"

	"github.com/fngen/fngen/internal/jsonscan"
)

// MaxNesting is the number of levels of objects and arrays in a parameter above
// which a request is not handled.
const MaxNesting = 1000

// CheckNesting says that a parameter has more than [MaxNesting] levels.
func (v Value) CheckNesting() error {
	for _, raw := range v {
		if jsonscan.NewReader(string(raw), MaxNesting).Skip() != nil {
			return fmt.Errorf("the payload is nested deeper than %d levels", MaxNesting)
		}
	}
	return nil
}
