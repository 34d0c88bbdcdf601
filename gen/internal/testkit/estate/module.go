package estate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// A moduleKind is a type of resource of Terraform's provider: what its attributes
// are, as a word says the same, and what its arguments mean. Of an argument that is
// not there the provider takes the value that its documentation names.
//
// https://registry.terraform.io/providers/hashicorp/aws/latest/docs
type moduleKind struct {
	word       string // "" for a part of another resource
	attributes map[string]string
	read       func(m *module, id string, r *reader)
}

var moduleKinds = map[string]moduleKind{}

func init() { // since they refer to themselves
	maps.Copy(moduleKinds, map[string]moduleKind{
		"aws_lambda_function":                                {"function", map[string]string{"function_name": "name", "id": "name", "arn": "arn"}, moduleFunction},
		"aws_s3_object":                                      {"", map[string]string{"bucket": "bucket", "key": "key"}, moduleObject},
		"aws_iam_role":                                       {"role", map[string]string{"name": "name", "id": "name", "arn": "arn"}, moduleRole},
		"aws_iam_role_policy":                                {"", nil, moduleRolePolicy},
		"aws_iam_role_policy_attachment":                     {"", nil, moduleAttachment},
		"aws_cloudwatch_log_group":                           {"logs", map[string]string{"name": "name", "id": "name", "arn": "arn"}, moduleLogs},
		"aws_lambda_function_event_invoke_config":            {"retries", nil, moduleRetries},
		"aws_lambda_permission":                              {"permission", nil, modulePermission},
		"aws_lambda_function_url":                            {"url", map[string]string{"function_url": "address"}, moduleURL},
		"aws_lambda_event_source_mapping":                    {"mapping", map[string]string{"uuid": "id", "id": "id"}, moduleMapping},
		"aws_sqs_queue":                                      {"queue", map[string]string{"url": "url", "id": "url", "arn": "arn", "name": "name"}, moduleQueue},
		"aws_sqs_queue_policy":                               {"", nil, moduleQueuePolicy},
		"aws_sns_topic":                                      {"topic", map[string]string{"arn": "arn", "id": "arn", "name": "name"}, moduleTopic},
		"aws_sns_topic_policy":                               {"", nil, moduleTopicPolicy},
		"aws_sns_topic_subscription":                         {"subscription", nil, moduleSubscription},
		"aws_s3_bucket":                                      {"bucket", map[string]string{"bucket": "name", "id": "name", "arn": "arn"}, moduleBucket},
		"aws_s3_bucket_policy":                               {"", nil, moduleBucketPolicy},
		"aws_s3_bucket_notification":                         {"", nil, moduleNotification},
		"aws_s3_bucket_public_access_block":                  {"", nil, modulePublicAccess},
		"aws_s3_bucket_server_side_encryption_configuration": {"", nil, moduleEncryption},
		"aws_dynamodb_table":                                 {"table", map[string]string{"name": "name", "id": "name", "arn": "arn", "stream_arn": "stream"}, moduleTable},
		"aws_kinesis_stream":                                 {"stream", map[string]string{"name": "name", "arn": "arn", "id": "arn"}, moduleStream},
		"aws_cloudwatch_event_rule":                          {"rule", map[string]string{"name": "name", "arn": "arn"}, moduleRule},
		"aws_cloudwatch_event_target":                        {"", nil, moduleTarget},
		"aws_scheduler_schedule":                             {"schedule", map[string]string{"name": "name", "arn": "arn"}, moduleSchedule},
		"aws_apigatewayv2_api":                               {"api", map[string]string{"id": "id", "api_endpoint": "address"}, moduleAPI},
		"aws_apigatewayv2_stage":                             {"stage", map[string]string{"name": "name"}, moduleStage},
		"aws_apigatewayv2_integration":                       {"integration", map[string]string{"id": "id"}, moduleIntegration},
		"aws_apigatewayv2_route":                             {"route", map[string]string{"id": "id"}, moduleRoute},
		"aws_cloudwatch_metric_alarm":                        {"alarm", map[string]string{"alarm_name": "name", "id": "name", "arn": "arn"}, moduleAlarm},
	})
}

// A module is a main.tf while it is read.
type module struct {
	Estate
	blocks  map[string]*hclsyntax.Block // by type and label
	locals  hclsyntax.Attributes
	objects map[string]string   // the archive of each object
	waits   map[string][]string // what a resource depends on, besides what it refers to
	bound   map[string][]string // of a role: the resources that are its rights
	runs    map[string]string   // of a resource: the role that it has
}

