// Writes the names that a provider of Terraform knows, from the package of its
// bindings for the Cloud Development Kit:
//
//	npm pack @cdktf/provider-google@16.12.1 # or @cdktf/provider-aws@21.22.1
//	tar xzf cdktf-provider-google-16.12.1.tgz
//	node provider.mjs package > google.json # or aws.json
import { readFileSync } from "node:fs";

const root = process.argv[2];
const read = (path) => readFileSync(`${root}/${path}`, "utf8");
const manifest = JSON.parse(read("package.json"));

const google = {
  resource: [
    "artifact-registry-repository", "artifact-registry-repository-iam-member", "bigquery-dataset-iam-member",
    "bigquery-table-iam-member", "cloud-run-v2-service", "cloud-run-v2-service-iam-member", "cloud-scheduler-job",
    "cloud-tasks-queue-iam-member", "cloudfunctions2-function", "eventarc-channel", "eventarc-trigger",
    "kms-crypto-key-iam-member", "monitoring-alert-policy", "project-iam-custom-role", "project-iam-member",
    "pubsub-subscription", "pubsub-subscription-iam-member", "pubsub-topic", "pubsub-topic-iam-member",
    "secret-manager-regional-secret-iam-member", "secret-manager-secret-iam-member", "service-account",
    "service-account-iam-member", "spanner-database-iam-member", "storage-bucket", "storage-bucket-iam-member",
    "storage-bucket-object",
  ],
  data: ["data-google-project", "data-google-storage-project-service-account"],
};

const aws = {
  resource: [
    "apigatewayv2-api", "apigatewayv2-api-mapping", "apigatewayv2-integration", "apigatewayv2-route", "apigatewayv2-stage",
    "cloudwatch-event-rule", "cloudwatch-event-target", "cloudwatch-log-group", "cloudwatch-metric-alarm", "dynamodb-table",
    "iam-role", "iam-role-policy", "iam-role-policy-attachment", "kinesis-stream", "lambda-event-source-mapping",
    "lambda-function", "lambda-function-event-invoke-config", "lambda-function-url", "lambda-permission", "s3-bucket",
    "s3-bucket-notification", "s3-bucket-policy", "s3-bucket-public-access-block",
    "s3-bucket-server-side-encryption-configuration", "s3-object", "scheduler-schedule", "sns-topic", "sns-topic-policy",
    "sns-topic-subscription", "sqs-queue", "sqs-queue-policy",
  ],
  data: [
    "data-aws-caller-identity", "data-aws-partition", "data-aws-region", "data-aws-secretsmanager-secret-version",
  ],
};

// Names that are newer than the bindings, by what has them, and the version of the
// provider with which they came, as its CHANGELOG.md says.
const newer = {
  aws_lambda_permission: { invoked_via_function_url: "6.28.0" },
};
const wanted = manifest.name.endsWith("-google") ? google : aws;

// required tells of each interface in the typings which members it must have.
function required(typings) {
  const out = {};
  for (const [, name, body] of typings.matchAll(/^export interface (\w+)[^{\n]*\{\n(.*?)^\}/gms)) {
    out[name.toLowerCase()] = new Set([...body.matchAll(/^ {4}readonly (\w+):/gm)].map(([, m]) => m.toLowerCase()));
  }
  return out;
}

// block reads the literal of a block's attributes, and those of the blocks in it.
function block(code, literal, mustHave, name) {
  const out = { required: [], optional: [], blocks: {} };
  for (const [, key, value, isBlock] of literal.matchAll(/^ +(\w+): \{\n +value: (.*),\n +isBlock: (true|false),/gm)) {
    const must = mustHave[name]?.has(key.replaceAll("_", ""));
    const nested = isBlock === "true" && value.match(/(\w+)ToHclTerraform(?:,|\()/);
    if (!nested) {
      out[must ? "required" : "optional"].push(key);
      continue;
    }
    const body = code.match(new RegExp(`^function ${nested[1]}ToHclTerraform\\((.*?)^\\}`, "ms"))[1];
    out.blocks[key] = { ...block(code, body, mustHave, nested[1].toLowerCase()), must: must || undefined };
  }
  return out;
}

const out = {
  provider: manifest.name.endsWith("-google") ? "hashicorp/google" : "hashicorp/aws",
  version: "",
  from: `${manifest.name} ${manifest.version}, by provider.mjs`,
  resource: {},
  data: {},
};
for (const [kind, folders] of Object.entries(wanted)) {
  for (const folder of folders) {
    const code = read(`lib/${folder}/index.js`);
    const main = code.slice(code.lastIndexOf("\nclass "));
    const type = main.match(/tfResourceType = "(\w+)"/)[1];
    const literal = main.match(/synthesizeHclAttributes\(\) \{\n +const attrs = \{\n(.*?)^ {8}\};/ms)[1];
    const config = main.match(/^class (\w+)/m)[1].toLowerCase() + "config";
    out.version = main.match(/providerVersion: '([^']+)'/)[1];
    out[kind][type] = {
      ...block(code, literal, required(read(`lib/${folder}/index.d.ts`)), config),
      exported: [...new Set([...main.matchAll(/this\.get\w+Attribute\('(\w+)'\)/g)].map(([, a]) => a))].sort(),
    };
  }
}
for (const [type, names] of Object.entries(newer)) {
  for (const [name, version] of out.resource[type] ? Object.entries(names) : []) {
    out.resource[type].optional.push(name);
    out.version = version;
  }
}
console.log(JSON.stringify(out, null, 1));
