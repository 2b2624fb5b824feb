#!/usr/bin/env python3
"""Checks evidence as docs/evidence.md describes it, written anew from that description alone.

    pip install cryptography
    python3 sdk/vectors/evidence.py FILE --chain SPECIFICATION [--document FILE]

Shows what an implementation in another language needs. It says little; `credio evidence verify` says what is proven.
"""

import argparse
import hashlib
import hmac
import json
import pathlib
import struct

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "credio/evidence/v3"
PARTS = ["genesis", "subject", "from", "finality", "storage", "document"]
U64 = 2**64


class Refused(Exception):
    pass


def need(condition, part, reason):
    if not condition:
        raise Refused(f"{part}: {reason}")


def raw(text):
    return bytes.fromhex(text.removeprefix("0x"))


def blake2(data, size=32):
    return hashlib.blake2b(data, digest_size=size).digest()


def xxh64(data, seed):
    """xxHash64, as 8 bytes, little endian."""
    p1, p2, p3, p4, p5 = (
        0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5,
    )

    def rotate(value, bits):
        return (value << bits | value >> 64 - bits) % U64

    def step(lane, word):
        return rotate((lane + word * p2) % U64, 31) * p1 % U64

    at = 0
    if len(data) >= 32:
        lanes = [(seed + p1 + p2) % U64, (seed + p2) % U64, seed, (seed - p1) % U64]
        while at + 32 <= len(data):
            lanes = [step(lane, word) for lane, word in zip(lanes, struct.unpack_from("<4Q", data, at))]
            at += 32
        value = sum(rotate(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18))) % U64
        for lane in lanes:
            value = ((value ^ step(0, lane)) * p1 + p4) % U64
    else:
        value = (seed + p5) % U64
    value = (value + len(data)) % U64
    while at + 8 <= len(data):
        word = struct.unpack_from("<Q", data, at)[0]
        value = (rotate(value ^ step(0, word), 27) * p1 + p4) % U64
        at += 8
    if at + 4 <= len(data):
        value = (rotate(value ^ struct.unpack_from("<I", data, at)[0] * p1 % U64, 23) * p2 + p3) % U64
        at += 4
    for byte in data[at:]:
        value = rotate(value ^ byte * p5 % U64, 11) * p1 % U64
    for shift, factor in ((33, p2), (29, p3), (32, 1)):
        value = (value ^ value >> shift) * factor % U64
    return struct.pack("<Q", value)


def twox_128(data):
    return xxh64(data, 0) + xxh64(data, 1)


def key(pallet, item, *rest):
    return twox_128(pallet.encode()) + twox_128(item.encode()) + b"".join(rest)


def twox_64_concat(data):
    return xxh64(data, 0) + data