// Module reads a main.tf.
func Module(data []byte) Estate {
	file, diagnostics := hclsyntax.ParseConfig(data, "main.tf", hcl.InitialPos)
	if diagnostics.HasErrors() {
		return Estate{Problems: []string{diagnostics.Error()}}
	}
	return ofModule(file.Body.(*hclsyntax.Body))
}

func ofModule(body *hclsyntax.Body) Estate {
	m := &module{blocks: map[string]*hclsyntax.Block{}, objects: map[string]string{}, waits: map[string][]string{}, bound: map[string][]string{}, runs: map[string]string{}}
	for name := range body.Attributes {
		m.problem("%s stands at the top", name)
	}
	for _, b := range body.Blocks {
		switch b.Type {
		case "terraform", "variable", "moved":
		case "output", "resource", "data":
			at := b.Type + "." + strings.Join(b.Labels, ".")
			if m.blocks[at] != nil {
				m.problem("%s is there twice", at)
			}
			m.blocks[at] = b
		case "locals":
			if m.locals != nil || len(b.Body.Blocks) > 0 {
				m.problem("locals are there twice, or have blocks")
			}
			m.locals = b.Body.Attributes
		default:
			m.problem("a block %s is not known", b.Type)
		}
	}
	for _, pass := range []bool{false, true} { // objects before what refers to them
		for _, at := range slices.Sorted(maps.Keys(m.blocks)) {
			if b := m.blocks[at]; b.Type != "output" && (b.Labels[0] != "aws_s3_object") == pass {
				m.block(at, b)
			}
		}
	}
	for _, at := range slices.Sorted(maps.Keys(m.blocks)) {
		if m.blocks[at].Type == "output" {
			m.output(at, m.blocks[at])
		}
	}
	m.ready()
	return m.Estate
}

// block reads a resource, or a data source: as often as its for_each says.
func (m *module) block(at string, b *hclsyntax.Block) {
	kind, isKnown := moduleKinds[b.Labels[0]]
	if b.Type == "data" {
		kind, isKnown = moduleKind{read: moduleData[b.Labels[0]]}, moduleData[b.Labels[0]] != nil
	}
	if !isKnown {
		m.problem("%s is of a type that is not known", at)
		return
	}
	instances := map[string]any{"": nil}
	if each, ok := b.Body.Attributes["for_each"]; ok {
		value, err := scope{module: m}.value(each.Expr)
		if instances, ok = value.(map[string]any); !ok {
			m.problem("%s: for_each is %v, %v", at, value, err)
		}
	}
	id := strings.ReplaceAll(b.Labels[1], "_", "")
	for _, key := range slices.Sorted(maps.Keys(instances)) {
		s := scope{module: m}
		if b.Body.Attributes["for_each"] != nil {
			s.each = map[string]any{"key": key, "value": instances[key]}
		}
		r := m.reader(at, s.members(at, b.Body))
		r.read["for_each"] = true
		m.waits[at] = append(m.waits[at], r.texts("depends_on")...)
		if b.Type == "resource" {
			lifecycle := r.below("lifecycle")
			if isArchive := b.Labels[0] == "aws_s3_object"; get(lifecycle, "create_before_destroy", false) != isArchive {
				r.problem("create_before_destroy is %t", !isArchive)
			}
			kept := get(lifecycle, "prevent_destroy", false)
			if m.keep(kind.word, id, kept); kept && kind.word == "" {
				r.problem("a part of another resource is kept")
			}
		}
		kind.read(m, id, r)
		r.done()
	}
}

