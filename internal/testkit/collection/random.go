package collection

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/fngen/fngen/internal/documents"
)

// Random returns a document that every collection takes, with all that documents
// have, and what a collection gives back of it.
func Random(r *rand.Rand) (doc any, want string) {
	for {
		m := fields{}
		for range r.IntN(6) {
			m[strings.TrimLeft(randomName(r), "_")] = randomValue(r, 1)
		}
		if r.IntN(4) == 0 {
			m["id"] = randomValue(r, 1)
		}
		if d, err := documents.Encode(m); err == nil {
			text, err := documents.JSON(d)
			if err != nil {
				panic(err)
			}
			return m, string(text)
		}
	}
}

// Key returns a key that every collection takes.
func Key(r *rand.Rand) string {
	for {
		if key := randomText(r); documents.CheckKey(key) == nil {
			return key
		}
	}
}

func randomValue(r *rand.Rand, level int) any {
	kinds := 10
	if level > 4 {
		kinds = 8
	}
	switch r.IntN(kinds) {
	case 0:
		return nil
	case 1:
		return r.IntN(2) == 0
	case 2, 3:
		return randomText(r)
	case 4:
		return int64(r.Uint64()) >> r.IntN(64)
	case 5, 6:
		return randomDouble(r)
	case 7:
		return json.RawMessage([]string{"1e21", "1e-7", "-0.0", "1.50", "1E5", "100000000000000000000", "9007199254740993", "1e-130", "9.9e125"}[r.IntN(9)])
	case 8:
		list := []any{}
		for range r.IntN(4) {
			v := randomValue(r, level+1)
			if _, ok := v.([]any); !ok {
				list = append(list, v)
			}
		}
		return list
	}
	m := fields{}
	for range r.IntN(4) {
		m[randomName(r)] = randomValue(r, level+1)
	}
	return m
}

// randomDouble returns one of any magnitude that there may be.
func randomDouble(r *rand.Rand) float64 {
	f, _ := strconv.ParseFloat(strconv.FormatFloat(r.Float64()*20-10, 'g', 1+r.IntN(17), 64), 64)
	return f * math.Pow(10, float64(r.IntN(240)-120))
}

func randomName(r *rand.Rand) string {
	if names := []string{"id", "a", "_id", "_rev", "S", "N", "key", "a.b", "`"}; r.IntN(3) == 0 {
		return names[r.IntN(len(names))]
	}
	return randomText(r) + "n"
}

func randomText(r *rand.Rand) string {
	var text []rune
	for range r.IntN(12) {
		text = append(text, []rune{rune(r.IntN(128)), rune(r.IntN(128)), rune(r.IntN(0x800)), rune(r.IntN(0x10FFFF)), '/', '%', '"', '\u2028'}[r.IntN(8)])
	}
	return string(text)
}
