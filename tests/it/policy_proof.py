"""Compares policies with cvc5: reads pairs and what was made of them, and looks for a request that says otherwise.

Written from what AWS says of policies, not from the code it judges: a request is allowed where some statement allows it and
none denies it; a statement speaks where its principal, action, resource and all its conditions fit; `*` is any text and `?`
one character; a key that is not in the request fits negated operators, `IfExists` and `Null: true` alone.
"""

import json
import sys

import cvc5.pythonic as solver_of
from cvc5.pythonic import (
    AllChar, BitVec, Bool, BoolVal, Concat, If, InRe, Int, Length, Not, Plus, Re, Solver, Star, String, UGE, ULE, sat, unsat,
)


def joined(kind, empty, parts):
    """A conjunction or disjunction, which the solver builds of two or more."""
    parts = list(parts)
    if len(parts) > 1:
        return kind(*parts)
    return parts[0] if parts else BoolVal(empty)


def And(*parts):
    return joined(solver_of.And, True, parts)


def Or(*parts):
    return joined(solver_of.Or, False, parts)


ANY = AllChar()
ACTION, RESOURCE = String("action"), String("resource")
TAG, HAS_TAG = String("tag"), Bool("has-tag")
MFA, HAS_MFA = Bool("mfa"), Bool("has-mfa")
SOURCE, HAS_SOURCE = BitVec("source", 32), Bool("has-source")
COUNT, HAS_COUNT = Int("count"), Bool("has-count")
WHO = Int("who")

# Everybody there is: the account, the ARN as policies name it.
PEOPLE = [
    (None, None),
    ("111111111111", "arn:aws:iam::111111111111:role/a"),
    ("111111111111", "arn:aws:iam::111111111111:user/b"),
    ("111111111111", "arn:aws:iam::111111111111:user/c"),
    ("222222222222", "arn:aws:iam::222222222222:user/b"),
    ("222222222222", "arn:aws:iam::222222222222:user/c"),
    ("333333333333", "arn:aws:iam::333333333333:user/c"),
]


def regex(pattern):
    parts = [Re("")]
    for letter in pattern:
        parts.append(Star(ANY) if letter == "*" else ANY if letter == "?" else Re(letter))
    return Concat(*parts, Re(""))


def listed(value):
    return value if isinstance(value, list) else [value]


def names(principal, person):
    account, arn = person
    if principal == "*":
        return True
    return any(
        name == "*" or name == arn or (account is not None and name in (account, f"arn:aws:iam::{account}:root"))
        for name in listed(principal["AWS"])
    )


def principal(statement):
    if "Principal" not in statement and "NotPrincipal" not in statement:
        return BoolVal(True)
    fitting = []
    for number, person in enumerate(PEOPLE):
        fits = names(statement["Principal"], person) if "Principal" in statement else not names(statement["NotPrincipal"], person)
        if fits:
            fitting.append(WHO == number)
    return Or(*fitting)


def address(text):
    value = 0
    for part in text.split("."):
        value = value * 256 + int(part)
    return value


def in_range(text):
    start, _, prefix = text.partition("/")
    size = 1 << (32 - int(prefix or 32))
    first = address(start) & ~(size - 1)
    return And(UGE(SOURCE, first), ULE(SOURCE, first + size - 1))


def condition(operator, key, values):
    present = {"aws:tag": HAS_TAG, "aws:mfa": HAS_MFA, "aws:SourceIp": HAS_SOURCE, "aws:count": HAS_COUNT}[key]
    values = listed(values)
    if operator == "Null":
        return And(*[Not(present) if value == "true" else present for value in values])
    missing = operator.endswith("IfExists")
    operator = operator.removesuffix("IfExists")
    fits = {
        "StringEquals": lambda value: TAG == value,
        "StringNotEquals": lambda value: TAG == value,
        "StringLike": lambda value: InRe(TAG, regex(value)),
        "StringNotLike": lambda value: InRe(TAG, regex(value)),
        "Bool": lambda value: MFA == (value == "true"),
        "IpAddress": in_range,
        "NotIpAddress": in_range,
        "NumericLessThan": lambda value: COUNT < int(value),
        "NumericGreaterThanEquals": lambda value: COUNT >= int(value),
    }[operator]
    any_fits = Or(*[fits(value) for value in values])
    negated = "Not" in operator
    return If(present, Not(any_fits) if negated else any_fits, BoolVal(missing or negated))


def speaks(statement):
    actions = listed(statement.get("Action", statement.get("NotAction")))
    action = Or(*[InRe(ACTION, regex(pattern)) for pattern in actions])
    resources = listed(statement.get("Resource", statement.get("NotResource")))
    resource = Or(*[InRe(RESOURCE, regex(pattern)) for pattern in resources])
    conditions = [
        condition(operator, key, values)
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    ]
    return And(
        principal(statement),
        Not(action) if "NotAction" in statement else action,
        Not(resource) if "NotResource" in statement else resource,
        *conditions,
    )


def allows(statements):
    by = lambda effect: Or(*[speaks(statement) for statement in statements if statement["Effect"] == effect])
    return And(by("Allow"), Not(by("Deny")))


def main():
    pairs = json.load(sys.stdin)
    new = 0
    for place, pair in enumerate(pairs):
        solver = Solver()
        # What no pattern names is all alike: one action of another service, one resource of it, and none.
        solver.add(Or(InRe(ACTION, Concat(Re("s:"), Plus(ANY))), ACTION == "t:z"))
        solver.add(Or(InRe(RESOURCE, Concat(Re("arn:aws:s:::"), Plus(ANY))), RESOURCE == "*", RESOURCE == "arn:aws:t:::z"))
        solver.add(Length(TAG) > 0, WHO >= 0, WHO < len(PEOPLE))
        solver.add(allows(pair["new"]), Not(allows(pair["old"])))
        answer = solver.check()
        if answer not in (sat, unsat):
            print(f"pair {place}: the solver does not know\n{json.dumps(pair)}")
            return 1
        if (answer == sat) != pair["found"]:
            witness = solver.model() if answer == sat else "no request"
            print(f"pair {place} disagrees: {witness}\n{json.dumps(pair)}")
            return 1
        new += answer == sat
    print(f"{len(pairs)} pairs, {new} with new access, no disagreement")
    return 0


if __name__ == "__main__":
    sys.exit(main())