// members are the arguments and blocks of a body: a list for each kind of block.
func (s scope) members(at string, b *hclsyntax.Body) map[string]any {
	out := map[string]any{}
	for name, a := range b.Attributes {
		switch {
		case name == "for_each":
		case name == "depends_on":
			var on []any
			tuple, _ := a.Expr.(*hclsyntax.TupleConsExpr)
			for _, e := range tuple.Exprs {
				on = append(on, strings.Join(steps(e.(*hclsyntax.ScopeTraversalExpr).Traversal), "."))
			}
			out[name] = on
		case at == "data.aws_region.this.lifecycle.postcondition" && name == "condition":
			if equal, ok := a.Expr.(*hclsyntax.BinaryOpExpr); ok && equal.Op == hclsyntax.OpEqual {
				if of, ok := equal.LHS.(*hclsyntax.ScopeTraversalExpr); ok && strings.Join(steps(of.Traversal), ".") == "self.region" {
					out[name], _ = s.value(equal.RHS)
				}
			}
		default:
			value, err := s.value(a.Expr)
			if err != nil {
				s.problem("%s.%s: %v", at, name, err)
			}
			out[name] = value
		}
	}
	for _, inner := range b.Blocks {
		if len(inner.Labels) > 0 {
			s.problem("%s.%s has labels", at, inner.Type) // a dynamic block
		}
		list, _ := out[inner.Type].([]any)
		out[inner.Type] = append(list, s.members(at+"."+inner.Type, inner.Body))
	}
	return out
}

// reference is what a reference is.
func (s scope) reference(way []string) (any, error) {
	unknown := fmt.Errorf("is not known")
	at := func(i int) string {
		if i < len(way) {
			return way[i]
		}
		return ""
	}
	switch way[0] {
	case "var":
		if word, ok := map[string]string{"name": "‹deployment›", "archives": "‹archives›"}[at(1)]; ok && len(way) == 2 {
			return word, nil
		}
		return nil, unknown
	case "path":
		if at(1) == "module" && len(way) == 2 {
			return "‹module›", nil
		}
		return nil, unknown
	case "each":
		if value, ok := s.each[at(1)]; ok && len(way) == 2 {
			return value, nil
		}
		return nil, unknown
	case "local":
		if of := s.locals[at(1)]; of != nil && len(way) == 2 && s.isUnique(of.Expr) {
			return "‹unique›", nil
		}
		return nil, unknown
	case "data":
		if s.blocks[strings.Join(way[:min(len(way), 3)], ".")] == nil {
			return nil, fmt.Errorf("is not there")
		}
		if at(1) == "aws_secretsmanager_secret_version" && len(way) == 5 && way[4] == "secret_string" {
			return s.secret(way)
		}
		if word, ok := facts[at(1)+"."+at(3)]; ok && len(way) == 4 {
			return word, nil
		}
		return nil, unknown
	}
	attribute, ok := moduleKinds[way[0]].attributes[at(2)]
	switch {
	case s.blocks["resource."+way[0]+"."+at(1)] == nil:
		return nil, fmt.Errorf("is not there")
	case !ok || len(way) != 3:
		return nil, unknown
	case way[0] == "aws_s3_object":
		return word("object", at(1), attribute), nil
	}
	return word(moduleKinds[way[0]].word, strings.ReplaceAll(at(1), "_", ""), attribute), nil
}

// secret is the value of a secret, which is one that is read: under its own name.
func (s scope) secret(way []string) (any, error) {
	read := s.blocks[strings.Join(way[:3], ".")].Body.Attributes
	if read["for_each"] == nil || read["secret_id"] == nil {
		return nil, fmt.Errorf("is not read")
	}
	value, err := scope{module: s.module}.value(read["for_each"].Expr)
	if err != nil {
		return nil, err
	}
	secrets, _ := value.(map[string]any)
	id, err := scope{s.module, map[string]any{"key": way[3], "value": secrets[way[3]]}}.value(read["secret_id"].Expr)
	if id != way[3] || err != nil {
		return nil, fmt.Errorf("is the secret %v: %v", id, err)
	}
	return word("secret", way[3]), nil
}

var facts = map[string]string{
	"aws_caller_identity.account_id": "‹account›",
	"aws_partition.partition":        "‹partition›",
	"aws_partition.dns_suffix":       "‹suffix›",
	"aws_region.region":              "‹region›", // until version 6: name
}

// isUnique reports whether the expression is one that no other deployment has: by
// the account, the region and the name, and by what its operator wants.
func (s scope) isUnique(e hclsyntax.Expression) bool {
	var of []string
	for _, t := range e.Variables() {
		of = append(of, strings.Join(steps(t), "."))
	}
	slices.Sort(of)
	return slices.Equal(of, []string{"data.aws_caller_identity.this.account_id", "data.aws_region.this.region", "var.bucket_suffix", "var.name"})
}

