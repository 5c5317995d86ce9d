"""How the programs here talk to the account, and to whoever holds it."""

import sys

import botocore.session
from botocore.config import Config

# What botocore calls the services that sign themselves otherwise.
NAMES = {"elasticloadbalancing": "elbv2", "elasticloadbalancing of 2012": "elb", "monitoring": "cloudwatch", "tagging": "resourcegroupstaggingapi"}

READS = ("Describe", "Get", "Head", "List", "Lookup", "Simulate")


def client(service, endpoint, **more):
    session = botocore.session.get_session()
    session.set_credentials("test", "test")
    config = Config(
        region_name="us-east-1",
        retries={"total_max_attempts": 1},
        s3={"addressing_style": "path"},
        # S3 Control puts the account in the host name, which no resolver knows: the account itself is the proxy.
        proxies={"http": endpoint},
        read_timeout=20,
        **more,
    )
    return session.create_client(service, endpoint_url=endpoint, config=config)


def say(word):
    """Says a word to whoever holds the account, and waits until it is done."""
    print(word, flush=True)
    sys.stdin.readline()