class Scale:
    """Reads SCALE."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, length):
        need(self.at + length <= len(self.data), "encoding", "cut short")
        self.at += length
        return self.data[self.at - length : self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "little")

    def compact(self):
        first = self.number(1)
        if first % 4 == 3:
            return self.number((first >> 2) + 4)
        return (first + (self.number([0, 1, 3][first % 4]) << 8)) >> 2

    def bytes(self):
        return self.take(self.compact())

    def option(self, read):
        return read() if self.number(1) else None

    def end(self):
        need(self.at == len(self.data), "encoding", "longer than it should be")


def write_compact(number):
    for size, tag in ((1, 0), (2, 1), (4, 2)):
        if number < 1 << 8 * size - 2:
            return (number << 2 | tag).to_bytes(size, "little")
    raise ValueError(number)


def nibbles(data):
    return [half for byte in data for half in (byte >> 4, byte & 15)]


# The trie: nodes are leaves or branches, with a value in them or its hash.
KINDS = [(0b01, 6, "leaf"), (0b10, 6, "branch"), (0b11, 6, "valued"), (0b001, 5, "leaf#"), (0b0001, 4, "valued#")]


def write_node(kind, path, value, children=None):
    tag, bits = next((tag, bits) for tag, bits, name in KINDS if name == kind)
    room = (1 << bits) - 1
    head, rest = bytearray([tag << bits | min(len(path), room)]), len(path) - room
    while rest >= 0:
        head.append(min(rest, 255))
        rest -= 255
    odd = [0] + path if len(path) % 2 else path
    packed = bytes(odd[i] << 4 | odd[i + 1] for i in range(0, len(odd), 2))
    bitmap = b"" if children is None else struct.pack("<H", sum(1 << i for i in children))
    joined = b"".join(write_compact(len(child)) + child for _, child in sorted((children or {}).items()))
    return bytes(head) + packed + bitmap + value + joined


def trie_node(items):
    """The node over sorted (nibbles, value) pairs."""
    if not items:
        return b"\0"
    first, last = items[0][0], items[-1][0]
    shared = 0
    while shared < min(len(first), len(last)) and first[shared] == last[shared]:
        shared += 1
    path, own, children = first[:shared], None, {}
    for branch in range(16):
        below = [(rest[shared + 1 :], value) for rest, value in items if len(rest) > shared and rest[shared] == branch]
        if below:
            node = trie_node(below)
            children[branch] = node if len(node) < 32 else blake2(node)
    if len(first) == shared:
        own = items[0][1]
    hashed = own is not None and len(own) > 32
    value = b"" if own is None else blake2(own) if hashed else write_compact(len(own)) + own
    kind = ("leaf" if not children else "valued") + "#" * hashed if own is not None else "branch"
    return write_node(kind, path, value, children or None)


def trie_root(pairs):
    return blake2(trie_node(sorted((nibbles(name), value) for name, value in pairs.items())))


class State:
    """Reads from nodes of a trie, and remembers which were needed."""

    def __init__(self, root, nodes):
        need(all(a < b for a, b in zip(nodes, nodes[1:])), "storage", "not in ascending order")
        self.root, self.nodes, self.needed = root, {blake2(node): node for node in nodes}, set()

    def node(self, digest):
        need(digest in self.nodes, "storage", "a node is missing")
        self.needed.add(digest)
        return self.nodes[digest]

    def get(self, name, only_digest=False):
        wanted, node = nibbles(name), Scale(self.node(self.root))
        while True:
            first = node.number(1)
            if first == 0:
                return None
            tag = next((kind for kind in KINDS if first >> kind[1] == kind[0]), None)
            need(tag, "storage", "a node of an unknown kind")
            _, bits, kind = tag
            length = more = first & (1 << bits) - 1
            if length == (1 << bits) - 1:
                while (more := node.number(1)) == 255:
                    length += 255
                length += more
            path = nibbles(node.take((length + 1) // 2))[length % 2 :]
            bitmap = 0 if kind.startswith("leaf") else node.number(2)
            hashed = kind.endswith("#")
            value = None if kind == "branch" else node.take(32) if hashed else node.bytes()
            if wanted[:length] != path:
                return None
            if len(wanted) == length:
                if only_digest:
                    return value if hashed or value is None else blake2(value)
                return self.node(value) if hashed else value
            branch, wanted = wanted[length], wanted[length + 1 :]
            if not bitmap >> branch & 1:
                return None
            for _ in range(bin(bitmap & (1 << branch) - 1).count("1")):
                node.bytes()
            child = node.bytes()
            node = Scale(self.node(child) if len(child) == 32 else child)


def read_form(data):
    """The parts of a file, each with the text that its sum is of."""
    try:
        lines = data.decode().split("\n")
        need(len(lines) == 9 and not lines[8] and lines[7].endswith("}"), "format", "not eight lines")
        need(lines[0] == f'{{"format":"{FORMAT}",', "format", "not version 3")
        evidence = json.loads(data)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Refused(f"format: {error}") from error
    need(list(evidence) == ["format", *PARTS, "sums"] and list(evidence["sums"]) == PARTS, "format", "other parts")
    for name, line in zip(PARTS, lines[1:7]):
        text = line.removeprefix(f'"{name}":').removesuffix(",")
        need(line == f'"{name}":{text},' and blake2(text.encode()) == raw(evidence["sums"][name]), name, "changed")
        need(json.dumps(evidence[name], separators=(",", ":")) == text, name, "in another form")
    need(lines[7] == '"sums":' + json.dumps(evidence["sums"], separators=(",", ":")) + "}", "sums", "in another form")
    return evidence


def voters(scale):
    return {scale.take(32): scale.number(8) for _ in range(scale.compact())}


def read_header(scale):
    start = scale.at
    header = {"parent": scale.take(32), "number": scale.compact(), "state": scale.take(32)}
    scale.take(32)
    header["next"] = None
    for _ in range(scale.compact()):
        kind = scale.number(1)
        if kind == 8:  # the runtime was upgraded
            continue
        engine = scale.take(4) if kind in (4, 5, 6) else None
        log = Scale(scale.bytes())
        if kind == 4 and engine == b"FRNK":
            change = log.number(1)
            need(change not in (2,), "finality", "a forced change")
            if change == 1:
                need(header["next"] is None, "finality", "two changes")
                header["next"] = voters(log)
                need(log.number(4) == 0, "finality", "a delayed change")
                log.end()
    header["hash"] = blake2(scale.data[start : scale.at])
    return header


def check_votes(header, justification, present, set_id):
    scale = Scale(justification)
    round_number = scale.take(8)
    target = scale.take(32), scale.number(4)
    need(target == (header["hash"], header["number"]), "finality", "a justification of another block")
    votes = [(scale.take(32), scale.take(4), scale.take(64), scale.take(32)) for _ in range(scale.compact())]
    ancestors = [read_header(scale) for _ in range(scale.compact())]
    scale.end()
    parents, visited, weights = {one["hash"]: one["parent"] for one in ancestors}, set(), {}
    need(len(parents) == len(ancestors), "finality", "a header twice")
    for block, number, signature, voter in votes:
        message = b"\1" + block + number + round_number + struct.pack("<Q", set_id)
        try:
            Ed25519PublicKey.from_public_bytes(voter).verify(signature, message)
        except Exception as error:
            raise Refused("finality: a bad signature") from error
        while block != header["hash"] and block in parents:
            visited.add(block)
            block = parents[block]
        if block == header["hash"] and voter in present:
            weights[voter] = present[voter]
    need(visited == set(parents), "finality", "headers that no vote needs")
    total = sum(present.values())
    need(sum(weights.values()) >= total - (total - 1) // 3, "finality", "too few votes")


def check_finality(evidence, genesis, present):
    set_id, number, links = 0, 0, evidence["finality"]
    need(links, "finality", "no block")
    need(raw(evidence["from"]["hash"]) == genesis and evidence["from"]["number"] == 0, "from", "not genesis")
    for position, link in enumerate(links):
        scale = Scale(raw(link["header"]))
        header = read_header(scale)
        scale.end()
        need(header["number"] > number, "finality", "not in order")
        check_votes(header, raw(link["justification"]), present, set_id)
        need(header["next"] or position + 1 == len(links), "finality", "a block that changes nothing")
        if header["next"]:
            set_id, present = set_id + 1, header["next"]
        number = header["number"]
    return header


def read_grant(data):
    scale = Scale(data)
    grant = {"grantor": scale.number(4), "grantee": scale.number(4), "resource": scale.take(33)}
    scale.take(1 + 4)
    grant["purpose"] = scale.bytes()
    return grant


def check_chain(genesis, state):
    found = state.get(key("System", "BlockHash", twox_64_concat(bytes(4))))
    need(found == genesis, "genesis", "of another chain with the same validators")
    state.get(key("Governance", "NetworkId"))


def check_state(subject, state):
    record = raw(subject["recordId"])
    header = state.get(key("Anchor", "Headers", record))
    need(header, "subject", "no such entry")
    scale = Scale(header)
    stream, sequence, organization = scale.take(32), scale.take(8), scale.take(4)
    scale.take(32)
    block = scale.take(4)
    body = {"kind": scale.number(1)}
    if body["kind"] == 1:
        body.update(root=scale.take(32), leaves=scale.number(4))
    else:
        body["epoch"] = scale.number(4) if body["kind"] in (2, 3) else None
        body["commitment"] = scale.take(32)
    owner = (state.get(key("Anchor", "Streams", stream)) or b"")[:4]

    position = stream, sequence[::-1]
    need(state.get(key("Anchor", "Positions", *position)) == record, "storage", "not there")
    if body["kind"] == 2:
        need(state.get(key("Records", "Envelopes", *position), only_digest=True), "storage", "no payload")
    acknowledged = set()
    if body["kind"] == 3 and (erasure := state.get(key("Records", "Erasures", record))):
        # Number, author, block; then of each organization its number and the block.
        erased_at = struct.unpack("<I", erasure[40:44])[0]
        given = Scale(state.get(key("Records", "Acknowledgements", record)) or b"\0")
        for _ in range(given.compact()):
            acknowledged.add(given.take(4))
            need(erased_at <= given.number(4), "storage", "acknowledged before the erasure")
        body["erased_at"] = erased_at
    state.get(key("Grants", "Epochs", stream))
    if origin := subject["origin"]:
        request = raw(origin["requestKey"])
        reference = blake2(b"credio/reference/v1" + request + struct.pack("<I", origin["position"]))
        need(blake2(b"credio/record/v1" + organization + reference) == record, "subject", "another request's")
        receipt = state.get(key("Idempotency", "Receipts", twox_64_concat(organization), blake2(request, 16) + request))
        # Digest, block, extrinsic, expiry, lane (nothing, or two numbers), outcome.
        is_applied = receipt and receipt[44 + (13 if receipt[44] else 1)] == 0 and receipt[32:36] == block
        need(receipt is None or is_applied, "subject", "not the request that brought it")
    mentioned, there, resources = {organization, owner} | acknowledged, set(), (b"\0" + stream, b"\1" + record)
    for resource in resources:
        count = Scale(state.get(key("Grants", "GrantCounts", resource)) or bytes(4)).number(4)
        for slot in (struct.pack("<I", slot) for slot in range(count)):
            name = state.get(key("Grants", "GrantsByResource", resource, twox_64_concat(slot)))
            grant = read_grant(state.get(key("Grants", "Grants", name)))
            need(grant["resource"] == resource, "storage", "a grant on something else")
            mentioned |= {struct.pack("<I", grant[one]) for one in ("grantor", "grantee")}
            there.add(name)
    for name in map(raw, subject["grants"]):
        need(name in there or state.get(key("Grants", "Grants", name)) is None, "subject", "a grant on something else")
    for name in map(raw, subject["accessRequests"]):
        request = state.get(key("Grants", "AccessRequests", name))
        need(request and request[8:41] in resources, "subject", "an access request for something else")
        mentioned |= {request[:4], request[4:8]}
    for one in mentioned:
        need(state.get(key("Organizations", "Organizations", twox_64_concat(one))), "storage", "no such organization")
    now = state.get(key("Timestamp", "Now"))
    need(state.needed == set(state.nodes), "storage", "nodes that prove nothing")
    return body, int.from_bytes(now, "little")


def check_document(part, body, document):
    commitment = body.get("commitment")
    if part and (inclusion := part["inclusion"]):
        need(body["kind"] == 1, "document", "no Merkle anchor")
        commitment, position, width = raw(inclusion["commitment"]), inclusion["index"], body["leaves"]
        digest, siblings = blake2(b"credio/merkle-leaf/v1" + commitment), list(map(raw, inclusion["siblings"]))
        need(position < width, "document", "no such position")
        while width > 1:
            if position ^ 1 < width:
                need(siblings, "document", "a sibling is missing")
                pair = [digest, siblings.pop(0)]
                digest = blake2(b"credio/merkle-node/v1" + b"".join(pair[::-1] if position % 2 else pair))
            position, width = position // 2, (width + 1) // 2
        need(digest == body["root"] and not siblings, "document", "not under the root")
    own = part and part["content"] and raw(part["content"])
    for content in (one for one in (own, document) if one is not None):
        need(part and part["commitmentKey"] and commitment, "document", "no key, or no commitment")
        found = hmac.new(raw(part["commitmentKey"]), content, hashlib.sha256).digest()
        need(hmac.compare_digest(found, commitment), "document", "another document")


def verify(data, specification, document=None):
    """Refuses, or answers the number and the time of the proven block."""
    try:
        return check(data, specification, document)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise Refused(f"format: {error!r}") from error


def check(data, specification, document):
    evidence = read_form(data)
    top = {raw(name): raw(value) for name, value in json.loads(specification)["genesis"]["raw"]["top"].items()}
    head = bytes(32) + write_compact(0) + trie_root(top) + blake2(b"\0") + write_compact(0)
    genesis = blake2(head)
    need(raw(evidence["genesis"]) == genesis, "genesis", "another chain")
    header = check_finality(evidence, genesis, voters(Scale(top[key("Grandpa", "Authorities")])))
    state = State(header["state"], list(map(raw, evidence["storage"])))
    check_chain(genesis, state)
    body, now = check_state(evidence["subject"], state)
    check_document(evidence["document"], body, document)
    return header["number"], now


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--chain", type=pathlib.Path, required=True)
    parser.add_argument("--document", type=pathlib.Path)
    arguments = parser.parse_args()
    document = arguments.document and arguments.document.read_bytes()
    try:
        number, now = verify(arguments.file.read_bytes(), arguments.chain.read_bytes(), document)
    except Refused as refused:
        raise SystemExit(f"refused: {refused}") from refused
    print(f"holds at block {number}, of {now} ms since 1970")


if __name__ == "__main__":
    main()