// moduleData are the data sources.
var moduleData = map[string]func(*module, string, *reader){
	"aws_caller_identity": func(*module, string, *reader) {},
	"aws_partition":       func(*module, string, *reader) {},
	"aws_region": func(m *module, _ string, r *reader) {
		condition := r.below("lifecycle").below("postcondition")
		m.Region = get(condition, "condition", "")
		get(condition, "error_message", "")
	},
	"aws_secretsmanager_secret_version": func(m *module, _ string, r *reader) {
		if id := must[string](r, "secret_id"); id == "" {
			r.problem("secret_id is %q", id)
		}
	},
}

func (m *module) output(at string, b *hclsyntax.Block) {
	r := m.reader(at, scope{module: m}.members(at, b.Body))
	must[string](r, "description")
	values := must[map[string]any](r, "value")
	for _, name := range slices.Sorted(maps.Keys(values)) {
		text, ok := values[name].(string)
		if !ok {
			r.problem("%s is %v", name, values[name])
		}
		m.Outputs = append(m.Outputs, text)
	}
	r.done()
}

// ready says what can be there before its role may do anything: in a template rights
// are the role's properties, here they are resources that nothing refers to.
func (m *module) ready() {
	for _, at := range slices.Sorted(maps.Keys(m.runs)) {
		for _, rights := range m.bound[m.runs[at]] {
			if !slices.Contains(m.waits[at], rights) {
				m.problem("%s does not depend on %s, and has the role", at, rights)
			}
		}
	}
	for at, all := range m.waits {
		for _, on := range all {
			if !strings.HasPrefix(at, "resource.aws_s3_bucket_notification.") && !slices.Contains(m.bound[m.runs[at]], on) {
				m.problem("%s depends on %s, which is not read", at, on)
			}
		}
	}
}

// as notes that the resource takes on the role.
func (m *module) as(r *reader, role string) string {
	if parts := thing.FindStringSubmatch(role); parts != nil && parts[1] == "role" {
		m.runs[r.at] = parts[2]
	}
	return role
}

func moduleObject(m *module, id string, r *reader) {
	source, key := must[string](r, "source"), must[string](r, "key")
	archive, ok := strings.CutPrefix(source, "‹module›/")
	if bucket := must[string](r, "bucket"); !ok || bucket != "‹archives›" || key != "‹deployment›/"+strings.TrimSuffix(archive, ".zip")+"-"+word("filesha256", source)+".zip" {
		r.problem("the object of %s is %s in %s, want one by its content", source, key, bucket)
	}
	m.objects[id] = archive
}

func moduleFunction(m *module, id string, r *reader) {
	f := of(&m.Functions, id)
	m.name("function", id, must[string](r, "function_name"))
	f.Description, f.Runtime, f.Handler = get(r, "description", ""), must[string](r, "runtime"), must[string](r, "handler")
	object := thing.FindStringSubmatch(must[string](r, "s3_key"))
	if object == nil || object[1] != "object" || object[3] != "key" || must[string](r, "s3_bucket") != word("object", object[2], "bucket") {
		r.problem("s3_bucket and s3_key are %v and %v", r.members["s3_bucket"], r.members["s3_key"])
		object = []string{"", "", ""}
	}
	f.Archive = m.objects[strings.ReplaceAll(object[2], "_", "")]
	if hash := must[string](r, "source_code_hash"); hash != word("filebase64sha256", "‹module›/"+f.Archive) {
		r.problem("source_code_hash is %s, and the archive %s", hash, f.Archive)
	}
	f.Role, f.Key = m.as(r, must[string](r, "role")), get(r, "kms_key_arn", "")
	f.Architectures, f.Memory, f.Timeout = r.texts("architectures", "x86_64"), get(r, "memory_size", 128), get(r, "timeout", 3)
	f.Reserved, f.Storage = get(r, "reserved_concurrent_executions", -1), get(r.below("ephemeral_storage"), "size", 512)
	f.Variables = r.below("environment").mapping("variables")
	f.Tracing = get(r.below("tracing_config"), "mode", "PassThrough")
	logging := r.below("logging_config")
	f.LogGroup, f.LogFormat = get(logging, "log_group", ""), get(logging, "log_format", "Text")
	f.ApplicationLevel, f.SystemLevel = get(logging, "application_log_level", ""), get(logging, "system_log_level", "")
	vpc := r.below("vpc_config")
	f.Subnets, f.SecurityGroups = vpc.texts("subnet_ids"), vpc.texts("security_group_ids")
}

