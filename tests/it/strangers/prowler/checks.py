"""Runs the named checks of Prowler and prints, as JSON, what they say and what people call the things.

Prowler's own command imports the clients of every cloud it knows. Its AWS provider and its checks need boto3 and
little more, so they are called here as its scanner calls them. What Prowler logs as an error is handed over too: it
goes on after one, and a check of what it could not read then says nothing.
"""

import importlib
import ipaddress
import json
import logging
import sys


def loopback_only(event, arguments):
    """Refuses every connection that leaves the machine, whoever opens it."""
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        if not ipaddress.ip_address(arguments[1][0]).is_loopback:
            raise PermissionError(f"a connection to {arguments[1][0]}")
    elif event == "socket.getaddrinfo" and arguments[0] != "127.0.0.1":
        raise PermissionError(f"a look-up of {arguments[0]}")


def plain_host(request, **_):
    """S3 Control puts the account id before the host name, which no loopback address resolves."""
    scheme, rest = request.url.split("://", 1)
    request.url = f"{scheme}://{rest.split('.', 1)[1]}"


class Errors(logging.Handler):
    """Keeps what was logged."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.said = set()

    def emit(self, record):
        self.said.add(record.getMessage())


def names(session):
    """What a person would call the things that have nothing but an id."""
    ec2 = session.client("ec2")
    names = {}
    tags = ec2.describe_tags()["Tags"]
    for key, form in [
        ("Name", "{}"),
        ("aws:autoscaling:groupName", "an instance of {}"),
        ("baseline:addr", "{}"),
    ]:
        names.update({tag["ResourceId"]: form.format(tag["Value"]) for tag in tags if tag["Key"] == key})
    names.update({vpc["VpcId"]: "the default VPC" for vpc in ec2.describe_vpcs()["Vpcs"] if vpc["IsDefault"]})
    for subnet in ec2.describe_subnets()["Subnets"]:
        if subnet["DefaultForAz"]:
            names[subnet["SubnetId"]] = "the default subnets"
    for acl in ec2.describe_network_acls()["NetworkAcls"]:
        if acl["IsDefault"]:
            names[acl["NetworkAclId"]] = "the default ACL of " + names[acl["VpcId"]]
    for group in ec2.describe_security_groups()["SecurityGroups"]:
        if group["GroupName"] == "default":
            names[group["GroupId"]] = "the default group of " + names[group["VpcId"]]
        else:
            names.setdefault(group["GroupId"], group["GroupName"])
    for alias in session.client("kms").list_aliases()["Aliases"]:
        names[alias["TargetKeyId"]] = alias["AliasName"]
    names[session.client("sts").get_caller_identity()["Account"]] = "the account"
    return names


def main(region, checks):
    sys.addaudithook(loopback_only)
    from prowler.lib.logger import logger
    from prowler.providers.aws.aws_provider import AwsProvider
    from prowler.providers.common.models import Audit_Metadata
    from prowler.providers.common.provider import Provider

    errors = Errors()
    logger.handlers = [errors]
    logger.setLevel(logging.ERROR)
    provider = AwsProvider(regions={region}, scan_unused_services=True)
    session = provider.session.current_session
    session.events.register("before-send.s3-control", plain_host)
    # Some services read a thing only where a check that was asked for needs it.
    provider.audit_metadata = Audit_Metadata(
        services_scanned=0, expected_checks=checks, completed_checks=0, audit_progress=0
    )
    Provider.set_global_provider(provider)
    found = {}
    for name in checks:
        service = name.split("_")[0]
        module = importlib.import_module(f"prowler.providers.aws.services.{service}.{name}.{name}")
        reports = getattr(module, name)().execute()
        found[name] = [{"status": report.status, "id": report.resource_id} for report in reports]
    json.dump({"checks": found, "names": names(session), "errors": sorted(errors.said)}, sys.stdout)


main(sys.argv[1], sys.argv[2:])
