package documents

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// Number returns the one spelling of a JSON number, and whether an int64 or a
// double has its value. An integer within int64 is its digits, any other value of
// a double is as encoding/json writes that double, and what neither of them holds
// is its decimal digits.
func Number(token string) (n json.Number, holds bool) {
	d, ok := parseDecimal(token)
	if !ok {
		return json.Number(token), false
	}
	if i, ok := d.int64(); ok {
		return json.Number(strconv.FormatInt(i, 10)), true
	}
	if f, err := strconv.ParseFloat(token, 64); err == nil && f != 0 {
		if text, err := json.Marshal(f); err == nil {
			if again, ok := parseDecimal(string(text)); ok && again == d {
				return json.Number(text), true
			}
		}
	}
	return json.Number(d.plain()), false
}

// Double returns the spelling of a double that is a number.
func Double(f float64) json.Number {
	n, _ := Number(strconv.FormatFloat(f, 'g', -1, 64))
	return n
}

// The least and the greatest magnitude of a double in a document, between which
// lies what DynamoDB holds.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
const (
	minDouble = 1e-130
	maxDouble = 9.9e125
)

// inRange reports whether every platform holds the number, which an int64 or a
// double does.
func inRange(n json.Number) bool {
	f, err := n.Float64()
	a := math.Abs(f)
	return err == nil && (a == 0 || a >= minDouble && a <= maxDouble)
}

// A decimal is the value of a number, digits × 10^exponent. The digits begin and
// end with none that is 0; zero has none, and no sign.
type decimal struct {
	negative bool
	digits   string
	exponent int
}

// maxExponent bounds the decimals that are spelled in full; there are none beyond
// on any platform.
const maxExponent = 1000

func parseDecimal(token string) (decimal, bool) {
	var d decimal
	text := token
	if d.negative = strings.HasPrefix(text, "-"); d.negative {
		text = text[1:]
	}
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		e, err := strconv.Atoi(strings.TrimPrefix(text[i+1:], "+"))
		if err != nil || e > maxExponent || e < -maxExponent {
			return d, false
		}
		text, d.exponent = text[:i], e
	}
	whole, fraction, _ := strings.Cut(text, ".")
	d.exponent -= len(fraction)
	digits := strings.TrimLeft(whole+fraction, "0")
	d.digits = strings.TrimRight(digits, "0")
	d.exponent += len(digits) - len(d.digits)
	if d.digits == "" {
		return decimal{}, true
	}
	return d, true
}

// int64 returns the value if it is one.
func (d decimal) int64() (int64, bool) {
	const most = 19 // digits of an int64
	if d.exponent < 0 || len(d.digits)+d.exponent > most {
		return 0, false
	}
	i, err := strconv.ParseInt(d.plain(), 10, 64)
	return i, err == nil
}

// plain is the value without an exponent.
func (d decimal) plain() string {
	text := d.digits
	switch point := len(text) + d.exponent; {
	case text == "":
		text = "0"
	case d.exponent >= 0:
		text += strings.Repeat("0", d.exponent)
	case point > 0:
		text = text[:point] + "." + text[point:]
	default:
		text = "0." + strings.Repeat("0", -point) + text
	}
	if d.negative {
		return "-" + text
	}
	return text
}