func moduleRole(m *module, id string, r *reader) {
	role := of(&m.Roles, id)
	m.name("role", id, must[string](r, "name"))
	role.Path, role.Boundary, role.Trust = get(r, "path", "/"), get(r, "permissions_boundary", ""), r.policy("assume_role_policy")
	if role.Policies == nil {
		role.Policies = map[string][]Statement{}
	}
}

func moduleRolePolicy(m *module, _ string, r *reader) {
	id, name := r.refers(must[string](r, "role"), "role"), must[string](r, "name")
	role := of(&m.Roles, id)
	if role.Policies == nil {
		role.Policies = map[string][]Statement{}
	}
	if role.Policies[name] != nil {
		r.problem("the role has a policy %s already", name)
	}
	role.Policies[name] = r.policy("policy")
	m.rights(id, r)
}

func moduleAttachment(m *module, _ string, r *reader) {
	id := r.refers(must[string](r, "role"), "role")
	role := of(&m.Roles, id)
	role.Managed = append(role.Managed, must[string](r, "policy_arn"))
	slices.Sort(role.Managed)
	m.rights(id, r)
}

func (m *module) rights(role string, r *reader) {
	if at := strings.TrimPrefix(r.at, "resource."); !slices.Contains(m.bound[role], at) {
		m.bound[role] = append(m.bound[role], at)
	}
}

func moduleLogs(m *module, id string, r *reader) {
	m.name("logs", id, must[string](r, "name"))
	*of(&m.Logs, id) = Logs{Days: get(r, "retention_in_days", 0), Key: get(r, "kms_key_id", "")}
}

func moduleRetries(m *module, id string, r *reader) {
	*of(&m.Retries, id) = Retries{
		Function: r.function("function_name"), Qualifier: get(r, "qualifier", "$LATEST"), OnFailure: get(r.below("destination_config").below("on_failure"), "destination", ""),
		Attempts: get(r, "maximum_retry_attempts", 2), Age: get(r, "maximum_event_age_in_seconds", 21600),
	}
}

func modulePermission(m *module, id string, r *reader) {
	*of(&m.Permissions, id) = Permission{
		Function: r.function("function_name"), Action: must[string](r, "action"), Principal: must[string](r, "principal"),
		Source: get(r, "source_arn", ""), Account: get(r, "source_account", ""), Auth: get(r, "function_url_auth_type", ""), ViaURL: get(r, "invoked_via_function_url", false),
	}
}

func moduleURL(m *module, id string, r *reader) {
	*of(&m.URLs, id) = URL{r.function("function_name"), must[string](r, "authorization_type"), get(r, "invoke_mode", "BUFFERED")}
}

func moduleMapping(m *module, id string, r *reader) {
	one := of(&m.Mappings, id)
	one.Function, one.Source, one.Start, one.Key = r.function("function_name"), must[string](r, "event_source_arn"), get(r, "starting_position", ""), get(r, "kms_key_arn", "")
	one.OnFailure = get(r.below("destination_config").below("on_failure"), "destination_arn", "")
	one.Responses, one.Metrics = r.texts("function_response_types"), r.below("metrics_config").texts("metrics")
	for _, f := range r.below("filter_criteria").each("filter") {
		one.Filters = append(one.Filters, must[string](f, "pattern"))
	}
	one.Batch, one.Window, one.Parallel = get(r, "batch_size", 0), get(r, "maximum_batching_window_in_seconds", 0), get(r, "parallelization_factor", 0)
	one.Concurrency = get(r.below("scaling_config"), "maximum_concurrency", 0)
	one.Attempts, one.Age, one.Bisect = get(r, "maximum_retry_attempts", -1), get(r, "maximum_record_age_in_seconds", -1), get(r, "bisect_batch_on_function_error", false)
}

func moduleQueue(m *module, id string, r *reader) {
	q := of(&m.Queues, id)
	q.FIFO = get(r, "fifo_queue", false)
	name := must[string](r, "name")
	if strings.HasSuffix(name, ".fifo") != q.FIFO {
		r.problem("name is %s", name)
	}
	m.name("queue", id, name)
	q.Visibility, q.Keep, q.MaxLength = get(r, "visibility_timeout_seconds", 30), get(r, "message_retention_seconds", 345600), get(r, "max_message_size", 262144)
	q.Key = get(r, "kms_master_key_id", "")
	q.Managed = get(r, "sqs_managed_sse_enabled", q.Key == "")
	redrive := r.jsonBelow("redrive_policy")
	q.Letters, q.Receives = get(redrive, "deadLetterTargetArn", ""), get(redrive, "maxReceiveCount", 0)
}

