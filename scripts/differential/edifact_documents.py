"""EDIFACT, split by pydifact's tokenizer."""

import re

from edifact_writer import DEFAULT, SETS, Interchange
from pydifact.control import Characters
from pydifact.token import Token
from pydifact.tokenizer import Tokenizer
from rows import Case, Unfit, is_marked, row
from segments import ENDS, FILLING, at, values

WHEN = [
    [{"path": "UNH[2]", "equals": "INVOIC"}],
    [{"path": "BGM[1]"}],
    [{"path": "UNH[2]", "equals": ["INVOIC", "ORDERS"]}],
]


def view(dice):
    made = {"name": "differential", "stream": "*", "format": "edifact", "when": dice.choice(WHEN)}
    if dice.random() < 0.2:
        made["where"] = [{"path": "BGM[1]", "equals": ["380", "381"]}, {"path": 'NAD[1="BY"][2]'}]
    amount = {"name": "amount", "path": ['MOA[1="77"][1.2]', 'MOA[1.1="9"][1.2]', "MOA[1.2]"], "type": "decimal"}
    if dice.random() < 0.5:
        amount["negateWhen"] = [{"path": "BGM[1]", "equals": "381"}]
    made["columns"] = [
        {"name": "number", "path": ["BGM[2]", "UNH[1]"], "type": "text"},
        {"name": "kind", "path": "BGM[1.1]", "type": "text"},
        {"name": "day", "path": ['DTM[1="137"][1.2]', 'DTM[1="3"][1.2]'], "type": "date"},
        {"name": "moment", "path": 'DTM[1.1="171"][1.2]', "type": "timestamp"},
        amount,
        {"name": "buyer", "path": ['NAD[1="BY"][4.*]', 'NAD[1="BY"][3.*]', 'NAD[1="BY"][2]'], "type": "text"},
        {"name": "seller", "path": [['NAD[1="SE"][4.1]', 'NAD[1="SE"][4.2]'], "NAD[2.1]"], "type": "text", "default": "none"},
        {"name": "notes", "path": dice.choice(["FTX[4.*]", "FTX[4]", "FTX[4.2]", "FTX[5.*]"]), "type": "text", "all": True},
        {"name": "sender", "path": ["UNB[2]", "UNG[2]"], "type": "text"},
        {"name": "around", "path": ["UNG[1]", "UNB[5]", "UNB[1.2]"], "type": "text"},
        {"name": "count", "path": "UNT[1]", "type": "integer"},
    ]
    return made


def make(dice):
    made, parts = view(dice), []
    count = dice.choice([1, 1, 1, 2, 3])
    for number in range(count):
        # Messages that are in no interchange go on to the end.
        is_bare = number == count - 1 and dice.random() < 0.1
        # After the last one, too, there may be what older systems write.
        parts.append(Interchange(dice).written(is_bare) + dice.choice(ENDS).encode())
    if dice.slips(0.05):
        parts[-1] = parts[-1][: dice.randrange(20, len(parts[-1]))]
    parts[0] = dice.choice([b""] * 9 + [b"\xef\xbb\xbf", b"\r\n"]) + parts[0]
    return Case(made, "application/edifact", b"".join(parts), {"parts": parts})


def read(case):
    messages = [message for part in case.notes["parts"] for message in interchange(part)]
    is_taken, found = False, []
    for segments, written in messages:

        def find(path, segments=segments):
            return list(values(segments, path, date_code))

        if not is_marked(case.view["when"], find):
            continue
        is_taken = True
        one = row(case.view, find, written)
        found += [] if one is None else [one]
    return found if is_taken else None


def interchange(part):
    """Returns the messages of an interchange: segments with those around it, and the marks and groups of numbers."""
    is_utf8 = texts_in(part, "utf-8") is not None
    part = part.removeprefix(b"\xef\xbb\xbf").lstrip(FILLING.encode())
    signs, marks = DEFAULT, ".,"
    if part.startswith(b"UNA"):
        signs, part = part[3:9].decode(), part[9:]
        if len(signs) < 6:
            raise cut_off()
        marks = signs[2] if signs[2] in ".," else ".,"
    envelope, messages, message = [], [], None
    encoding, is_open = "utf-8" if is_utf8 else "windows-1252", False
    # Octets are split before they are decoded: the signs are ASCII.
    for raw in segments_of(part.decode("latin-1"), signs):
        name = raw[0][0]
        if name == "UNB" and not is_utf8:
            encoding = SETS[raw[1][0]]
        segment = [[decoded(component, encoding) for component in element] for element in raw]
        if name == "UNH":
            message = [segment]
        elif name in ("UNB", "UNG"):
            envelope = [one for one in envelope if one[0][0] == "UNB" and name != "UNB"] + [segment]
            is_open = True
        elif name in ("UNE", "UNZ"):
            is_open = is_open and name != "UNZ"
        elif message is None:
            raise cut_off()
        else:
            message.append(segment)
            if name == "UNT":
                messages.append((message + envelope, (marks, None)))
                message = None
    if is_open or message is not None:
        raise cut_off()
    return messages


def cut_off():
    # Where it ends within a sign of several octets, that is no sign of its character set either.
    return Unfit("it is cut off", "does not end|does not name six signs|outside of a message|its character set, named in UNB")


def segments_of(text, signs):
    """Yields segments: elements of components."""
    end = signs[5]
    if end != "\n":
        # Ends of lines are no part of a value.
        text = re.sub("[\r\n]", "", text)
    text = text.rstrip(FILLING) + (end if end == "\n" else "")
    characters = Characters.from_str("UNA" + signs)
    if signs[3] == " ":
        # There is no sign that releases.
        characters = characters.with_control_character("escape_character", "\x02")
    try:
        tokens = list(Tokenizer().get_tokens(text, characters))
    except Exception as error:
        raise cut_off() from error
    segment = [[""]]
    for token in tokens:
        if token.type == Token.Type.TERMINATOR:
            segment[0][0] = segment[0][0].lstrip(FILLING)
            if segment != [[""]]:
                yield segment
            segment = [[""]]
        elif token.type == Token.Type.DATA_SEPARATOR:
            segment.append([""])
        elif token.type == Token.Type.COMPONENT_SEPARATOR:
            segment[-1].append("")
        else:
            segment[-1][-1] += token.value
    if segment != [[""]]:
        raise cut_off()


def decoded(component, encoding):
    text = texts_in(component.encode("latin-1"), encoding)
    if text is None:
        raise Unfit("it has signs that its character set does not have", "its character set, named in UNB, does not have")
    return text


def texts_in(octets, encoding):
    try:
        return octets.decode(encoding)
    except UnicodeDecodeError:
        return None


def date_code(segment, element, component, _text):
    code = at(segment, element, component + 1) if segment[0][0] == "DTM" else None
    return code or None
