"""moto's own tests against `baseline sandbox serve`: how many pass, and what became of the others.

    python tests/moto_suite/run.py MOTO_CHECKOUT [--program target/debug/baseline] [--service s3 ...] [--details FILE]

MOTO_CHECKOUT is a checkout of https://github.com/getmoto/moto (the package on PyPI has no tests). The Python that runs
this needs `moto[all,server]`, `pytest` and `freezegun`. Every service has an account of its own, and a forwarder in the
process of the tests turns moto's reset into the account's. Results:

    passed    the test passed
    skipped   moto skips it against a server
    missing   the account refused an operation, or a member of a request, that it says it does not have
    stricter  the account refuses what AWS refuses; reviewed, with its reason in stricter.txt
    habit     the test leans on what only moto does; reviewed, with its reason in habits.txt
    open      it failed, and nobody has reviewed why: wrong until then
"""

import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SERVICES = [
    "sts", "iam", "s3", "s3control", "kms", "ec2", "elbv2", "autoscaling", "cloudtrail", "cloudwatch", "ssm",
    "secretsmanager", "resourcegroupstaggingapi",
]
CLASSES = ["passed", "skipped", "missing", "stricter", "habit", "open"]


def reviewed(name):
    """What a list says of tests, of the exceptions that end them or, behind a tilde, of words in their messages; and why."""
    lines = (HERE / name).read_text().splitlines()
    return dict(line.rsplit(": ", 1) for line in lines if line and not line.startswith("#"))


def reason_of(known, name, message):
    """Why a test stands in a list; nothing where it does not."""
    said = [key for key in known if key.startswith("~") and key[1:] in message]
    for key in (name, message.split(":", 1)[0], *said):
        if key in known:
            return known[key]
    return None


def run(service, moto, program):
    """Runs the tests of one service against an account of its own."""
    with tempfile.TemporaryDirectory() as home:
        served = subprocess.Popen(
            [program, "sandbox", "serve"], cwd=home, env={"HOME": home}, stdout=subprocess.PIPE, text=True
        )
        try:
            endpoint = served.stdout.readline().strip().removeprefix("AWS_ENDPOINT_URL=")
            results = pathlib.Path(home) / "results.jsonl"
            environment = os.environ | {
                "BASELINE_ENDPOINT": endpoint,
                "BASELINE_RESULTS": str(results),
                "TEST_SERVER_MODE": "true",
                "TESTS_SKIP_REQUIRES_DOCKER": "true",
                "AWS_ACCESS_KEY_ID": "testing",
                "AWS_SECRET_ACCESS_KEY": "testing",
                "AWS_DEFAULT_REGION": "us-east-1",
                "PYTHONPATH": f"{HERE}{os.pathsep}{moto}",
            }
            command = [sys.executable, "-m", "pytest", "-q", "-p", "forward", "-p", "no:cacheprovider"]
            command += ["--no-header", "--tb=no", "--continue-on-collection-errors", "-m", "not requires_docker", f"tests/test_{service}"]
            subprocess.run(command, cwd=moto, env=environment, stdout=subprocess.DEVNULL, check=False)
            if not results.exists():
                sys.exit(f"no test of {service} ran: the checkout is not whole, or a package that it imports is missing")
            return [json.loads(line) for line in results.read_text().splitlines()]
        finally:
            served.terminate()
            served.wait()


def classified(result, stricter, habits):
    """The class of a result, and the reason that people are told."""
    name = result["test"]
    if result["outcome"] in ("passed", "skipped"):
        return result["outcome"], ""
    if result["refusals"]:
        return "missing", result["refusals"][0]
    for kind, known in (("stricter", stricter), ("habit", habits)):
        reason = reason_of(known, name, result["message"])
        if reason is not None:
            return kind, reason
    return "open", result["message"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("moto", type=pathlib.Path)
    parser.add_argument("--program", default=HERE.parent.parent / "target/debug/baseline", type=pathlib.Path)
    parser.add_argument("--service", nargs="*", default=SERVICES, choices=SERVICES)
    parser.add_argument("--details", type=pathlib.Path)
    arguments = parser.parse_args()
    stricter, habits = reviewed("stricter.txt"), reviewed("habits.txt")
    counts, details = collections.defaultdict(collections.Counter), []
    for service in arguments.service:
        for result in run(service, arguments.moto.resolve(), arguments.program.resolve()):
            kind, reason = classified(result, stricter, habits)
            rows = [service, "all"] + (["verified"] if result["verified"] else [])
            for row in rows:
                counts[row][kind] += 1
            details.append({"class": kind, "reason": reason, **result})
        if arguments.details:
            arguments.details.write_text("".join(json.dumps(line) + "\n" for line in details))
        print(service, dict(counts[service]), file=sys.stderr, flush=True)
    print("| tests | " + " | ".join(CLASSES) + " |")
    print("|---" * (len(CLASSES) + 1) + "|")
    for row, found in counts.items():
        print(f"| {row} | " + " | ".join(str(found[kind]) for kind in CLASSES) + " |")


if __name__ == "__main__":
    main()
