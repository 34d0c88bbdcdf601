package config

import (
	"cmp"
	"errors"
	"fmt"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
)

var (
	memory            = Key{Name: model.KeyMemory, Doc: "Memory of an instance, in units of 1024 times 1024 bytes."}
	reservedInstances = Key{Name: model.KeyReserved, Doc: "Instances that are kept for the function.", Low: 1, High: 10_000}
	maxInstances      = Key{Name: model.KeyMaxInstances, Doc: "Instances that there are at most.", Low: 1, High: 10_000}
	logRetention      = Key{Name: model.KeyLogRetention, Doc: "How long logs are kept, in days.",
		Grammar: regexp.MustCompile(`^[1-9][0-9]{0,3}d$`), Want: "days such as 30d"}
	tracing = Key{Name: model.KeyTracing, Doc: "Whether AWS X-Ray traces the function: active for a sample of its own, passthrough for what a caller traces, which is the default.",
		OneOf: []string{"active", "passthrough"}}
	logLevel = Key{Name: model.KeyLogLevel, Doc: "The least level of what is logged, LOG_LEVEL in the function's environment; info without one.",
		OneOf: []string{"debug", "info", "warn", "error"}}
)

// Operate returns the function with what the file says of it on the target; on
// all of them if the target is "".
func (c *Config) Operate(f model.Function, target string) model.Function {
	function := c.functions().Section(f.Name, "")
	f.Operation = model.Operation{}
	positions := map[string]token.Position{}
	maps.Copy(positions, f.Positions)
	f.Positions = positions
	from := []*Settings{function}
	operate(&f, function)
	for _, name := range c.known {
		if on := functionOn(function, name); name == target {
			from = append(from, on)
			operate(&f, on)
		} else {
			operate(&model.Function{Positions: map[string]token.Position{}}, on) // which finds what is wrong there
		}
	}
	c.setLogLevel(&f, from)
	slices.SortFunc(f.Operation.Env, func(a, b model.Variable) int { return strings.Compare(a.Name, b.Name) })
	return f
}

// operate sets what the settings have, over what is there.
func operate(f *model.Function, s *Settings) {
	o := &f.Operation
	o.Memory = cmp.Or(s.Size(memory), o.Memory)
	o.Reserved = cmp.Or(s.Int(reservedInstances), o.Reserved)
	o.MaxInstances = cmp.Or(s.Int(maxInstances), o.MaxInstances)
	o.LogRetention = cmp.Or(days(s.String(logRetention)), o.LogRetention)
	o.Tracing = cmp.Or(s.String(tracing), o.Tracing)
	s.String(logLevel)
	for _, key := range []string{model.KeyMemory, model.KeyReserved, model.KeyMaxInstances, model.KeyLogRetention, model.KeyTracing} {
		if s.Has(key) {
			f.Positions[key] = s.Position(key)
		}
	}
	env := environment(s)
	for _, name := range env.order {
		v, ok := variable(env, name)
		if !ok {
			continue
		}
		o.Env = append(slices.DeleteFunc(o.Env, func(other model.Variable) bool { return other.Name == name }), v)
		f.Positions[model.KeyEnv+"."+name] = env.Position(name)
	}
}

func environment(s *Settings) *Settings {
	return s.Section(model.KeyEnv, "Environment variables. secret:NAME is the value of the platform's secret of that name, and secret:NAME#MEMBER a member of one that is a JSON object.")
}

// setLogLevel adds the variable for the level that the function has by the last of
// its settings that say one, or all functions have, and refuses another way to say
// it beside that.
func (c *Config) setLogLevel(f *model.Function, function []*Settings) {
	from := c.top
	for _, s := range function {
		if s.Has(logLevel.Name) {
			from = s
		}
	}
	level := from.String(logLevel)
	if level == "" {
		return
	}
	for _, s := range function {
		if env := environment(s); env.Has(model.LogLevel) {
			env.Refuse("env-name", model.LogLevel, "is what %s sets; remove it, and write %s for a level of the function's own", from.full(logLevel.Name), s.full(logLevel.Name))
			return
		}
	}
	f.Operation.Env = append(f.Operation.Env, model.Variable{Name: model.LogLevel, Value: level})
	f.Positions[model.KeyEnv+"."+model.LogLevel] = from.Position(logLevel.Name)
}

// readAllows reads what the file acknowledges.
func (c *Config) readAllows() {
	s := c.top.Section("allow", "Warnings that are acknowledged wherever they come from, by their codes, each with the reason.")
	for _, code := range slices.Sorted(maps.Keys(model.Kinds)) {
		if kind := model.Kinds[code]; kind.Severity == model.Warning {
			reason := s.String(Key{Name: string(code), Doc: "Why this is known and right: " + kind.Means + ".", Grammar: regexp.MustCompile(`\S`), Want: "the reason"})
			if s.Has(string(code)) {
				c.Allows = append(c.Allows, model.Allow{Code: code, Reason: reason, Pos: s.Position(string(code))})
			}
		}
	}
	for _, name := range s.order {
		if err := model.Allowable(model.Code(name)); err != nil {
			s.ask(Key{Name: name})
			s.fail("config-key", s.keys[name], "allow: %s", err)
		}
	}
}

// OperateAll takes every function that the file names as one that there is, for
// an application whose functions are not all known.
func (c *Config) OperateAll() {
	for _, name := range c.functions().order {
		c.Operate(model.Function{Name: name}, "")
	}
}

