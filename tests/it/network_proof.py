"""Judges networks with z3: reads them and the sets that claim to be exact, and looks for a packet that says otherwise.

Written from what AWS says of its filters, not from the code it judges: a security group allows what any rule fits; of a
network ACL the first entry that fits decides; the answer of TCP and UDP goes to the port the connection came from, and
is filtered by network ACLs alone; a ping is answered by an echo reply; other messages of ICMP ask for no answer.
"""

import json
import sys

from z3 import And, BitVec, BoolVal, ForAll, If, Implies, Not, Or, Solver, UGE, ULE, Xor, sat, unsat

SRC, DST = BitVec("src", 32), BitVec("dst", 32)
PROTO, SPORT, DPORT = BitVec("proto", 8), BitVec("sport", 16), BitVec("dport", 16)


def within(number, first, last):
    return And(UGE(number, first), ULE(number, last))


def in_range(address, start, prefix):
    last = start | ((1 << (32 - prefix)) - 1)
    return within(address, start, last)


def carries(line, port):
    protocol = line["protocol"]
    if protocol == 0:
        return BoolVal(True)
    if protocol == 47:
        return PROTO == 47
    return And(PROTO == protocol, within(port, line["first"], line["last"]))


def group(lines, peer, in_network):
    fits = []
    for line in lines:
        who = BoolVal(in_network) if line["group"] else in_range(peer, line["start"], line["prefix"])
        fits.append(And(who, carries(line, port=DPORT)))
    return Or(fits)


def acl(lines, peer, port):
    verdict = BoolVal(False)
    for line in reversed(lines):
        fits = And(in_range(peer, line["start"], line["prefix"]), carries(line, port))
        verdict = If(fits, BoolVal(line["allow"]), verdict)
    return verdict


def answered(lines, peer, port=SPORT):
    """Whether the answer passes an ACL."""
    echo = And(PROTO == 1, UGE(DPORT, 2048), ULE(DPORT, 2303))
    timestamp = And(PROTO == 1, UGE(DPORT, 13 * 256), ULE(DPORT, 13 * 256 + 255))
    mask = And(PROTO == 1, UGE(DPORT, 17 * 256), ULE(DPORT, 17 * 256 + 255))
    ping6 = And(PROTO == 58, UGE(DPORT, 128 * 256), ULE(DPORT, 128 * 256 + 255))
    icmp = Or(PROTO == 1, PROTO == 58)
    reply = lambda number: acl(lines, peer, number)
    from z3 import BitVecVal

    return If(
        echo,
        reply(BitVecVal(0, 16)),
        If(
            timestamp,
            reply(BitVecVal(14 * 256, 16)),
            If(
                mask,
                reply(BitVecVal(18 * 256, 16)),
                If(ping6, reply(BitVecVal(129 * 256, 16)), If(icmp, BoolVal(True), acl(lines, peer, port))),
            ),
        ),
    )


def answered_at_nat(lines, peer):
    """Whether the answer passes to whatever port NAT has chosen."""
    chosen = BitVec("chosen", 16)
    ports = ForAll([chosen], Implies(UGE(chosen, 1024), acl(lines, peer, chosen)))
    return If(Or(PROTO == 6, PROTO == 17), ports, answered(lines, peer))


def outside(address):
    return And(in_range(address, 8 << 24, 6), Not(in_range(address, 10 << 24, 8)))


def truth(world):
    here = in_range(SRC, 10 << 24, 24)
    there = in_range(DST, (10 << 24) + 256, 24)
    kind = world["kind"]
    if kind == "between":
        return And(
            here,
            there,
            group(world["group-here"], DST, True),
            acl(world["acl-here-out"], DST, DPORT),
            acl(world["acl-there-in"], SRC, DPORT),
            group(world["group-there"], SRC, True),
            answered(world["acl-there-out"], SRC),
            answered(world["acl-here-in"], DST),
        )
    if kind == "inbound":
        return And(
            outside(SRC),
            there,
            acl(world["acl-there-in"], SRC, DPORT),
            group(world["group-there"], SRC, False),
            answered(world["acl-there-out"], SRC),
        )
    leaves = And(
        here,
        outside(DST),
        group(world["group-here"], DST, False),
        acl(world["acl-here-out"], DST, DPORT),
        answered(world["acl-here-in"], DST),
    )
    if kind == "outbound":
        return leaves
    return And(
        leaves,
        Or(PROTO == 6, PROTO == 17, PROTO == 1),
        acl(world["acl-there-in"], SRC, DPORT),
        acl(world["acl-there-out"], DST, DPORT),
        answered_at_nat(world["acl-there-in"], DST),
        answered(world["acl-there-out"], SRC),
    )


def claimed(world):
    dimensions = [SRC, DST, PROTO, SPORT, DPORT]
    products = []
    for product in world["open"]:
        sets = [Or([within(at, first, last) for first, last in ranges]) for at, ranges in zip(dimensions, product)]
        products.append(And(sets))
    return Or(products)


def main():
    worlds = json.load(sys.stdin)
    for place, world in enumerate(worlds):
        solver = Solver()
        solver.add(Xor(truth(world), claimed(world)))
        answer = solver.check()
        if answer == sat:
            print(f"network {place} ({world['kind']}) disagrees about {solver.model()}\n{json.dumps(world)}")
            return 1
        if answer != unsat:
            print(f"network {place}: z3 does not know")
            return 1
    print(f"{len(worlds)} networks, no disagreement")
    return 0


if __name__ == "__main__":
    sys.exit(main())
