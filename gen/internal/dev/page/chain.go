package page

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/fngen/fngen/gen/internal/dev/broker"
	"github.com/fngen/fngen/gen/internal/model"
)

// A chain is the picture of what feeds which function, and what those feed: boxes
// in columns from left to right, and lines between them.
type chain struct {
	Width, Height int
	Boxes         []*box
	Lines         []line
}

// A box is a function, or what feeds one or takes its events. One without a key is
// where a line passes through a column.
type box struct {
	key          string
	Kind         string // of the trigger or the sink; "" of a function
	Name         string
	Label        string // the name, cut
	Waiting      int
	Next         string // when a schedule fires
	X, Y, W, H   int
	column, rank int
	y            float64 // of the middle
	in, out      []*box
}

func (b *box) TextX() int { return b.X + 10 }
func (b *box) KindY() int { return b.Y + 14 }
func (b *box) NameY() int { return b.Y + 29 }

// A line goes from one box to another; Back says that it closes a circle, Letters
// that dead letters take it.
type line struct {
	Path          string
	Back, Letters bool
}

type edge struct {
	from, to *box
	letters  bool
}

// Sizes, in pixels.
const (
	boxHeight   = 38
	rowGap      = 12
	columnGap   = 44
	letterWidth = 7.3 // of 12 pixels' monospace
	smallWidth  = 5.4 // of what is above a name
	most        = 26  // letters of a name
	margin      = 2
	turn        = 24 // room of a line that turns back
)

func newChain(functions []model.Function, state broker.State) chain {
	var boxes []*box
	var edges []edge
	at := map[string]*box{}
	get := func(key, kind, name string) *box {
		if b := at[key]; b != nil {
			return b
		}
		b := &box{key: key, Kind: kind, Name: name, Label: clip(name, most), H: boxHeight}
		above := utf8.RuneCountInString(kind) + len(" · 999 waiting") // or when it fires
		b.W = int(max(float64(utf8.RuneCountInString(b.Label))*letterWidth, float64(above)*smallWidth)) + 20
		at[key], boxes = b, append(boxes, b)
		return b
	}
	listened := map[string]bool{}
	for _, f := range functions {
		from := get(sourceKey(f), f.Trigger.Kind(), f.Trigger.Resource())
		listened[from.key] = true
		edges = append(edges, edge{from, get("function "+f.Name, "", f.Name), false})
	}
	for _, f := range functions {
		from := at["function "+f.Name]
		for _, s := range f.Sinks {
			key, name := s.Kind+" "+s.Name, s.Name
			if s.Kind == "event" && listened["event "+s.Type] {
				key, name = "event "+s.Type, s.Type
			} else if s.Kind == "event" || s.Kind == "http" {
				key = "sink " + key // which no trigger of the name listens to
			}
			edges = append(edges, edge{from, get(key, s.Kind, name), false})
		}
		if key := "queue " + f.DeadLetterSink(); listened[key] {
			edges = append(edges, edge{from, at[key], true})
		}
	}
	for _, s := range state.Sources {
		for _, f := range s.Functions {
			if i := slices.IndexFunc(functions, func(one model.Function) bool { return one.Name == f }); i >= 0 {
				b := at[sourceKey(functions[i])]
				b.Waiting = max(b.Waiting, s.Waiting)
			}
		}
	}
	for _, s := range state.Schedules {
		if b := at["schedule "+s.Function]; b != nil && !s.Next.IsZero() {
			b.Next = clock(s.Next)
		}
	}
	return layOut(boxes, edges)
}

func sourceKey(f model.Function) string {
	if f.Trigger.Kind() == "schedule" {
		return "schedule " + f.Name
	}
	return f.Trigger.Kind() + " " + f.Trigger.Resource()
}

// layOut gives each box its place. The same boxes have the same places.
func layOut(boxes []*box, edges []edge) chain {
	circular := circles(boxes, edges)
	setColumns(boxes, edges, circular)
	columns, through := fill(boxes, edges, circular)
	arrange(columns)
	var c chain
	x, beside := margin, 0
	if len(circular) > 0 {
		beside = turn
	}
	x += beside
	for _, column := range columns {
		width := 0
		for _, b := range column {
			width = max(width, b.W)
		}
		for _, b := range column {
			b.X, b.W = x, width
		}
		x += width + columnGap
	}
	c.Width = max(x-columnGap, 0) + beside + margin
	top := math.Inf(1)
	for _, column := range columns {
		for _, b := range column {
			top = min(top, b.y-float64(b.H)/2)
		}
	}
	for _, column := range columns {
		for _, b := range column {
			b.Y = int(math.Round(b.y-top)) - b.H/2 + margin
			c.Height = max(c.Height, b.Y+b.H+margin)
			if b.key != "" {
				c.Boxes = append(c.Boxes, b)
			}
		}
	}
	below := c.Height
	for i, e := range edges {
		if circular[i] {
			below += 10
			c.Lines = append(c.Lines, line{around(e.from, e.to, below), true, e.letters})
			continue
		}
		c.Lines = append(c.Lines, line{straight(through[i]), false, e.letters})
	}
	if below > c.Height {
		c.Height = below + margin
	}
	return c
}

