"""Answers compared with botocore's models, element by element: botocore itself overlooks what it does not know."""

import datetime
import json
import re
import xml.etree.ElementTree as ElementTree

from botocore.utils import parse_timestamp

# Elements of the envelopes.
ENVELOPE = {"ResponseMetadata", "requestId", "RequestId"}


def local(tag):
    return tag.rsplit("}", 1)[-1]


def problems(operation, protocol, response):
    """What is wrong with a successful answer, as sentences."""
    shape = operation.output_shape
    found = []
    if protocol in ("query", "ec2", "rest-xml"):
        found += namespace_problems(operation, protocol, response["body"])
    if shape is None:
        return found
    if protocol == "json":
        body = json.loads(response["body"] or b"{}")
        Json(found).structure(shape, body, shape.name)
    elif protocol in ("query", "ec2"):
        root = ElementTree.fromstring(response["body"])
        if local(root.tag) != f"{operation.name}Response":
            found.append(f"the root is {local(root.tag)}")
        wrapper = shape.serialization.get("resultWrapper")
        if protocol == "query" and wrapper:
            inside = [child for child in root if local(child.tag) == wrapper]
            if len(inside) != 1:
                return found + [f"{len(inside)} elements {wrapper}"]
            others = {local(child.tag) for child in root} - {wrapper} - ENVELOPE
            found += [f"unknown element {name} beside {wrapper}" for name in sorted(others)]
            root = inside[0]
        Xml(found, protocol).structure(shape, root, shape.name)
    elif protocol == "rest-xml":
        rest(shape, response, found)
    return found


def namespace_problems(operation, protocol, body):
    wanted = operation.service_model.metadata.get("xmlNamespace")
    if not wanted or not isinstance(body, bytes) or not body.startswith(b"<"):
        return []
    namespace = re.match(r"\{(.*)\}", ElementTree.fromstring(body).tag)
    seen = namespace.group(1) if namespace else ""
    return [] if seen.rstrip("/") == wanted.rstrip("/") else [f"the namespace is {seen!r}"]


def rest(shape, response, found):
    headers = {name.lower(): value for name, value in response["headers"].items()}
    in_body = []
    for name, member in shape.members.items():
        where = member.serialization.get("location")
        if where == "header":
            header = member.serialization.get("name", name).lower()
            if header in headers:
                scalar(member, headers[header], f"header {header}", found, "rfc822")
        elif where not in ("headers", "statusCode"):
            in_body.append(name)
    payload = shape.serialization.get("payload")
    body = response["body"]
    if payload:
        member = shape.members[payload]
        if member.type_name in ("blob", "string"):
            return
        if not body:
            found.append(f"no body for {payload}")
            return
        Xml(found, "rest-xml").structure(member, ElementTree.fromstring(body), payload)
    elif in_body and body:
        Xml(found, "rest-xml").structure(shape, ElementTree.fromstring(body), shape.name)
    elif body and isinstance(body, bytes):
        found.append(f"a body where the model has none: {body[:80]!r}")


def scalar(shape, text, where, found, timestamps="iso8601"):
    """Whether a text is a value of that shape."""
    kind = shape.type_name
    try:
        if kind in ("integer", "long"):
            int(text)
        elif kind in ("float", "double"):
            float(text)
        elif kind == "boolean" and text not in ("true", "false"):
            found.append(f"{where}: {text!r} is no boolean")
        elif kind == "timestamp":
            parse_timestamp(text)
            if timestamps == "iso8601" and not re.match(r"\d{4}-\d\d-\d\dT", text):
                found.append(f"{where}: {text!r} is no ISO 8601 time")
        elif kind == "string" and shape.enum and text not in shape.enum:
            found.append(f"{where}: {text!r} is none of {shape.enum}")
    except ValueError:
        found.append(f"{where}: {text!r} is no {kind}")


