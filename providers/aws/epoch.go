package aws

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// lastSecond is the end of the year 9999, the last that a timestamp can
// express.
const lastSecond = 253402300799

// parseEpoch parses the member's seconds since 1970, which may have a fraction
// and an exponent: 1480641523.477 and 1.480641523477E9. Nothing is rounded, as
// a float would; what is below a nanosecond is cut off. "" is the zero time.
func parseEpoch(name string, value json.Number) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(value.String()), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	shift := 0
	var err error
	if exponent != "" {
		shift, err = strconv.Atoi(exponent)
	}
	point := len(whole) + shift
	digits := whole + fraction
	if err != nil || !isNumber(digits) || point < 0 || point > 20 {
		return time.Time{}, fmt.Errorf("%s: %q is no time", name, value)
	}
	if missing := point + 9 - len(digits); missing > 0 {
		digits += strings.Repeat("0", missing)
	}
	seconds, err := strconv.ParseInt("0"+digits[:point], 10, 64)
	if err != nil || seconds > lastSecond {
		return time.Time{}, fmt.Errorf("%s: %q is no time", name, value)
	}
	nanoseconds, _ := strconv.ParseInt(digits[point:point+9], 10, 64) // nine digits
	return time.Unix(seconds, nanoseconds).UTC(), nil
}
