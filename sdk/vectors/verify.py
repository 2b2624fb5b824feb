#!/usr/bin/env python3
"""Holds the published vectors against formats written anew in Python, from their description alone.

    pip install pynacl cryptography pyhpke
    python3 sdk/vectors/verify.py

Shows, too, how little a client in another language needs.
"""

import hashlib
import hmac as hmac_module
import json
import pathlib
import struct

import nacl.bindings as nacl
import evidence as evidence_file
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey

HERE = pathlib.Path(__file__).parent
U32 = struct.Struct("<I")
U64 = struct.Struct("<Q")


def load(name):
    return json.loads((HERE / name).read_text())


def raw(text):
    return bytes.fromhex(text.removeprefix("0x"))


def blake2_256(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def hmac(key, data):
    return hmac_module.new(key, data, hashlib.sha256).digest()


def hkdf(secret, salt, info):
    return HKDF(SHA256(), 32, salt, info).derive(secret)


def expand(key, label, length=32):
    return HKDFExpand(SHA256(), length, label).derive(key)


def context_bytes(context):
    parts = raw(context["genesisHash"]), raw(context["stream"]), U32.pack(context["epoch"])
    return b"".join(parts) + raw(context["recordId"])


def padme(length):
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    mask = (1 << (exponent - exponent.bit_length())) - 1
    return (length + mask) & ~mask


def seal(secret, context, media_type, document):
    inner = bytes([len(media_type)]) + media_type + U32.pack(len(document)) + document
    inner += bytes(padme(len(inner)) - len(inner))
    mac_key = hkdf(secret, None, b"credio/v1/synthetic-salt")
    salt = hmac(mac_key, raw(context["recordId"]) + hmac(mac_key, inner))
    data_key = hkdf(secret, salt, b"credio/v1/data-key" + context_bytes(context))
    commitment_of_key = expand(data_key, b"credio/v1/key-commitment")
    aad = b"credio/envelope/v1\x01" + context_bytes(context) + salt + commitment_of_key
    ciphertext = nacl.crypto_aead_xchacha20poly1305_ietf_encrypt(
        inner,
        aad,
        expand(data_key, b"credio/v1/nonce", 24),
        expand(data_key, b"credio/v1/encryption"),
    )
    return data_key, b"\x01" + salt + commitment_of_key + ciphertext


def envelopes():
    file = load("envelope-v1.json")
    for vector in file["vectors"]:
        document = raw(vector["document"])
        data_key, envelope = seal(
            raw(file["streamSecret"]), file["context"], vector["mediaType"].encode(), document
        )
        assert envelope == raw(vector["envelope"])
        commitment_key = expand(data_key, b"credio/v1/commitment")
        assert commitment_key == raw(vector["commitmentKey"])
        assert hmac(commitment_key, document) == raw(vector["commitment"])


def seal_object(secret, context, media_type, document):
    prefix = bytes([len(media_type)]) + media_type + U64.pack(len(document))
    inner = prefix + document
    inner += bytes(padme(len(inner)) - len(inner))
    mac_key = hkdf(secret, None, b"credio/v1/synthetic-salt")
    digest = hmac(mac_key, prefix + hashlib.sha256(document).digest())
    salt = hmac(mac_key, b"credio/v2" + raw(context["recordId"]) + digest)
    data_key = hkdf(secret, salt, b"credio/v1/data-key" + context_bytes(context))
    header = b"\x02" + salt + expand(data_key, b"credio/v1/key-commitment")
    aad = b"credio/envelope/v2\x02" + context_bytes(context) + header[1:]
    chunks = [inner[at : at + 65_536] for at in range(0, len(inner), 65_536)]
    sealed = [
        nacl.crypto_aead_xchacha20poly1305_ietf_encrypt(
            chunk,
            aad,
            expand(data_key, b"credio/v2/nonce-prefix", 19)
            + index.to_bytes(4, "big")
            + bytes([index + 1 == len(chunks)]),
            expand(data_key, b"credio/v2/encryption"),
        )
        for index, chunk in enumerate(chunks)
    ]
    return data_key, header, sealed


def object_envelopes():
    file = load("envelope-v2.json")
    for vector in file["vectors"]:
        document = bytes(place % 251 for place in range(vector["documentLength"]))
        data_key, header, chunks = seal_object(
            raw(file["streamSecret"]), file["context"], vector["mediaType"].encode(), document
        )
        envelope = header + b"".join(chunks)
        assert header == raw(vector["header"])
        assert len(envelope) == vector["envelopeLength"]
        assert hashlib.sha256(envelope).digest() == raw(vector["envelopeSha256"])
        assert merkle_root([blake2_256(piece) for piece in [header, *chunks]]) == raw(vector["root"])
        commitment_key = expand(data_key, b"credio/v1/commitment")
        assert commitment_key == raw(vector["commitmentKey"])
        assert hmac(commitment_key, document) == raw(vector["commitment"])


def anchored_documents():
    file = load("anchor-v1.json")
    for vector in file["vectors"]:
        info = b"credio/v1/anchor" + context_bytes(file["context"]) + U32.pack(vector["index"])
        key = hkdf(raw(file["streamSecret"]), None, info)
        assert key == raw(vector["commitmentKey"])
        assert hmac(key, raw(vector["document"])) == raw(vector["commitment"])


def wrapped_keys():
    file = load("wrapped-key-v1.json")
    suite = CipherSuite.new(
        KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.CHACHA20_POLY1305
    )
    private = X25519PrivateKey.from_private_bytes(raw(file["recipientSecretKey"]))
    assert private.public_key().public_bytes_raw() == raw(file["recipientPublicKey"])
    salt = raw(file["envelopeOfDataKey"])[1:33]
    data_key = hkdf(
        raw(file["streamSecret"]), salt, b"credio/v1/data-key" + context_bytes(file["context"])
    )
    expected = {"streamSecret": raw(file["streamSecret"]), "dataKey": data_key}
    of = file["context"]
    label = b"credio/v1/secret-commitment" + raw(of["genesisHash"]) + raw(of["stream"])
    committed = hkdf(raw(file["streamSecret"]), None, label + U32.pack(of["epoch"]))
    assert committed == raw(file["secretCommitment"])
    psk = hkdf(raw(file["organizationSecret"]), None, b"credio/v1/own-secrets")
    keys = {"base": (b"", b""), "psk": (psk, b"credio/wrap-to-self/v1")}
    for vector in file["vectors"]:
        info = b"credio/wrap/v1" + raw(vector["genesisHash"]) + raw(vector["resource"])
        info += b"".join(
            U32.pack(vector[name]) for name in ("epoch", "organization", "keyVersion")
        )
        wrapped = raw(vector["wrapped"])
        recipient = suite.create_recipient_context(
            wrapped[:32],
            KEMKey.from_pyca_cryptography_key(private),
            info,
            psk=keys[vector["mode"]][0],
            psk_id=keys[vector["mode"]][1],
        )
        assert recipient.open(wrapped[32:]) == expected[vector["secret"]]


def merkle_root(leaves):
    if len(leaves) == 1:
        return blake2_256(b"credio/merkle-leaf/v1" + leaves[0])
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    left, right = merkle_root(leaves[:split]), merkle_root(leaves[split:])
    return blake2_256(b"credio/merkle-node/v1" + left + right)


def merkle_proof(leaves, index):
    if len(leaves) == 1:
        return []
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    if index < split:
        return merkle_proof(leaves[:split], index) + [merkle_root(leaves[split:])]
    return merkle_proof(leaves[split:], index - split) + [merkle_root(leaves[:split])]


def merkle_trees():
    for vector in load("merkle-v1.json")["vectors"]:
        leaves = [raw(leaf) for leaf in vector["commitments"]]
        assert merkle_root(leaves) == raw(vector["root"])
        assert merkle_proof(leaves, vector["index"]) == [raw(node) for node in vector["proof"]]


def ids():
    file = load("ids-v1.json")
    for vector in file["vectors"]:
        organization = U32.pack(vector["organization"])
        for name, domain, rest in (
            ("recordId", b"credio/record/v1", raw(vector["reference"])),
            ("grantId", b"credio/grant/v1", raw(vector["reference"])),
            ("accessRequestId", b"credio/access-request/v1", raw(vector["reference"])),
            ("stream", b"credio/stream/v1", vector["streamName"].encode()),
        ):
            assert blake2_256(domain + organization + rest) == raw(vector[name]), name
    for entry in file["references"]:
        data = b"credio/reference/v1" + raw(file["requestKey"]) + U32.pack(entry["position"])
        assert blake2_256(data) == raw(entry["reference"])


def compact(number):
    if number < 64:
        return bytes([number << 2])
    assert number < 2**14
    return struct.pack("<H", number << 2 | 1)


def bundles():
    file = load("bundle-v2.json")
    for vector in file["vectors"]:
        proposer = U32.pack(vector["proposer"])
        bundle_id = blake2_256(b"credio/bundle/v1" + proposer + raw(vector["reference"]))
        assert bundle_id == raw(vector["bundleId"])
        legs = compact(len(vector["legs"]))
        for leg in vector["legs"]:
            legs += U32.pack(leg["organization"]) + compact(len(leg["calls"]))
            legs += b"".join(map(raw, leg["calls"]))
        head = b"credio/bundle-digest/v2" + raw(file["genesisHash"]) + bundle_id
        digest = blake2_256(head + U64.pack(vector["deadline"]) + legs)
        assert digest == raw(vector["digest"])


def evidence():
    chain = (HERE / "evidence-v3.chain.json").read_bytes()
    good = (HERE / "evidence-v3.evidence").read_bytes()
    assert evidence_file.verify(good, chain, b"an invoice over 100.00 EUR")[0] == 9
    try:
        evidence_file.verify((HERE / "evidence-v3.foreign.evidence").read_bytes(), chain)
        raise AssertionError("evidence of another chain with the same validators is taken")
    except evidence_file.Refused as refused:
        assert "genesis" in str(refused), refused
    for position in range(0, len(good), 101):
        changed = bytearray(good)
        changed[position] ^= 1
        try:
            evidence_file.verify(bytes(changed), chain)
        except evidence_file.Refused:
            continue
        raise AssertionError(f"the byte at {position} can be changed")


if __name__ == "__main__":
    for check in (
        envelopes,
        object_envelopes,
        anchored_documents,
        wrapped_keys,
        merkle_trees,
        ids,
        bundles,
        evidence,
    ):
        check()
        print(f"{check.__name__.replace('_', ' ')}: hold")
