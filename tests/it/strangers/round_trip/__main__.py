"""Sends every request that botocore's models allow for the operations named on stdin, and judges the answers.

Standard input: a line of JSON (endpoint, and operations by service), then a line for each word that was said.
Standard output: "keep" when the account is as it is to be, "restore" whenever it is to be so again, and a line of
JSON as the report.
"""

import json
import logging
import sys

from botocore.exceptions import ClientError, ParamValidationError

import account
import answers
import requests
from talk import NAMES, READS, client, say

# Parameter Store says no more than the code.
WORDLESS = {"ParameterNotFound"}

# Codes that say a request could not be read, or that its operation is not known.
UNREAD = {
    "InvalidAction", "MissingAction", "UnknownOperationException", "UnknownService", "MalformedQueryString",
    "SerializationException", "UnknownParameter", "IncompleteBody", "InvalidURI", "InternalFailure",
}

class Run:
    def __init__(self, known):
        self.report = {"requests": 0, "answered": 0, "refused": 0, "problems": [], "refusals": {}, "unsendable": []}
        self.account = known

    def service(self, name, operations, endpoint, writes):
        self.client = client(NAMES.get(name, name), endpoint)
        model = self.client.meta.service_model
        self.protocol = model.resolved_protocol
        self.client.meta.events.register("before-parse", self.take)
        for operation in operations:
            if operation.startswith(READS) == writes:
                continue
            if operation not in model.operation_names:
                self.report["problems"].append(f"{name}:{operation} is not in the model")
                continue
            self.operation(name, model.operation_model(operation), writes)

    def take(self, response_dict, operation_model, **_):
        self.response = response_dict

    def operation(self, name, operation, writes):
        answered, codes = 0, {}
        for label, request in requests.Requests(self.client.meta.service_model.service_name, operation, self.account).all():
            what = f"{name}:{operation.name} ({label})"
            self.response = None
            try:
                parsed = self.client._make_api_call(operation.name, request)
            except ParamValidationError as error:
                self.report["unsendable"].append(f"{what}: {error}")
                continue
            except ClientError as error:
                self.refusal(what, operation, error, codes)
                continue
            except Exception as error:
                self.report["problems"].append(f"{what}: {type(error).__name__}: {error}")
                continue
            finally:
                self.report["requests"] += 1
            answered += 1
            self.report["answered"] += 1
            body = self.response["body"]
            if not isinstance(body, bytes):
                body.read()
            wrong = answers.problems(operation, self.protocol, self.response)
            if not parsed["ResponseMetadata"].get("RequestId"):
                wrong.append("no request id")
            self.report["problems"] += [f"{what}: {problem}" for problem in wrong]
            if not writes:
                self.account.learn(parsed)
            else:
                say("restore")
        if answered == 0:
            self.report["refusals"][f"{name}:{operation.name}"] = codes

    def refusal(self, what, operation, error, codes):
        self.report["refused"] += 1
        answer, metadata = error.response["Error"], error.response["ResponseMetadata"]
        status, code, message = metadata["HTTPStatusCode"], answer.get("Code", ""), answer.get("Message", "")
        codes.setdefault(code, message)
        bodiless = operation.http.get("method") == "HEAD"
        wrong = []
        if bodiless and status == 501:
            # What is not carried out can be named in a body alone, and botocore reads no more of such an answer.
            return
        if not (400 <= status < 500 or code in ("NotImplemented", "SlowDown")):
            wrong.append(f"status {status}")
        if code in UNREAD or (code.isdigit() and not bodiless) or not code:
            wrong.append(f"code {code!r}: {message}")
        if not message and not bodiless and code not in WORDLESS:
            wrong.append(f"no message with {code}")
        if not metadata.get("RequestId"):
            wrong.append("no request id")
        self.report["problems"] += [f"{what}: {problem}" for problem in wrong]


def main():
    logging.disable(logging.CRITICAL)
    task = json.loads(sys.stdin.readline())
    known = requests.Account(account.prepare(lambda service: client(service, task["endpoint"])))
    say("keep")
    # Reads come first, and twice: what they show is what the other requests are made of.
    for writes in (None, False, True):
        if writes is not True:
            run = Run(known)
        for name, operations in task["operations"].items():
            run.service(name, operations, task["endpoint"], bool(writes))
    print(json.dumps(run.report), flush=True)


main()
