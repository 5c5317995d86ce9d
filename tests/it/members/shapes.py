"""What of AWS's models a table has not placed, and what it places that no model has.

Comes in: a list of {"call", "at", "placed"}. Goes out: one {"missing", "unknown"} for each. The models are botocore's.
"""
import json
import sys

from botocore.loaders import Loader
from botocore.model import ServiceModel

MODELS = {}


def model(service):
    if service not in MODELS:
        MODELS[service] = ServiceModel(Loader().load_service_model(service, "service-2"), service)
    return MODELS[service]


def steps(path):
    return [step for step in path.replace("[]", ".[]").split(".") if step]


def missing(shape, path, placed, seen):
    """The members below a path that are placed neither themselves nor by what they stand in."""
    if shape.type_name == "list":
        yield from missing(shape.member, path + "[]", placed, seen)
        return
    for name, member in shape.members.items():
        here = f"{path}.{name}" if path else name
        if here in placed:
            seen.add(here)
        elif any(one.startswith((here + ".", here + "[].")) for one in placed):
            yield from missing(member, here, placed, seen)
        else:
            yield here


answers = []
for answer in json.load(open(sys.argv[1])):
    service, operation = answer["call"].split(":")
    shape = model(service).operation_model(operation).output_shape
    for step in steps(answer["at"]):
        shape = shape.member if step == "[]" else shape.members[step]
    seen, placed = set(), set(answer["placed"])
    left = sorted(missing(shape, "", placed, seen))
    answers.append({"missing": left, "unknown": sorted(placed - seen)})
print(json.dumps(answers))