// CheckResources says which resources in the file no function has.
func (c *Config) CheckResources(functions []model.Function) {
	used := map[string]bool{}
	for _, f := range functions {
		used[f.Trigger.Resource()] = true
		used[f.DeadLetter] = true
		for _, u := range f.Uses {
			used[u.Name] = used[u.Name] || u.Kind != model.UseSecret
		}
		for _, s := range f.Sinks {
			used[s.Name] = true
		}
	}
	resources := c.resources()
	for _, name := range resources.order {
		if model.ValidName(name) == nil && !used[name] {
			resources.Refuse("config-unused", name, "belongs to no function; correct the name, or remove it")
		}
	}
}

var sizeGrammar = regexp.MustCompile(`^[1-9][0-9]{0,5}(MB|GB)$`)

// Size returns the size under the key, in units of 1024 times 1024 bytes, or 0 if
// it is not there. It lies from the key's Low to its High, if it has them.
func (s *Settings) Size(key Key) int {
	key.Grammar, key.Want = sizeGrammar, "a size such as 512MB or 2GB"
	text := s.String(key)
	n, _ := strconv.Atoi(strings.TrimRight(text, "MGB"))
	if strings.HasSuffix(text, "GB") {
		n *= 1024
	}
	if n != 0 && key.High != 0 && (n < key.Low || n > key.High) {
		s.Refuse("config-value", key.Name, "is %s; give %dMB to %dMB", text, key.Low, key.High)
		return 0
	}
	return n
}

func days(s string) int {
	n, _ := strconv.Atoi(strings.TrimSuffix(s, "d"))
	return n
}

const secretPrefix = "secret:"

var (
	variableGrammar = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,127}$`)
	secretGrammar   = regexp.MustCompile(`^` + secretName + `$`)
)

const secretName = model.SecretPattern + `(#[A-Za-z0-9_.-]{1,128})?`

// variable returns the environment variable under the name, if it is possible.
func variable(env *Settings, name string) (model.Variable, bool) {
	v := model.Variable{Name: name}
	diagnostics := len(env.diagnostics)
	text := env.String(Key{Name: name, Valid: func(value string) error {
		secret, isSecret := strings.CutPrefix(value, secretPrefix)
		switch {
		case isSecret && !secretGrammar.MatchString(secret):
			return fmt.Errorf("names the secret %q; use letters, digits and /_+=.@-, at most 255 of them, and #MEMBER after it for a member of a JSON object", model.Clip(secret))
		case isSecret:
			return nil
		case len(value) > 4096:
			return fmt.Errorf("has %d bytes; the platforms take 4096 at most", len(value))
		case strings.ContainsRune(value, 0):
			return fmt.Errorf("holds a zero byte, which no environment does; remove it")
		}
		return credential(name, value)
	}})
	if !variableGrammar.MatchString(name) {
		env.fail("config-value", env.keys[name], "%s is not the name of a variable; use letters, digits and _, no digit first, at most 128 of them", env.full(model.Clip(name)))
	}
	v.Value, v.Member, v.IsSecret = secret(text)
	return v, len(env.diagnostics) == diagnostics
}

// secret returns the name and the member of the secret that the value names, or the
// value itself.
func secret(text string) (value, member string, isSecret bool) {
	value, isSecret = strings.CutPrefix(text, secretPrefix)
	if isSecret {
		value, member, _ = strings.Cut(value, "#")
	}
	return value, member, isSecret
}

// Settings of the names and values by which a credential is known. What names
// hold, without a word after it, is one: API_TOKEN, but not TOKEN_URL.
var (
	credentialName  = regexp.MustCompile(`(?i)(^|_)(password|passwd|pwd|passphrase|secret|token|credentials?|api_?key|access_?key|secret_?key|private_?key|auth_?key|signing_?key|encryption_?key)$`)
	credentialValue = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY|(^|[^A-Za-z0-9])(A(KIA|SIA)[A-Z0-9]{16}|AIza[A-Za-z0-9_-]{35}|gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22}|glpat-[A-Za-z0-9_-]{20}|xox[abeprs]-[A-Za-z0-9-]{10}|[sr]k_live_[A-Za-z0-9]{16}|sk-[A-Za-z0-9_-]{32}|SG\.[A-Za-z0-9_-]{16}\.|eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.)`)
)

// credential refuses what looks like a secret, which would stand in a
// repository and in the platform's console. The error does not repeat it.
func credential(name, value string) error {
	if value == "" || !credentialName.MatchString(name) && !credentialValue.MatchString(value) && !model.HasPassword(value) {
		return nil
	}
	return errCredential
}

var errCredential = errors.New("looks like a credential, and what is written here can be read by many; store it as a secret of the platform and write secret:NAME")

// address is the grammar of [Settings.Address].
var address = regexp.MustCompile(`^(https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?|secret:` + secretName + `)$`)

// Address returns the URL under the key, or the name of the secret that holds it:
// a variable without a name. It is the zero Variable if there is none, or none
// that is possible. The key's Want, if it has one, is for a platform without
// secrets.
func (s *Settings) Address(key Key) model.Variable {
	key.Grammar, key.Private = address, true
	if key.Want == "" {
		key.Want = "http:// or https://, a host and a path, or secret:NAME for a URL with credentials or a query"
	}
	text := s.String(key)
	var v model.Variable
	v.Value, v.Member, v.IsSecret = secret(text)
	return v
}
