"""Builds the requests that set each member of each operation named on stdin, and sends none of them but what the
account is prepared with.

Standard input: a line of JSON (endpoint, operations by service, and the members that each carries out), then a line for
each word that was said. Standard output: "keep" when the account is as it is to be, "restore" whenever it is to be so
again, and lines of JSON: "case" (an operation, a member, the request without it and those with it), "reads" (what
shows the result of an operation).
"""

import base64
import json
import logging
import pathlib
import sys

from botocore.exceptions import ClientError, ParamValidationError

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "round_trip"))

import account
import cases
import requests
from talk import NAMES, READS, client, say

# A checksum that nobody asked for is no member of the request.
UNASKED = {"request_checksum_calculation": "when_required", "response_checksum_validation": "when_required"}


class Captured(Exception):
    """A request that is not sent."""


class Builder:
    """Requests of one service as they go over the wire."""

    def __init__(self, service, endpoint):
        self.client = client(service, endpoint, **UNASKED)
        self.known = {}
        self.client.meta.events.register("before-send", self.capture)
        self.sending = False

    def capture(self, request, **_):
        if self.sending:
            return None
        body = request.body or b""
        if hasattr(body, "read"):
            body = body.read()
        if isinstance(body, str):
            body = body.encode()
        headers = [[name, value if isinstance(value, str) else value.decode()] for name, value in request.headers.items()]
        raise Captured({
            "method": request.method, "url": request.url, "headers": headers,
            "body": base64.b64encode(body).decode(),
        })

    def send(self, operation, parameters):
        self.sending = True
        try:
            return self.client._make_api_call(operation, parameters)
        finally:
            self.sending = False

    def request(self, operation, parameters):
        """The request, or why botocore makes none."""
        key = (operation, repr(parameters))
        if key not in self.known:
            try:
                self.client._make_api_call(operation, parameters)
                self.known[key] = "botocore sent it"
            except Captured as captured:
                self.known[key] = captured.args[0]
            except ParamValidationError as error:
                self.known[key] = f"{error}"
            except Exception as error:
                self.known[key] = f"{type(error).__name__}: {error}"
        return self.known[key]


def scalars(value, found):
    """The scalars of a structure by the name of their member; the first one seen stays."""
    if isinstance(value, dict):
        for name, item in value.items():
            if name == "ResponseMetadata":
                continue
            if isinstance(item, (str, int)) and not isinstance(item, bool):
                found.setdefault(name, item)
            elif isinstance(item, list) and item and isinstance(item[0], str):
                found.setdefault(name, item[0])
            else:
                scalars(item, found)
    elif isinstance(value, list):
        for item in value:
            scalars(item, found)
    return found


# Other names under which a thing is asked for than under which it was made.
ALSO = {"KeyId": ("TargetKeyId",), "SecretId": ("Name", "ARN"), "Bucket": ("bucket",), "ResourceARN": ("AlarmArn",)}


def reads_after(builder, service, operation, least, answer, known):
    """The requests that look at what a write has done."""
    model = builder.client.meta.service_model
    seen = scalars(answer, scalars(least, {}))
    for name in model.operation_names:
        if not name.startswith(READS) or name not in known["operations"]:
            continue
        read = model.operation_model(name)
        parameters = cases.Cases(model.service_name, read, known["account"]).least
        if read.input_shape is not None:
            for member, shape in read.input_shape.members.items():
                for other in (member, *ALSO.get(member, ())):
                    if other in seen and shape.type_name == "string" and isinstance(seen[other], str) and (
                        member in parameters or member in read.input_shape.required_members
                    ):
                        parameters = {**parameters, member: seen[other]}
                        break
                else:
                    if shape.type_name == "list" and member in parameters and member.removesuffix("s") in seen:
                        parameters = {**parameters, member: [seen[member.removesuffix("s")]]}
        yield builder.request(name, parameters)


def main():
    logging.disable(logging.CRITICAL)
    task = json.loads(sys.stdin.readline())
    endpoint = task["endpoint"]
    known = requests.Account(account.prepare(lambda service: client(service, endpoint, **UNASKED)))
    say("keep")
    builders = {name: Builder(NAMES.get(name, name), endpoint) for name in task["operations"]}
    for _ in range(2):
        for name, operations in task["operations"].items():
            builder = builders[name]
            model = builder.client.meta.service_model
            for operation in operations:
                if operation.startswith(READS):
                    made = requests.Requests(model.service_name, model.operation_model(operation), known).all()
                    for _, parameters in (made[0], made[-1]):
                        try:
                            known.learn(builder.send(operation, parameters))
                        except (ClientError, ParamValidationError):
                            pass
    say("restore")
    for name, operations in task["operations"].items():
        builder = builders[name]
        model = builder.client.meta.service_model
        for operation in operations:
            made = cases.Cases(model.service_name, model.operation_model(operation), known)
            least = made.least
            if not operation.startswith(READS):
                answer = {}
                try:
                    answer = builder.send(operation, least)
                except (ClientError, ParamValidationError):
                    pass
                say("restore")
                about = {"account": known, "operations": set(operations)}
                looks = [one for one in reads_after(builder, name, operation, least, answer, about) if isinstance(one, dict)]
                print(json.dumps({"what": "reads", "service": name, "operation": operation, "requests": looks}))
            for case in made.all():
                absent = case.pop("absent")
                values = case.pop("values")
                print(json.dumps({
                    "what": "case", "service": name, "operation": operation, **case,
                    "absent": None if absent is None else builder.request(operation, absent),
                    "values": [builder.request(operation, value) for value in values],
                }))
    print(json.dumps({"what": "end"}), flush=True)


main()
