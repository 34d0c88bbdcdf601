package daytwo

import (
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fngen/fngen/gen/internal/model"
)

// An application is what is deployed, its first day's: the sources of its
// functions, by their names, and its fngen.yaml.
type application struct {
	path      string // its import path
	settings  string
	functions []source
	setup     source // of the type Shop, whose methods have it; none without a name
}

// A source is the doc comment and the declaration of a function.
type source struct {
	directives []string
	name       string // of the Go function
	of         string // its signature after the name
}

const handler = "(ctx context.Context, data []byte) error { return nil }"

// shop has a function for each trigger, and what they hold.
func shop() application {
	return application{path: "example.com/shop", settings: "resources:\n" +
		"  users: {openwhisk: {url: \"https://db.example\"}}\n" +
		"  carts: {openwhisk: {url: \"https://db.example\"}}\n" +
		"  notes: {openwhisk: {url: \"https://db.example\"}}\n" +
		"  orders: {openwhisk: {brokers: [\"kafka.example:9092\"]}}\n" +
		"  stock: {openwhisk: {brokers: [\"kafka.example:9092\"]}}\n" +
		"  clicks: {openwhisk: {brokers: [\"kafka.example:9092\"]}}\n",
		functions: []source{
			{[]string{"http GET,POST /orders/{id} auth=public", "sink topic:placed"}, "Order", "(w http.ResponseWriter, r *http.Request) {}"},
			{[]string{"http GET /orders auth=public"}, "Orders", "(w http.ResponseWriter, r *http.Request) {}"},
			{[]string{"queue orders", "retries 4"}, "Confirm", handler},
			{[]string{"queue stock", "deadletter none"}, "Reserve", handler},
			{[]string{"topic news"}, "Print", handler},
			{[]string{"topic news"}, "Send", handler},
			{[]string{"schedule \"30 4 * * *\""}, "Nightly", handler},
			{[]string{"object pictures created", "targets aws,gcp"}, "Thumbnail", handler},
			{[]string{"document users"}, "Greet", handler},
			{[]string{"stream clicks", "deadletter none"}, "Count", handler},
			{[]string{"event com.example.order.placed"}, "Audit", handler},
		}}
}

// api is shop with its routes behind one API on AWS.
func api() application {
	a := shop()
	a.settings = "targets:\n  aws: {http: api}\n" + a.settings
	return a
}

// without, renamed and so on return the application of another day.

func (a application) without(name string) application {
	a.functions = slices.DeleteFunc(slices.Clone(a.functions), func(s source) bool { return s.name == name })
	return a
}

// renamed gives every function another name, and says so.
func (a application) renamed(says bool) application {
	a.functions = slices.Clone(a.functions)
	for i, s := range a.functions {
		was := model.Kebab(s.name)
		s.name = "New" + s.name
		if says {
			s.directives = append(slices.Clone(s.directives), "name new-"+was+" was="+was)
		}
		a.functions[i] = s
	}
	return a
}

// again gives every function a third name, and says so.
func (a application) again() application {
	a.functions = slices.Clone(a.functions)
	for i, s := range a.functions {
		was := model.Kebab(s.name)
		s.name = "Third" + s.name
		s.directives = append(slices.Clone(s.directives), "name third-"+was+" was="+was+",new-"+was)
		a.functions[i] = s
	}
	return a
}

// with has another function, and so forth.
func (a application) with(directives []string, name string) application {
	a.functions = append(slices.Clone(a.functions), source{directives, name, handler})
	return a
}

// saying gives the function of the name other directives.
func (a application) saying(name string, directives ...string) application {
	a.functions = slices.Clone(a.functions)
	for i, s := range a.functions {
		if s.name == name {
			a.functions[i].directives = directives
		}
	}
	return a
}

// reversed has the functions, and the methods of routes, in another order.
func (a application) reversed() application {
	a.functions = slices.Clone(a.functions)
	slices.Reverse(a.functions)
	for i, s := range a.functions {
		s.directives = slices.Clone(s.directives)
		for j, d := range s.directives {
			s.directives[j] = strings.Replace(d, "GET,POST", "POST,GET", 1)
		}
		a.functions[i] = s
	}
	return a
}

// using has a method of a type whose setup has these uses, each of which is of a
// string with the name of its parameter.
func (a application) using(directives []string, uses ...string) application {
	var params []string
	a.setup = source{directives: []string{"setup"}, name: "NewShop"}
	for _, use := range uses {
		param, _, _ := strings.Cut(use, " ")
		params = append(params, param+" string")
		a.setup.directives = append(a.setup.directives, "use "+use)
	}
	a.setup.of = "(" + strings.Join(append([]string{"ctx context.Context"}, params...), ", ") + ") (*Shop, error) { return nil, nil }"
	a.functions = append(slices.Clone(a.functions), source{directives, "(s *Shop) Sort", handler})
	return a
}

func (a application) at(path string) application {
	a.path = path
	return a
}

func (a application) files() []txtar.File {
	var b strings.Builder
	b.WriteString("package shop\n\nimport (\n\t\"context\"\n\t\"net/http\"\n)\n\nvar _ http.Handler\n\nvar _ context.Context\n")
	all := a.functions
	if a.setup.name != "" {
		b.WriteString("\ntype Shop struct{}\n")
		all = append([]source{a.setup}, all...)
	}
	for _, s := range all {
		b.WriteString("\n")
		for _, d := range s.directives {
			b.WriteString("//fn:" + d + "\n")
		}
		b.WriteString("func " + s.name + s.of + "\n")
	}
	return []txtar.File{
		{Name: "go.mod", Data: []byte("module " + a.path + "\n\ngo 1.26\n")},
		{Name: "shop.go", Data: []byte(b.String())},
		{Name: "fngen.yaml", Data: []byte(a.settings)},
	}
}
