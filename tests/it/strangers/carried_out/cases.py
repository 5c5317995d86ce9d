"""Every member of an operation's input, nested ones too, with values that its model allows."""

import datetime

import requests
import values

# Structures nest deeper than this only where they contain themselves.
DEPTH = 6

# The most values of an enumeration that are tried; EC2 has 800 types of instances.
MOST = 40


def text_of(value):
    """How an answer would show a value, where it is one scalar."""
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    return str(value)


class Cases(requests.Requests):
    def __init__(self, service, operation, account):
        super().__init__(service, operation, account)
        shape = operation.input_shape
        self.least = {} if shape is None else self.structure(shape, 0, full=False)
        self.needed = values.NEEDED.get((service, operation.name), ())
        for name in self.needed:
            self.least[name] = self.member(shape, name, 0, full=True)

    def all(self):
        """Dictionaries: member, whether it is judged by its own members, the request without it (or nothing), those with it."""
        shape = self.operation.input_shape
        if shape is None:
            yield {"member": "", "absent": None, "values": [{}], "texts": [None]}
            return
        yield {"member": "", "absent": None, "values": [self.least], "texts": [None]}
        yield from self.below(shape, self.least, lambda whole: whole, [], 0, set())

    def below(self, shape, parent, wrap, path, depth, inside):
        union = bool(shape.metadata.get("union") or getattr(shape, "is_tagged_union", False))
        for name, member in shape.members.items():
            rest = {} if union else {other: value for other, value in parent.items() if other != name}
            required = name in shape.required_members or (not path and name in self.needed)
            absent = None if required or union else wrap(rest)
            here = path + [name]
            found = self.alternatives(member, name, depth, parent.get(name))
            inner, lists = member, 0
            while inner.type_name == "list":
                inner, lists = inner.member, lists + 1
            yield {
                "member": ".".join(here),
                "whole": inner.type_name == "structure" and depth < DEPTH and inner.name not in inside and bool(inner.members),
                "absent": absent,
                "values": [wrap({**rest, name: value}) for value in found],
                "texts": [text_of(value) for value in found],
            }
            if inner.type_name != "structure" or depth >= DEPTH or inner.name in inside:
                continue
            base = parent.get(name) or self.value(member, name, depth + 1, False)
            for _ in range(lists):
                base = base[0] if base else None
            # What another member excludes is built as if it were alone.
            base = base or self.structure(inner, depth + 1, inner.name == "TagSpecification")

            def wrapped(whole, lists=lists, rest=rest, name=name):
                for _ in range(lists):
                    whole = [whole]
                return wrap({**rest, name: whole})

            yield from self.below(inner, base, wrapped, here, depth + 1, inside | {inner.name})

    def alternatives(self, shape, name, depth, current):
        """Values to try: where there are two kinds of effect, at least two values."""
        kind = shape.type_name
        known, given = self.given(name)
        if not known or given is None or not requests.fits(shape, given):
            given = None
        first = current if current is not None else given
        if kind == "boolean":
            return [True, False]
        if kind == "string" and shape.enum:
            return list(shape.enum[:MOST])
        if kind == "list":
            if shape.member.type_name == "structure":
                return [first if first is not None else [self.made(shape.member, name, depth + 1)]]
            items = first if first else None
            found = [] if items is None else [items]
            found += [[one] for one in self.alternatives(shape.member, name, depth + 1, None)]
            return found
        if kind == "structure":
            return [first if first is not None else self.made(shape, name, depth + 1)]
        if kind == "map":
            found = [] if first is None else [first]
            keys = shape.key.enum or [self.text(shape.key, name)]
            return found + [
                {key: value} for key in keys for value in self.alternatives(shape.value, name, depth + 1, None)[:2]
            ]
        if first is None:
            first = self.value(shape, name, depth + 1, True)
        if first is None:
            first = self.plain(shape, name)
        return [first, *self.others(shape, first)]

    def made(self, shape, name, depth):
        """The least structure, also of a member that another one excludes in requests with everything."""
        return self.value(shape, name, depth, False) or self.structure(shape, depth, False)

    def plain(self, shape, name):
        kind = shape.type_name
        if kind == "string":
            return self.text(shape, name)
        if kind in ("integer", "long"):
            return max(1, int(shape.metadata.get("min", 1)))
        return {"float": 1.0, "double": 1.0, "blob": b"bytes"}.get(kind)

    def others(self, shape, first):
        kind = shape.type_name
        if kind == "string":
            most = int(shape.metadata.get("max", 1 << 20))
            other = (first + "2")[:most]
            return [other] if other != first else [first[:-1] + ("3" if first.endswith("2") else "2")]
        if kind in ("integer", "long"):
            # The least a page may have, and more than AWS takes: botocore itself looks at the least alone.
            least, most = max(1, int(shape.metadata.get("min", 1))), shape.metadata.get("max")
            found = [first + 1, least] + ([int(most) + 1] if most and int(most) < 1 << 31 else [])
            return [one for one in dict.fromkeys(found) if one != first]
        if kind in ("float", "double"):
            return [first + 1.0]
        if kind == "timestamp":
            return [datetime.datetime(2035, 1, 1, tzinfo=datetime.timezone.utc)]
        if kind == "blob":
            return [b"other"]
        return []
