// Package estate reads what a deployment on AWS consists of from each of its two
// forms, a template of CloudFormation and a module of Terraform, so that tests can
// compare them. What each form means is written down here by hand, from the
// documentation of CloudFormation and of Terraform's provider, defaults included:
// the package knows nothing of what writes the forms.
//
// What it does not know is not overlooked: a kind of resource, a property, an
// argument or a function that nothing here reads is among the Problems.
package estate

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// An Estate is what is deployed, by kind and by the logical ids, which are in
// lower-case letters and digits alone here.
//
// A text in it holds what is known only when it is deployed as a word in angle
// quotes: ‹queue ordersqueue url›, ‹region›, ‹secret db›.
type Estate struct {
	Region        string // in which alone it may be deployed
	Functions     map[string]*Function
	Roles         map[string]*Role
	Logs          map[string]*Logs
	Retries       map[string]*Retries
	Permissions   map[string]*Permission
	URLs          map[string]*URL
	Mappings      map[string]*Mapping
	Queues        map[string]*Queue
	Topics        map[string]*Topic
	Subscriptions map[string]*Subscription
	Buckets       map[string]*Bucket
	Tables        map[string]*Table
	Streams       map[string]*Stream
	Rules         map[string]*Rule
	Schedules     map[string]*Schedule
	APIs          map[string]*API
	Stages        map[string]*Stage
	Integrations  map[string]*Integration
	Routes        map[string]*Route
	Alarms        map[string]*Alarm

	Retained map[string]bool // by kind and id: what is not deleted

	// What the forms need not have alike.

	Names    map[string]string `cmp:"-"` // by kind and id: what is given a name
	Outputs  []string          `cmp:"-"` // what is shown
	Problems []string          `cmp:"-"` // what was not understood
}

// A Function is one of Lambda.
type Function struct {
	Description, Runtime, Handler, Archive, Role, Key  string
	Architectures, Subnets, SecurityGroups             []string
	Memory, Timeout, Storage                           int
	Reserved                                           int // -1 for none
	Variables                                          map[string]string
	Tracing                                            string
	LogGroup, LogFormat, ApplicationLevel, SystemLevel string
}

// A Role is what a service may take on.
type Role struct {
	Path, Boundary string
	Trust          []Statement
	Policies       map[string][]Statement
	Managed        []string
}

// A Statement is one of a policy, with its lists sorted.
type Statement struct {
	Effect                         string
	Principals, Actions, Resources []string
	Conditions                     map[string][]string // by operator and key
}

// Logs is a log group.
type Logs struct {
	Days int // 0 for ever
	Key  string
}

// Retries is how Lambda calls a function again.
type Retries struct {
	Function, Qualifier, OnFailure string
	Attempts, Age                  int
}

// A Permission lets somebody call a function.
type Permission struct {
	Function, Action, Principal, Source, Account, Auth string
	ViaURL                                             bool
}

// A URL is a function's.
type URL struct{ Function, Auth, Mode string }

// A Mapping feeds a function with batches.
type Mapping struct {
	Function, Source, Start, OnFailure, Key             string
	Responses, Metrics, Filters                         []string
	Batch, Window, Parallel, Concurrency, Attempts, Age int // 0 for the platform's own, Attempts and Age -1
	Bisect                                              bool
}

// A Queue is one of SQS.
type Queue struct {
	FIFO, Managed               bool // by a key of SQS
	Visibility, Keep, MaxLength int
	Letters                     string
	Receives                    int
	Key                         string
	Policy                      []Statement
}

// A Topic is one of SNS.
type Topic struct {
	Key    string
	Policy []Statement
}

// A Subscription is one of a topic.
type Subscription struct{ Topic, Protocol, Endpoint, Letters string }

// A Bucket is one of S3.
type Bucket struct {
	Blocked         [4]bool // ACLs and policies that make it public, and to ignore and restrict such
	Encryption, Key string
	BucketKey       bool
	Notifies        []Notification
	After           []string // what must be there before it notifies
	Policy          []Statement
}

// A Notification is of one kind of event.
type Notification struct{ Event, Function, Prefix, Suffix string }

// A Table is one of DynamoDB.
type Table struct {
	Billing, Hash, Range, Images, Key string
	Attributes                        map[string]string
	PointInTime, OwnKey               bool
}

// A Stream is one of Kinesis.
type Stream struct {
	Mode, Encryption, Key string
	Hours                 int
}

// A Rule is one of EventBridge.
type Rule struct {
	Bus, State string
	Pattern    any
	Targets    map[string]Target
}

// A Target is what a rule or a schedule calls.
type Target struct {
	ARN, Role, Input, Letters string
	Attempts, Age             int
}

// A Schedule is one of EventBridge Scheduler.
type Schedule struct {
	Expression, Zone, Window, Group, State, Key string
	Target                                      Target
}

// An API is an HTTP API, and Stage, Integration and Route are parts of one.
type (
	API   struct{ Name, Protocol string }
	Stage struct {
		API, Name string
		Auto      bool
	}
	Integration struct{ API, Type, URI, Format string }
	Route       struct{ API, Key, Auth, Target string }
)

// An Alarm is one of CloudWatch.
type Alarm struct {
	Description, Namespace, Metric, Statistic, Operator, Missing string
	Threshold, Period, Periods, Datapoints                       int
	Dimensions                                                   map[string]string
	Tells, TellsOK                                               []string
}

// of returns what the map has under the id, which is made if it is not there.
func of[T any](m *map[string]*T, id string) *T {
	if *m == nil {
		*m = map[string]*T{}
	}
	if (*m)[id] == nil {
		(*m)[id] = new(T)
	}
	return (*m)[id]
}

func (e *Estate) problem(format string, args ...any) {
	e.Problems = append(e.Problems, fmt.Sprintf(format, args...))
}

// word is what stands for what is known later.
func word(of ...string) string { return "‹" + strings.Join(of, " ") + "›" }

var thing = regexp.MustCompile(`^‹(\S+) (\S+) (\S+)›$`)

// refers returns the id of what the text refers to, which must be of the kind.
func (r *reader) refers(text, kind string) string {
	parts := thing.FindStringSubmatch(text)
	if parts == nil || parts[1] != kind {
		r.problem("%q is no %s of the deployment", text, kind)
		return ""
	}
	return parts[2]
}

// function returns the id of a function that is referred to by its name or its ARN,
// which mean the same to Lambda.
func (r *reader) function(name string) string { return r.refers(get(r, name, ""), "function") }

// set notes the policy of what can have one.
func (r *reader) set(policy *[]Statement, statements []Statement) {
	if *policy != nil {
		r.problem("it is a second policy of one thing")
	}
	*policy = statements
}

func (b *Bucket) sort() {
	slices.SortFunc(b.Notifies, func(x, y Notification) int { return strings.Compare(fmt.Sprint(x), fmt.Sprint(y)) })
}
