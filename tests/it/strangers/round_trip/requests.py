"""Requests made from botocore's models: for every operation the least, the most, and each member on its own."""

import datetime

import values

# Structures nest deeper than this only where they contain themselves.
DEPTH = 7

# Members that change what an operation is: never among "all members", only on their own.
ALONE = {
    "DryRun", "NextToken", "Marker", "ContinuationToken", "PaginationToken", "KeyMarker", "VersionIdMarker",
    "UploadIdMarker", "StartAfter",
}


class Account:
    """What the account's own answers call its things: the names and ids that requests are made of."""

    def __init__(self, things):
        self.things, self.values = things, {}

    def learn(self, parsed, operation=""):
        """Takes every text in an answer down under the name of its member; the first one seen stays."""
        if isinstance(parsed, dict):
            for name, value in parsed.items():
                if name == "ResponseMetadata":
                    continue
                if isinstance(value, str) and value:
                    self.values.setdefault(name, value)
                elif isinstance(value, list) and value and isinstance(value[0], str):
                    self.values.setdefault(name, value[0])
                else:
                    self.learn(value, operation)
        elif isinstance(parsed, list):
            for item in parsed:
                self.learn(item, operation)

    def named(self, name):
        """The account's value for a member, or for the items of a list of that name."""
        for known in (name, name.removesuffix("s"), name.removesuffix("es"), name.removesuffix("Ids") + "Id"):
            if known in self.values:
                return self.values[known]
        return None


class Requests:
    """The requests of one operation."""

    def __init__(self, service, operation, account):
        self.service, self.operation, self.account = service, operation, account

    def all(self):
        """Pairs of a label and a request."""
        shape = self.operation.input_shape
        if shape is None:
            return [("least", {})]
        least = self.structure(shape, 0, full=False)
        for name in values.NEEDED.get((self.service, self.operation.name), ()):
            least[name] = self.member(shape, name, 0, full=True)
        found = [("least", least)]
        others = [name for name in shape.members if name not in least]
        for name in others:
            one = self.member(shape, name, 0, full=True)
            if one is not None:
                found.append((name, {**least, name: one}))
        if others:
            found.append(("most", self.structure(shape, 0, full=True)))
        return found

    def structure(self, shape, depth, full):
        if shape.metadata.get("union") or getattr(shape, "is_tagged_union", False):
            name = next(iter(shape.members))
            return {name: self.value(shape.members[name], name, depth + 1, full)}
        made = {}
        for name in shape.members:
            required = name in shape.required_members
            if not required and (not full or depth >= DEPTH or name in ALONE):
                continue
            value = self.member(shape, name, depth, full)
            if value is not None:
                made[name] = value
        return made

    def member(self, shape, name, depth, full):
        return self.value(shape.members[name], name, depth + 1, full)

    def given(self, name):
        service, operation = self.service, self.operation.name
        for key in ((service, operation, name), (service, None, name), (None, None, name)):
            for table in (self.account.things, values.GIVEN):
                if key in table:
                    return True, table[key]
        return False, None

    def value(self, shape, name, depth, full):
        known, given = self.given(name)
        if known and (given is None or fits(shape, given)):
            return given
        kind = shape.type_name
        if kind == "structure":
            return self.structure(shape, depth, full) if depth < DEPTH or shape.required_members else {}
        if kind == "list":
            least = max(1, shape.metadata.get("min", 1))
            return [self.value(shape.member, name, depth + 1, full) for _ in range(least)]
        if kind == "map":
            return {self.text(shape.key, name): self.value(shape.value, name, depth + 1, full)}
        if kind == "string":
            return self.text(shape, name)
        if kind in ("integer", "long"):
            return max(1, int(shape.metadata.get("min", 1)))
        if kind in ("float", "double"):
            return float(shape.metadata.get("min", 1.0)) or 1.0
        if kind == "boolean":
            return True
        if kind == "timestamp":
            return datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
        if kind == "blob":
            return b"bytes"
        raise ValueError(f"{name} is of the unknown type {kind}")

    def text(self, shape, name):
        if shape.enum:
            return shape.enum[0]
        text = self.account.named(name)
        if text is None:
            text = f"arn:aws:iam::123456789012:role/{name}" if name.lower().endswith("arn") else "round-trip"
        least, most = int(shape.metadata.get("min", 0)), shape.metadata.get("max")
        text = text.ljust(least, "0")
        return text[: int(most)] if most else text


def fits(shape, given):
    """Whether the model takes a value for this member: one name may mean different things."""
    kinds = {"string": str, "list": list, "structure": dict, "map": dict, "integer": int, "long": int, "boolean": bool, "blob": bytes}
    if not isinstance(given, kinds.get(shape.type_name, ())):
        return False
    return shape.type_name != "structure" or all(name in shape.members for name in given)
