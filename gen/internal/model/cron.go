package model

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Cron is a cron expression of five fields, understood as Vixie cron does.
type Cron struct {
	Minute, Hour, DayOfMonth, Month, DayOfWeek CronField
}

// A CronField is one field: the values in it and how they were written.
type CronField struct {
	Text   string // in lower case, as it was written
	Any    bool   // *, without a step
	Every  int    // the step of */n; 0 for any other form
	Values []int  // sorted; Sunday is 0, January is 1
}

type fieldGrammar struct {
	name     string
	low, top int
	names    []string // of low, low+1, …
}

var (
	monthNames = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
	dayNames   = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	cronFields = []fieldGrammar{
		{"minute", 0, 59, nil}, {"hour", 0, 23, nil}, {"day of month", 1, 31, nil},
		{"month", 1, 12, monthNames}, {"day of week", 0, 7, dayNames},
	}
)

// ParseCron understands a cron expression.
func ParseCron(s string) (Cron, error) {
	texts := strings.Fields(strings.ToLower(s))
	if len(texts) != len(cronFields) {
		return Cron{}, ErrText("the cron expression %q has %d fields; quote five: minute, hour, day of month, month, day of week", s, len(texts))
	}
	var fields [5]CronField
	for i, text := range texts {
		field, err := cronFields[i].parse(text)
		if err != nil {
			return Cron{}, fmt.Errorf("the %s of the cron expression: %w", cronFields[i].name, err)
		}
		fields[i] = field
	}
	c := Cron{fields[0], fields[1], fields[2], fields[3], fields[4]}
	if c.DayOfWeek.Any && !c.possible() {
		return Cron{}, ErrText("the cron expression %q never fires: no month in it has such a day", s)
	}
	return c, nil
}

// possible reports whether one of the months has one of the days.
func (c Cron) possible() bool {
	for _, month := range c.Month.Values {
		days := 31
		switch month {
		case 2:
			days = 29
		case 4, 6, 9, 11:
			days = 30
		}
		if c.DayOfMonth.Values[0] <= days {
			return true
		}
	}
	return false
}

func (g fieldGrammar) parse(text string) (CronField, error) {
	f := CronField{Text: text, Any: text == "*"}
	for item := range strings.SplitSeq(text, ",") {
		span, stepText, stepped := strings.Cut(item, "/")
		step := 1
		if stepped {
			n, err := strconv.Atoi(stepText)
			if err != nil || n < 1 || n > g.top {
				return f, ErrText("%q has no step from 1 to %d", item, g.top)
			}
			step = n
		}
		low, top := g.low, g.top
		if g.name == "day of week" {
			top = 6
		}
		if span == "*" {
			if stepped && item == text {
				f.Every = step
			}
		} else {
			first, last, ranged := strings.Cut(span, "-")
			var err error
			if low, err = g.value(first); err != nil {
				return f, err
			}
			switch {
			case ranged:
				if top, err = g.value(last); err != nil {
					return f, err
				}
				if top < low {
					return f, ErrText("the range %q runs backwards; write two", span)
				}
			case stepped:
				return f, ErrText("%q has a step without a range; write a range or *", item)
			default:
				top = low
			}
		}
		for v := low; v <= top; v += step {
			value := v
			if g.name == "day of week" {
				value %= 7 // 7 is Sunday as well
			}
			f.Values = append(f.Values, value)
		}
	}
	slices.Sort(f.Values)
	f.Values = slices.Compact(f.Values)
	return f, nil
}

// value understands a number or a name.
func (g fieldGrammar) value(s string) (int, error) {
	if i := slices.Index(g.names, s); i >= 0 {
		return g.low + i, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < g.low || n > g.top || strings.TrimLeft(s, "0123456789") != "" {
		return 0, ErrText("%q is not a value from %d to %d", s, g.low, g.top)
	}
	return n, nil
}

// MonthNames returns the months, JAN,APR for instance, or * for any.
func (c Cron) MonthNames() string { return c.Month.join(1, monthNames) }

// DayNames returns the days of the week, MON,TUE for instance, or * for any.
func (c Cron) DayNames() string { return c.DayOfWeek.join(0, dayNames) }

// Numbers returns the field's values, 0,30 for instance, or * for any.
func (f CronField) Numbers() string { return f.join(0, nil) }

// join returns the field's values, by their names if there are any, of which the
// first is that of low.
func (f CronField) join(low int, names []string) string {
	if f.Any {
		return "*"
	}
	var out []string
	for _, v := range f.Values {
		text := strconv.Itoa(v)
		if names != nil {
			text = strings.ToUpper(names[v-low])
		}
		out = append(out, text)
	}
	return strings.Join(out, ",")
}
