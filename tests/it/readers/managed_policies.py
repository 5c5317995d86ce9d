"""AWS's managed policies as moto's package carries them, one a line: name, path, version, made, changed, document."""

import json

from moto.iam.aws_managed_policies import aws_managed_policies_data


def moment(text):
    return text.replace("+00:00", "Z")


for name, policy in sorted(json.loads(aws_managed_policies_data).items()):
    document = json.dumps(policy["Document"], sort_keys=True, separators=(",", ":"))
    version = policy["DefaultVersionId"].removeprefix("v")
    print(name, policy["Path"], version, moment(policy["CreateDate"]), moment(policy["UpdateDate"]), document, sep="\t")
