# Calls of AWS as the aws command makes them, without a start for each: arguments
# as JSON on a line of standard input, ["sqs", "create-queue", "--queue-name", "a"],
# and on one of standard output what the service answers, or {"failed": why}.
import base64
import json
import sys

import botocore.session
from botocore import xform_name

session = botocore.session.get_session()
clients = {}


def client(service):
    service = {"s3api": "s3"}.get(service, service)
    if service not in clients:
        clients[service] = session.create_client(service, endpoint_url=sys.argv[1])
    return clients[service]


# value understands the words after a flag as the member's type.
def value(shape, words):
    if shape.type_name == "list":
        return words
    (word,) = words
    if shape.type_name in ("structure", "map"):
        return json.loads(word)
    if shape.type_name in ("integer", "long"):
        return int(word)
    return word


def call(arguments):
    service, operation, *rest = arguments
    c = client(service)
    method = operation.replace("-", "_")
    model = c.meta.service_model.operation_model(c.meta.method_to_api_mapping[method])
    members = model.input_shape.members if model.input_shape else {}
    flags = {"--" + xform_name(name, "-"): name for name in members}
    given = {}
    while rest:
        flag, words = rest.pop(0), []
        while rest and not rest[0].startswith("--"):
            words.append(rest.pop(0))
        if flag == "--cli-input-json":
            given.update(json.loads(words[0]))
        else:
            given[flags[flag]] = value(members[flags[flag]], words)
    answer = getattr(c, method)(**given)
    answer.pop("ResponseMetadata", None)
    return answer


def plain(v):
    if isinstance(v, bytes):
        return base64.b64encode(v).decode()
    if hasattr(v, "isoformat"):
        return v.isoformat()
    return str(v)


for line in sys.stdin:
    try:
        out = json.dumps(call(json.loads(line)), default=plain)
    except Exception as e:
        out = json.dumps({"failed": f"{type(e).__name__}: {e}"})
    print(out, flush=True)