// circles says of each edge whether it leads back to where it comes from.
func circles(boxes []*box, edges []edge) map[int]bool {
	back := map[int]bool{}
	const under, done = 1, 2
	state := map[*box]int{}
	var visit func(*box)
	visit = func(b *box) {
		state[b] = under
		for i, e := range edges {
			if e.from != b {
				continue
			}
			switch state[e.to] {
			case under:
				back[i] = true
			case 0:
				visit(e.to)
			}
		}
		state[b] = done
	}
	for _, first := range []bool{true, false} {
		for _, b := range boxes {
			isFed := slices.ContainsFunc(edges, func(e edge) bool { return e.to == b })
			if state[b] == 0 && isFed != first {
				visit(b)
			}
		}
	}
	return back
}

// setColumns puts each box right of all that feed it, and what nothing feeds just
// left of what it feeds.
func setColumns(boxes []*box, edges []edge, circular map[int]bool) {
	for changed := true; changed; {
		changed = false
		for i, e := range edges {
			if !circular[i] && e.to.column <= e.from.column {
				e.to.column, changed = e.from.column+1, true
			}
		}
	}
	for _, b := range boxes {
		nearest, isFed := math.MaxInt, false
		for i, e := range edges {
			if !circular[i] && e.from == b {
				nearest = min(nearest, e.to.column)
			}
			isFed = isFed || !circular[i] && e.to == b
		}
		if !isFed && nearest < math.MaxInt {
			b.column = nearest - 1
		}
	}
}

// fill returns the columns, and the boxes that each line goes through.
func fill(boxes []*box, edges []edge, circular map[int]bool) ([][]*box, map[int][]*box) {
	var columns [][]*box
	add := func(b *box) {
		for len(columns) <= b.column {
			columns = append(columns, nil)
		}
		b.rank = len(columns[b.column])
		columns[b.column] = append(columns[b.column], b)
	}
	for _, b := range boxes {
		add(b)
	}
	through := map[int][]*box{}
	for i, e := range edges {
		if circular[i] {
			continue
		}
		path := []*box{e.from}
		for column := e.from.column + 1; column < e.to.column; column++ {
			b := &box{column: column, H: 8}
			add(b)
			path = append(path, b)
		}
		path = append(path, e.to)
		for j := range path[1:] {
			path[j].out = append(path[j].out, path[j+1])
			path[j+1].in = append(path[j+1].in, path[j])
		}
		through[i] = path
	}
	return columns, through
}

// arrange orders the boxes of each column so that few lines cross, and puts them
// beside what they are tied to.
func arrange(columns [][]*box) {
	mean := func(boxes []*box, of func(*box) float64, other float64) float64 {
		if len(boxes) == 0 {
			return other
		}
		sum := 0.0
		for _, b := range boxes {
			sum += of(b)
		}
		return sum / float64(len(boxes))
	}
	sweep := func(do func(column []*box, tied func(*box) []*box)) {
		for _, column := range columns {
			do(column, func(b *box) []*box { return b.in })
		}
		for _, column := range slices.Backward(columns) {
			do(column, func(b *box) []*box { return b.out })
		}
	}
	rank := func(b *box) float64 { return float64(b.rank) }
	for range 4 {
		sweep(func(column []*box, tied func(*box) []*box) {
			weight := map[*box]float64{}
			for _, b := range column {
				weight[b] = mean(tied(b), rank, rank(b))
			}
			slices.SortStableFunc(column, func(a, b *box) int { return cmp.Compare(weight[a], weight[b]) })
			for i, b := range column {
				b.rank = i
			}
		})
	}
	for _, column := range columns {
		for i, b := range column {
			b.y = float64(i) * (boxHeight + rowGap)
		}
	}
	apart := func(a, b *box) float64 { return float64(a.H+b.H)/2 + rowGap }
	for range 6 {
		sweep(func(column []*box, tied func(*box) []*box) {
			// From above and from below, each keeps the boxes apart, and so does the middle.
			down, up := make([]float64, len(column)), make([]float64, len(column))
			for i, b := range column {
				down[i] = mean(tied(b), func(b *box) float64 { return b.y }, b.y)
				up[i] = down[i]
			}
			for i := 1; i < len(column); i++ {
				down[i] = max(down[i], down[i-1]+apart(column[i-1], column[i]))
			}
			for i := len(column) - 2; i >= 0; i-- {
				up[i] = min(up[i], up[i+1]-apart(column[i], column[i+1]))
			}
			for i, b := range column {
				b.y = (down[i] + up[i]) / 2
			}
		})
	}
}

// straight is the line through the boxes, from the first one's right to the last
// one's left.
func straight(boxes []*box) string {
	from := boxes[0]
	x, y := from.X+from.W, from.Y+from.H/2
	path := fmt.Sprintf("M%d %d", x, y)
	for _, b := range boxes[1:] {
		bend := (b.X - x) / 2
		path += fmt.Sprintf("C%d %d %d %d %d %d", x+bend, y, b.X-bend, b.Y+b.H/2, b.X, b.Y+b.H/2)
		x, y = b.X, b.Y+b.H/2
		if b.key == "" {
			x += b.W
			path += fmt.Sprintf("H%d", x)
		}
	}
	return path
}

// around is the line from the one box's right back to the other's left, below all.
func around(from, to *box, below int) string {
	x, y := from.X+from.W, from.Y+from.H/2
	left, middle := to.X, to.Y+to.H/2
	return fmt.Sprintf("M%d %dC%d %d %d %d %d %dH%dC%d %d %d %d %d %d", x, y, x+turn, y, x+turn, below, x, below, left, left-turn, below, left-turn, middle, left, middle)
}

// clip shortens the text to the number of letters.
func clip(s string, letters int) string {
	if utf8.RuneCountInString(s) <= letters {
		return s
	}
	return string([]rune(s)[:letters-1]) + "…"
}
