"""Asks the AWS command line and boto3 the same questions, and tells what each answered.

Standard input: JSON with an endpoint and questions (service, operation, parameters, query).
Standard output: JSON with the answers of both, in the same order.

A text `${ADDR}` in the parameters is the id of what the baseline made at that address, `${arn:ADDR}` its ARN; the
tagging API tells which is which.
"""

import contextlib
import functools
import io
import json
import os
import re
import sys

import boto3
import jmespath
from awscli.clidriver import create_clidriver
from botocore import xform_name

# What the command line calls a service otherwise.
COMMANDS = {"s3": "s3api"}


def command_line(driver, service, operation, parameters, query):
    """What `aws` prints; its own code runs in this process, because starting it takes longer than asking."""
    printed, complained = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    arguments = [COMMANDS.get(service, service), xform_name(operation, "-"), "--query", query, "--output", "json"]
    if parameters:
        arguments += ["--cli-input-json", json.dumps(parameters)]
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(complained):
        code = driver.main(arguments)
        printed.flush()
    if code:
        return f"exit code {code}: {complained.getvalue().strip()}"
    return json.loads(printed.buffer.getvalue() or "null")


def library(clients, service, operation, parameters, query):
    """What boto3 answers."""
    try:
        answer = getattr(clients(service), xform_name(operation))(**parameters)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    # As the command line prints it: times as text.
    return jmespath.search(query, json.loads(json.dumps(answer, default=str)))


def addresses():
    """The ARN of everything that carries the baseline's tag, by its address."""
    found = {}
    pages = boto3.client("resourcegroupstaggingapi").get_paginator("get_resources")
    for page in pages.paginate(TagFilters=[{"Key": "baseline:addr"}]):
        for thing in page["ResourceTagMappingList"]:
            tags = {tag["Key"]: tag["Value"] for tag in thing["Tags"]}
            found[tags["baseline:addr"]] = thing["ResourceARN"]
    return found


def resolved(value, arns):
    if isinstance(value, dict):
        return {name: resolved(item, arns) for name, item in value.items()}
    if isinstance(value, list):
        return [resolved(item, arns) for item in value]
    if isinstance(value, str) and (name := re.fullmatch(r"\$\{(arn:)?(.*)\}", value)):
        arn = arns[name[2]]
        return arn if name[1] else arn.rsplit("/", 1)[-1]
    return value


def main():
    task = json.load(sys.stdin)
    os.environ["AWS_ENDPOINT_URL"] = task["endpoint"]
    # S3 Control puts the account in the host name, which no resolver knows: the account itself is the proxy.
    os.environ["HTTP_PROXY"] = task["endpoint"]
    arns = addresses()
    driver, clients, answers = create_clidriver(), functools.cache(boto3.client), []
    for service, operation, parameters, query in task["questions"]:
        parameters = resolved(parameters, arns)
        question = (service, operation, parameters, query)
        answers.append([command_line(driver, *question), library(clients, *question)])
    json.dump(answers, sys.stdout)


main()