func moduleQueuePolicy(m *module, _ string, r *reader) {
	r.set(&of(&m.Queues, r.refers(must[string](r, "queue_url"), "queue")).Policy, r.policy("policy"))
}

func moduleTopic(m *module, id string, r *reader) {
	m.name("topic", id, must[string](r, "name"))
	of(&m.Topics, id).Key = get(r, "kms_master_key_id", "")
}

func moduleTopicPolicy(m *module, _ string, r *reader) {
	r.set(&of(&m.Topics, r.refers(must[string](r, "arn"), "topic")).Policy, r.policy("policy"))
}

func moduleSubscription(m *module, id string, r *reader) {
	*of(&m.Subscriptions, id) = Subscription{must[string](r, "topic_arn"), must[string](r, "protocol"), must[string](r, "endpoint"), get(r.jsonBelow("redrive_policy"), "deadLetterTargetArn", "")}
}

func moduleBucket(m *module, id string, r *reader) {
	m.name("bucket", id, must[string](r, "bucket"))
	of(&m.Buckets, id)
}

// bucket is the one that a part of it is of.
func (m *module) bucket(r *reader) *Bucket {
	return of(&m.Buckets, r.refers(must[string](r, "bucket"), "bucket"))
}

func moduleBucketPolicy(m *module, _ string, r *reader) {
	r.set(&m.bucket(r).Policy, r.policy("policy"))
}

func moduleNotification(m *module, _ string, r *reader) {
	b := m.bucket(r)
	if b.Notifies != nil {
		r.problem("it is the second of its bucket, and takes the other's place")
	}
	for _, n := range r.each("lambda_function") {
		for _, event := range n.texts("events") {
			b.Notifies = append(b.Notifies, Notification{event, n.function("lambda_function_arn"), get(n, "filter_prefix", ""), get(n, "filter_suffix", "")})
		}
	}
	b.sort()
	for _, on := range m.waits[r.at] {
		kind, label, _ := strings.Cut(on, ".")
		b.After = append(b.After, moduleKinds[kind].word+" "+strings.ReplaceAll(label, "_", ""))
	}
	slices.Sort(b.After)
}

func modulePublicAccess(m *module, _ string, r *reader) {
	m.bucket(r).Blocked = [4]bool{get(r, "block_public_acls", false), get(r, "block_public_policy", false), get(r, "ignore_public_acls", false), get(r, "restrict_public_buckets", false)}
}

func moduleEncryption(m *module, _ string, r *reader) {
	b, rule := m.bucket(r), r.below("rule")
	b.BucketKey = get(rule, "bucket_key_enabled", false)
	by := rule.below("apply_server_side_encryption_by_default")
	b.Encryption, b.Key = must[string](by, "sse_algorithm"), get(by, "kms_master_key_id", "")
}

func moduleTable(m *module, id string, r *reader) {
	t := of(&m.Tables, id)
	m.name("table", id, must[string](r, "name"))
	t.Billing, t.Hash, t.Range, t.Attributes = get(r, "billing_mode", "PROVISIONED"), must[string](r, "hash_key"), get(r, "range_key", ""), map[string]string{}
	for _, a := range r.each("attribute") {
		t.Attributes[must[string](a, "name")] = must[string](a, "type")
	}
	if t.Images = get(r, "stream_view_type", ""); get(r, "stream_enabled", false) != (t.Images != "") {
		r.problem("stream_enabled and stream_view_type %q do not go together", t.Images)
	}
	t.PointInTime = get(r.below("point_in_time_recovery"), "enabled", false)
	// Retained is what prevent_destroy is until the resource is taken out of the file.
	if protected := get(r, "deletion_protection_enabled", false); protected != m.Retained["table "+id] {
		r.problem("deletion_protection_enabled is %v, unlike prevent_destroy", protected)
	}
	sse := r.below("server_side_encryption")
	t.OwnKey, t.Key = get(sse, "enabled", false), get(sse, "kms_key_arn", "")
}

func moduleStream(m *module, id string, r *reader) {
	s := of(&m.Streams, id)
	m.name("stream", id, must[string](r, "name"))
	s.Mode, s.Hours = get(r.below("stream_mode_details"), "stream_mode", "PROVISIONED"), get(r, "retention_period", 24)
	s.Encryption, s.Key = get(r, "encryption_type", "NONE"), get(r, "kms_key_id", "")
}

