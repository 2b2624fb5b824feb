"""Signed documents (.p7m), unpacked by asn1crypto: the XML in them, read by lxml."""

import base64
import re
from dataclasses import replace

import p7m_writer
import texts
import xml_documents
from asn1crypto import parser
from rows import Unfit

SEQUENCE, OBJECT, OCTETS = 16, 6, 4
SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
# One signature in the other.
MOST_SIGNATURES = 4


def make(dice):
    case = xml_documents.make(dice)
    case.view["mediaTypes"] = ["application/xml", "application/pkcs7-mime"]
    is_xml = dice.random() < 0.95
    content = case.document if is_xml else dice.choice([b"%PDF-1.7 a contract", b"", ("A text: " + texts.phrase(dice)).encode()])
    document, quirk = p7m_writer.written(dice, content)
    notes = case.notes | {"is_xml": is_xml, "quirk": quirk, "content": content}
    return replace(case, media_type="application/pkcs7-mime", document=document, notes=notes)


def read(case):
    content = binary(case.document)
    for count in range(MOST_SIGNATURES + 1):
        if count and not is_signed(content):
            break
        if count == MOST_SIGNATURES:
            raise Unfit("it is signed too often", "it is signed more than")
        content = unpacked(content)
    if not case.notes["is_xml"]:
        return None
    return xml_documents.read(replace(case, document=content))


def binary(document):
    if document[:1] == b"\x30":
        return document
    try:
        return base64.b64decode(re.sub(rb"(?m)^-----.*$|\s", b"", document), validate=True)
    except ValueError as error:
        raise no_signed() from error


def no_signed():
    return Unfit("it is no signed document", "it is no signed document: ")


def is_signed(content):
    try:
        return content_type(values(content, 1)[0]) == SIGNED_DATA
    except (ValueError, IndexError):
        return False


def unpacked(document):
    """Returns what is signed (RFC 5652, 5.1)."""
    try:
        info = values(document, 1)[0]
        if content_type(info) != SIGNED_DATA:
            raise no_signed()
        (data,) = values(values(info.content)[1].content)
        encapsulated = values(values(data.content)[2].content)
        if len(encapsulated) == 1:
            raise Unfit("it has a signature only", "it has a signature only")
        (content,) = values(encapsulated[1].content)
        return octets(content)
    except (ValueError, IndexError) as error:
        raise no_signed() from error


class Value:
    """A value as asn1crypto splits it: its tag, whether it is of others, and its content."""

    def __init__(self, parts):
        _, self.is_of_others, self.tag, _, self.content, _ = parts
        self.length = sum(map(len, parts[3:]))


def values(content, most=None):
    """Returns values, one behind the other."""
    found = []
    while content and len(found) != most:
        found.append(Value(parser.parse(content)))
        content = content[found[-1].length :]
    return found


def content_type(info):
    kind = values(info.content)[0]
    return kind.content if kind.tag == OBJECT else None


def octets(value):
    if value.tag != OCTETS:
        raise ValueError("no octets")
    return b"".join(map(octets, values(value.content))) if value.is_of_others else value.content
