package daytwo

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// google has, of each type, the arguments of which a change makes the provider
// destroy the resource and create it anew: those with ForceNew in its source,
// https://github.com/hashicorp/terraform-provider-google/tree/main/google/services.
var google = map[string][]string{
	"google_artifact_registry_repository":        {"format", "kms_key_name", "location", "project", "repository_id"},
	"google_cloud_run_v2_service":                {"location", "name", "project"},
	"google_cloud_run_v2_service_iam_member":     {all},
	"google_cloud_scheduler_job":                 {"name", "project", "region"},
	"google_cloudfunctions2_function":            {"location", "name", "project"},
	"google_eventarc_channel":                    {"location", "name", "project", "third_party_provider"},
	"google_eventarc_trigger":                    {"channel", "location", "name", "project", "transport"},
	"google_monitoring_alert_policy":             {"project"},
	"google_project_iam_custom_role":             {"project", "role_id"},
	"google_project_iam_member":                  {all},
	"google_pubsub_subscription":                 {"enable_message_ordering", "filter", "name", "project", "topic"},
	"google_pubsub_subscription_iam_member":      {all},
	"google_pubsub_topic":                        {"name", "project"},
	"google_pubsub_topic_iam_member":             {all},
	"google_secret_manager_secret_iam_member":    {all},
	"google_service_account":                     {"account_id", "project"},
	"google_storage_bucket":                      {"location", "name", "project"},
	"google_storage_bucket_object":               {"bucket", "name"},
	"google_storage_bucket_iam_member":           {all},
	"google_project_service":                     {"project", "service"},
	"google_cloudfunctions2_function_iam_member": {all},
}

// amazon has the same of AWS's provider:
// https://github.com/hashicorp/terraform-provider-aws/tree/main/internal/service.
var amazon = map[string][]string{
	"aws_apigatewayv2_api":                               {"protocol_type"},
	"aws_apigatewayv2_integration":                       {"api_id", "integration_type"},
	"aws_apigatewayv2_route":                             {"api_id"},
	"aws_apigatewayv2_stage":                             {"api_id", "name"},
	"aws_cloudwatch_event_rule":                          {"event_bus_name", "name"},
	"aws_cloudwatch_event_target":                        {"event_bus_name", "rule", "target_id"},
	"aws_cloudwatch_log_group":                           {"name"},
	"aws_cloudwatch_metric_alarm":                        {"alarm_name"},
	"aws_dynamodb_table":                                 {"hash_key", "name", "range_key"},
	"aws_iam_role":                                       {"name", "path"},
	"aws_iam_role_policy":                                {"name", "role"},
	"aws_iam_role_policy_attachment":                     {"policy_arn", "role"},
	"aws_kinesis_stream":                                 {"name"},
	"aws_lambda_event_source_mapping":                    {"event_source_arn", "starting_position"},
	"aws_lambda_function":                                {"function_name"},
	"aws_lambda_function_event_invoke_config":            {"function_name", "qualifier"},
	"aws_lambda_function_url":                            {"function_name", "qualifier"},
	"aws_lambda_permission":                              {all},
	"aws_s3_bucket":                                      {"bucket"},
	"aws_s3_bucket_notification":                         {"bucket"},
	"aws_s3_bucket_policy":                               {"bucket"},
	"aws_s3_bucket_public_access_block":                  {"bucket"},
	"aws_s3_bucket_server_side_encryption_configuration": {"bucket"},
	"aws_s3_object":                                      {"bucket", "key"},
	"aws_scheduler_schedule":                             {"group_name", "name"},
	"aws_sns_topic":                                      {"fifo_topic", "name"},
	"aws_sns_topic_policy":                               {"arn"},
	"aws_sns_topic_subscription":                         {"endpoint", "protocol", "topic_arn"},
	"aws_sqs_queue":                                      {"fifo_queue", "name"},
	"aws_sqs_queue_policy":                               {"queue_url"},
}

// ownName is the argument by which the platform knows a resource.
var ownName = []string{"name", "account_id", "role_id", "function_name", "bucket"}

// readTerraform reads a main.tf. Arguments are text, in which a reference to
// another resource is by that one's own name instead of its label, and a variable
// its default if it has a text for it.
func readTerraform(data []byte) (estate, error) {
	file, diags := hclsyntax.ParseConfig(data, "main.tf", hcl.InitialPos)
	if diags.HasErrors() {
		return estate{}, diags
	}
	t := terraform{data: data, resources: map[string]*hclsyntax.Block{}, defaults: map[string]string{}}
	e := estate{resources: map[string]resource{}, moved: map[string]string{}}
	blocks := file.Body.(*hclsyntax.Body).Blocks
	for _, b := range blocks {
		switch b.Type {
		case "resource":
			t.resources[strings.Join(b.Labels, ".")] = b
		case "variable":
			if preset, ok := b.Body.Attributes["default"]; ok {
				if v, diags := preset.Expr.Value(nil); !diags.HasErrors() && v.Type().FriendlyName() == "string" && !v.IsNull() {
					t.defaults[b.Labels[0]] = v.AsString()
				}
			}
		case "moved":
			e.moved[t.source(b.Body.Attributes["from"].Expr)] = t.source(b.Body.Attributes["to"].Expr)
		}
	}
	for id, b := range t.resources {
		e.resources[id] = t.resource(b)
	}
	return e, nil
}

