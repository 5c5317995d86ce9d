"""Which calls can put tags on what they make, as AWS's models have it.

Comes in: a list of calls such as "ec2:CreateVpc". Goes out: true or false for each. The models are botocore's.
"""
import json
import sys

from botocore.loaders import Loader
from botocore.model import ServiceModel

TAGS = {"Tags", "TagSpecifications", "TagsList"}


# Where S3 has them. What a launch template holds are the tags of others: of instances and of what belongs to them.
WITHIN = "CreateBucketConfiguration"


def takes_tags(shape):
    within = shape.members.get(WITHIN)
    return any(name in TAGS for name in shape.members) or within is not None and takes_tags(within)


answers = []
for call in json.load(open(sys.argv[1])):
    service, operation = call.split(":")
    model = ServiceModel(Loader().load_service_model(service, "service-2"), service)
    answers.append(takes_tags(model.operation_model(operation).input_shape))
print(json.dumps(answers))