class Xml:
    def __init__(self, found, protocol):
        self.found, self.protocol = found, protocol

    def wire(self, name, shape):
        """The element a member is written as."""
        if shape.type_name == "list" and shape.serialization.get("flattened"):
            own = shape.member.serialization.get("name")
            if own and self.protocol == "query":
                return own
        return shape.serialization.get("name", name)

    def structure(self, shape, element, where):
        by_wire = {}
        for name, member in shape.members.items():
            if member.serialization.get("location"):
                continue
            if member.serialization.get("xmlAttribute"):
                continue
            by_wire[self.wire(name, member)] = (name, member)
        seen = {}
        for child in element:
            seen.setdefault(local(child.tag), []).append(child)
        for tag, children in seen.items():
            if tag in ENVELOPE and tag not in by_wire:
                continue
            if tag not in by_wire:
                self.found.append(f"{where}: unknown element {tag}")
                continue
            name, member = by_wire[tag]
            path = f"{where}.{name}"
            flat = member.serialization.get("flattened")
            if member.type_name == "list" and flat:
                for child in children:
                    self.value(member.member, child, path)
                continue
            if len(children) > 1:
                self.found.append(f"{path}: {len(children)} elements {tag}")
            self.value(member, children[0], path)
        for name in shape.required_members:
            member = shape.members[name]
            if member.serialization.get("location") or member.serialization.get("xmlAttribute"):
                continue
            flat = member.type_name == "list" and member.serialization.get("flattened")
            if self.wire(name, member) not in seen and not flat:
                self.found.append(f"{where}: the required {name} is missing")

    def value(self, shape, element, where):
        kind = shape.type_name
        if kind == "structure":
            self.structure(shape, element, where)
        elif kind == "list":
            item = shape.member.serialization.get("name", "member")
            for child in element:
                if local(child.tag) != item and not (self.protocol == "ec2" and local(child.tag) == "item"):
                    self.found.append(f"{where}: item {local(child.tag)} instead of {item}")
                self.value(shape.member, child, f"{where}[]")
        elif kind == "map":
            for child in element:
                if local(child.tag) != "entry":
                    self.found.append(f"{where}: map element {local(child.tag)}")
        elif len(element):
            self.found.append(f"{where}: elements in a {kind}")
        else:
            scalar(shape, element.text or "", where, self.found)


class Json:
    def __init__(self, found):
        self.found = found

    def structure(self, shape, value, where):
        if not isinstance(value, dict):
            self.found.append(f"{where}: {value!r} is no structure")
            return
        by_wire = {member.serialization.get("name", name): (name, member) for name, member in shape.members.items()}
        for key, item in value.items():
            if key not in by_wire:
                self.found.append(f"{where}: unknown member {key}")
            elif item is None:
                self.found.append(f"{where}.{key} is null")
            else:
                self.value(by_wire[key][1], item, f"{where}.{key}")
        for name in shape.required_members:
            if shape.members[name].serialization.get("name", name) not in value:
                self.found.append(f"{where}: the required {name} is missing")

    def value(self, shape, value, where):
        kind = shape.type_name
        if kind == "structure":
            self.structure(shape, value, where)
            return
        fits = {
            "list": list, "map": dict, "string": str, "boolean": bool, "integer": int, "long": int,
            "float": (int, float), "double": (int, float), "timestamp": (int, float, datetime.datetime),
            "blob": (str, bytes),
        }
        if not isinstance(value, fits[kind]) or (kind in ("integer", "long") and isinstance(value, bool)):
            self.found.append(f"{where}: {value!r} is no {kind}")
        elif kind == "list":
            for item in value:
                self.value(shape.member, item, f"{where}[]")
        elif kind == "map":
            for key, item in value.items():
                self.value(shape.value, item, f"{where}.{key}")
        elif kind == "string" and shape.enum and value not in shape.enum:
            self.found.append(f"{where}: {value!r} is none of {shape.enum}")
