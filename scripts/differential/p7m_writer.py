"""Writes signed documents (CMS, RFC 5652) at random: in DER as in BER, one signature in the other, binary or in base 64."""

import base64

SEQUENCE, SET, OCTETS, PIECES, OBJECT = 0x30, 0x31, 0x04, 0x24, 0x06
EXPLICIT, CERTIFICATES, REVOCATIONS = 0xA0, 0xA0, 0xA1
SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
KINDS = [bytes.fromhex("2a864886f70d010701")] * 5 + [bytes.fromhex("2a864886f70d010703"), bytes.fromhex("2a8648")]
# The tag, the length and the content of an algorithm: SHA-256, without parameters or with some.
DIGESTS = [bytes.fromhex("300b0609608648016503040201"), bytes.fromhex("300d06096086480165030402010500")]
LABELS = ["PKCS7", "CMS", "SIGNED DATA"]


class Writer:
    """Writes one signature around a document."""

    def __init__(self, dice):
        self.dice = dice
        # How often a length is left open, and how often it is longer than it has to be.
        self.open = dice.choice([0, 0, 0.5, 1])
        self.longer = dice.choice([0, 0, 0.3])

    def signed(self, content, is_detached=False, kind=SIGNED_DATA):
        dice = self.dice
        encapsulated = [self.value(OBJECT, dice.choice(KINDS), may_be_open=False)]
        if not is_detached:
            encapsulated.append(self.value(EXPLICIT, self.octets(content)))
        data = [self.value(0x02, bytes([dice.choice([1, 3])]), may_be_open=False)]
        data.append(self.value(SET, b"".join(dice.choice(DIGESTS) for _ in range(dice.randrange(3)))))
        data.append(self.value(SEQUENCE, b"".join(encapsulated)))
        if dice.random() < 0.6:
            data.append(self.value(CERTIFICATES, self.filling()))
        if dice.random() < 0.2:
            data.append(self.value(REVOCATIONS, self.filling()))
        data.append(self.value(SET, self.filling() if dice.random() < 0.8 else b""))
        inner = self.value(SEQUENCE, b"".join(data))
        return self.value(SEQUENCE, self.value(OBJECT, kind, may_be_open=False) + self.value(EXPLICIT, inner))

    def filling(self):
        """Returns what is not looked at: a structure with bytes in it."""
        content = bytes(self.dice.randrange(256) for _ in range(self.dice.choice([0, 5, 40, 300])))
        return self.value(SEQUENCE, self.value(OCTETS, content, may_be_open=False))

    def octets(self, content, level=0):
        """Returns octets, in one piece or in several, which may be in pieces themselves."""
        dice = self.dice
        if level > 3 or dice.random() < 0.5:
            return self.value(OCTETS, content, may_be_open=False)
        count = dice.choice([1, 2, 3, 7])
        size = max(1, -(-len(content) // count))
        pieces = [content[at : at + size] for at in range(0, len(content), size)] + [b""] * dice.choice([0, 0, 1])
        return self.value(PIECES, b"".join(self.octets(piece, level + 2) for piece in pieces))

    def value(self, tag, content, may_be_open=True):
        dice, length = self.dice, len(content)
        if may_be_open and dice.random() < self.open:
            return bytes([tag, 0x80]) + content + b"\0\0"
        size = (length.bit_length() + 7) // 8
        if dice.random() < self.longer:
            size = dice.randrange(max(size, 1), 5)
        elif length < 0x80:
            return bytes([tag, length]) + content
        return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content


def written(dice, content):
    """Returns a signed document, and what is wrong with it if something is."""
    count, quirk = dice.choice([1, 1, 1, 1, 2, 3, 4]), None
    if dice.slips(0.03):
        count, quirk = dice.choice([5, 6]), "signed too often"
    for _ in range(count):
        is_detached = quirk is None and dice.slips(0.02)
        if is_detached:
            quirk = "a signature only"
        content = Writer(dice).signed(content, is_detached)
    if dice.slips(0.02):
        # Of another kind: encrypted, or data as it is.
        quirk, content = "of another kind", Writer(dice).signed(content, kind=SIGNED_DATA[:-1] + bytes([dice.choice([1, 3, 6])]))
    if dice.slips(0.05):
        quirk, content = "cut off", content[: dice.randrange(len(content))]
    elif dice.random() < 0.05:
        content += dice.choice([b"\n", b"\r\n", b"\0"])
    return in_text(dice, content), quirk


def in_text(dice, content):
    kind = dice.choice(["binary"] * 4 + ["base 64", "lines", "labelled"])
    if kind == "binary":
        return content
    text = base64.b64encode(content).decode()
    if kind == "base 64":
        return text.encode()
    end, width = dice.choice(["\n", "\r\n"]), dice.choice([64, 76])
    lines = [text[at : at + width] for at in range(0, len(text), width)]
    if kind == "labelled":
        label = dice.choice(LABELS)
        lines = [f"-----BEGIN {label}-----", *lines, f"-----END {label}-----"]
    return (end.join(lines) + dice.choice(["", end])).encode()