func moduleRule(m *module, id string, r *reader) {
	rule := of(&m.Rules, id)
	m.name("rule", id, must[string](r, "name"))
	rule.Bus, rule.State, rule.Pattern = get(r, "event_bus_name", "default"), get(r, "state", "ENABLED"), r.json("event_pattern")
	if rule.Targets == nil {
		rule.Targets = map[string]Target{}
	}
}

func moduleTarget(m *module, _ string, r *reader) {
	id := r.refers(must[string](r, "rule"), "rule")
	rule := of(&m.Rules, id)
	if rule.Targets == nil {
		rule.Targets = map[string]Target{}
	}
	retry := r.below("retry_policy")
	rule.Targets[must[string](r, "target_id")] = Target{
		ARN: must[string](r, "arn"), Role: m.as(r, get(r, "role_arn", "")), Input: get(r, "input", ""), Letters: get(r.below("dead_letter_config"), "arn", ""),
		Attempts: get(retry, "maximum_retry_attempts", 185), Age: get(retry, "maximum_event_age_in_seconds", 24*60*60),
	}
	bus := get(r, "event_bus_name", "default")
	if of := m.blocks["resource.aws_cloudwatch_event_rule."+strings.TrimPrefix(r.at, "resource.aws_cloudwatch_event_target.")]; of == nil || busOf(m, of) != bus {
		r.problem("the target is on the bus %s, unlike its rule", bus)
	}
}

func busOf(m *module, rule *hclsyntax.Block) string {
	bus, ok := rule.Body.Attributes["event_bus_name"]
	if !ok {
		return "default"
	}
	value, _ := scope{module: m}.value(bus.Expr)
	return fmt.Sprint(value)
}

func moduleSchedule(m *module, id string, r *reader) {
	s := of(&m.Schedules, id)
	m.name("schedule", id, must[string](r, "name"))
	s.Expression, s.Zone = must[string](r, "schedule_expression"), get(r, "schedule_expression_timezone", "UTC")
	s.Window, s.Group, s.State, s.Key = must[string](r.below("flexible_time_window"), "mode"), get(r, "group_name", "default"), get(r, "state", "ENABLED"), get(r, "kms_key_arn", "")
	t := r.below("target")
	retry := t.below("retry_policy")
	s.Target = Target{
		ARN: must[string](t, "arn"), Role: m.as(r, must[string](t, "role_arn")), Input: get(t, "input", ""), Letters: get(t.below("dead_letter_config"), "arn", ""),
		Attempts: get(retry, "maximum_retry_attempts", 185), Age: get(retry, "maximum_event_age_in_seconds", 24*60*60),
	}
}

func moduleAPI(m *module, id string, r *reader) {
	*of(&m.APIs, id) = API{must[string](r, "name"), must[string](r, "protocol_type")}
}

func moduleStage(m *module, id string, r *reader) {
	*of(&m.Stages, id) = Stage{must[string](r, "api_id"), must[string](r, "name"), get(r, "auto_deploy", false)}
}

func moduleIntegration(m *module, id string, r *reader) {
	*of(&m.Integrations, id) = Integration{must[string](r, "api_id"), must[string](r, "integration_type"), must[string](r, "integration_uri"), get(r, "payload_format_version", "1.0")}
}

func moduleRoute(m *module, id string, r *reader) {
	*of(&m.Routes, id) = Route{must[string](r, "api_id"), must[string](r, "route_key"), get(r, "authorization_type", "NONE"), get(r, "target", "")}
}

func moduleAlarm(m *module, id string, r *reader) {
	a := of(&m.Alarms, id)
	m.name("alarm", id, must[string](r, "alarm_name"))
	a.Description, a.Namespace, a.Metric, a.Statistic = get(r, "alarm_description", ""), must[string](r, "namespace"), must[string](r, "metric_name"), must[string](r, "statistic")
	a.Operator, a.Missing = must[string](r, "comparison_operator"), get(r, "treat_missing_data", "missing")
	a.Threshold, a.Period, a.Periods = must[int](r, "threshold"), must[int](r, "period"), must[int](r, "evaluation_periods")
	a.Datapoints = get(r, "datapoints_to_alarm", a.Periods)
	a.Tells, a.TellsOK, a.Dimensions = r.texts("alarm_actions"), r.texts("ok_actions"), r.mapping("dimensions")
}
