# Holds the schema of the language to its files, with every value as it stands and with a reference in its place.
import copy
import datetime
import json
import sys
import tomllib
from pathlib import Path

import jsonschema

schema = json.loads(Path(sys.argv[1]).read_text())
files = [path for folder in sys.argv[2:] for path in sorted(Path(folder).glob("*.toml"))]
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)


def as_json(value):
    if isinstance(value, dict):
        return {key: as_json(one) for key, one in value.items()}
    if isinstance(value, list):
        return [as_json(one) for one in value]
    return value.isoformat() if isinstance(value, datetime.date) else value


def places(value, path=()):
    """The paths of all values: lists and what is in them, and everything that is no table."""
    if isinstance(value, dict):
        for key, one in value.items():
            # Variables are declared with values of their own.
            if (path, key) != ((), "vars"):
                yield from places(one, (*path, key))
        return
    yield path
    if isinstance(value, list):
        for place, one in enumerate(value):
            yield from places(one, (*path, place))


def wrong(document):
    return [f"{list(error.path)}: {error.message[:200]}" for error in validator.iter_errors(document)]


tried = 0
for file in files:
    document = as_json(tomllib.loads(file.read_text()))
    # Files of fleets, and layers that are no files of their own, have no region.
    if "region" not in document:
        continue
    assert not wrong(document), (file, wrong(document))
    for *path, last in places(document):
        for text in ["${var.x}", "a-${var.x_2}-b"]:
            changed = copy.deepcopy(document)
            table = changed
            for key in path:
                table = table[key]
            table[last] = text
            tried += 1
            assert not wrong(changed), (file, [*path, last], wrong(changed))
assert tried > 100, tried

head = {"name": "x", "region": "us-east-1"}
for section in [
    {"password_policy": {"max_age_days": "${va.x}"}},
    {"password_policy": {"max_age_days": "${var.X}"}},
    {"audit": {"flow_logs": "yes"}},
    {"account": "${var.x}"},
    {"vars": {"x": {"type": "${var.y}"}}},
]:
    assert wrong(head | section), section