type terraform struct {
	data      []byte
	resources map[string]*hclsyntax.Block
	defaults  map[string]string
}

func (t terraform) source(e hclsyntax.Expression) string { return string(e.Range().SliceBytes(t.data)) }

func (t terraform) resource(b *hclsyntax.Block) resource {
	r := resource{kind: b.Labels[0], arguments: map[string]any{}, refers: map[string][]string{}}
	t.arguments(r, "", b.Body)
	r.guarded = r.arguments["lifecycle.prevent_destroy"] == "true"
	for name := range r.arguments {
		if name == "depends_on" || strings.HasPrefix(name, "lifecycle.") {
			delete(r.arguments, name) // which say nothing of what is there
		}
	}
	name := t.name(b)
	switch b.Labels[0] {
	case "google_cloud_scheduler_job", "google_eventarc_trigger":
		r.name = b.Labels[0] + " " + name
	case "google_pubsub_subscription":
		r.holds, r.address = true, b.Labels[0]+" "+name
	case "google_storage_bucket": // but for the one of the archives, which are built
		r.holds, r.address = b.Labels[1] != "source", b.Labels[0]+" "+name
		r.retained = r.arguments["force_destroy"] != "true" // or what is in it has to be deleted first
	case "google_pubsub_topic", "google_cloudfunctions2_function", "google_cloud_run_v2_service", "google_eventarc_channel", "google_service_account", "google_project_iam_custom_role":
		r.address = b.Labels[0] + " " + name
	case "aws_dynamodb_table", "aws_kinesis_stream", "aws_sqs_queue":
		r.holds, r.address = true, b.Labels[0]+" "+name
		r.retained = r.arguments["deletion_protection_enabled"] == "true" // or its destruction is refused
	case "aws_s3_bucket":
		r.holds, r.address = true, b.Labels[0]+" "+name
		r.retained = r.arguments["force_destroy"] != "true"
	case "aws_lambda_function", "aws_sns_topic":
		r.address = b.Labels[0] + " " + name
	case "aws_apigatewayv2_api", "aws_lambda_function_url":
		r.address = b.Labels[0] + " " + generated + b.Labels[1]
	case "aws_apigatewayv2_route":
		r.address = "route " + t.value(b.Body.Attributes["route_key"].Expr)
	case "aws_cloudwatch_event_rule", "aws_cloudwatch_log_group", "aws_iam_role", "aws_scheduler_schedule":
		r.name = b.Labels[0] + " " + name
	}
	if r.address != "" && r.kind != "aws_apigatewayv2_route" && !strings.Contains(r.address, generated) && !strings.Contains(name, "local.bucket_suffix") {
		r.name = r.address
	}
	if strings.HasSuffix(r.kind, "_iam_member") { // a grant is one, whoever makes it
		grant := maps.Clone(r.arguments)
		delete(grant, "project")
		r.name = r.kind + " " + text(grant)
	}
	return r
}

// arguments reads a body. An argument of a block in it has the block's name
// before its own, and the block's name stands for all of them.
func (t terraform) arguments(r resource, prefix string, body *hclsyntax.Body) {
	for name, a := range body.Attributes {
		r.arguments[prefix+name] = t.value(a.Expr)
	}
	for _, b := range body.Blocks {
		inner := resource{arguments: map[string]any{}}
		t.arguments(inner, "", b.Body)
		for name, value := range inner.arguments {
			key := prefix + b.Type + "." + name
			before, _ := r.arguments[key].(string)
			r.arguments[key] = before + text(value)
			if before == "" {
				r.arguments[key] = value
			}
		}
	}
}

// name is by what Google knows the resource, its address if it has no name.
func (t terraform) name(b *hclsyntax.Block) string {
	for _, name := range ownName {
		if a, ok := b.Body.Attributes[name]; ok {
			return t.value(a.Expr)
		}
	}
	return strings.Join(b.Labels, ".")
}

// value is the expression's text with its references resolved.
func (t terraform) value(e hclsyntax.Expression) string {
	type span struct {
		from, to int
		text     string
	}
	var spans []span
	for _, traversal := range e.Variables() {
		from, to := traversal.SourceRange().Start.Byte, traversal.SourceRange().End.Byte
		root := traversal.RootName()
		if len(traversal) < 2 {
			continue
		}
		step, ok := traversal[1].(hcl.TraverseAttr)
		if !ok {
			continue
		}
		if preset, ok := t.defaults[step.Name]; ok && root == "var" {
			spans = append(spans, span{from, to, "<" + preset + ">"})
			continue
		}
		b, ok := t.resources[root+"."+step.Name]
		if !ok {
			continue
		}
		spans = append(spans, span{from, traversal[1].SourceRange().End.Byte, root + "<" + t.name(b) + ">"})
	}
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	var out strings.Builder
	at := e.Range().Start.Byte
	for _, s := range spans {
		if s.from < at {
			continue
		}
		out.Write(t.data[at:s.from])
		out.WriteString(s.text)
		at = s.to
	}
	out.Write(t.data[at:e.Range().End.Byte])
	return strings.Join(strings.Fields(out.String()), " ")
}
