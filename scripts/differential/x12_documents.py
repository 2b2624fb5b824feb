"""ANSI X12, split in segments by pyx12, which checks control numbers and counts."""

import io
import re

from pyx12.errors import X12Error
from pyx12.x12file import X12Reader
from rows import Case, Unfit, is_marked, row
from segments import ENDS, FILLING, values
from values import strip
from x12_writer import Interchange

ENCODINGS = ["utf-8", "utf-8", "windows-1252", "iso-8859-2"]
WHEN = [[{"path": "ST[1]", "equals": "810"}], [{"path": "BIG[2]"}], [{"path": "ST[1]", "equals": ["810", "850"]}]]
WITH_REPETITIONS = "00402"


def view(dice):
    made = {"name": "differential", "stream": "*", "format": "x12", "when": dice.choice(WHEN)}
    if dice.random() < 0.2:
        made["where"] = [{"path": "BIG[7]", "equals": ["CN", "DI"]}, {"path": 'N1[1="BY"][4]'}]
    amount = {"name": "amount", "path": "TDS[1]", "type": "decimal", "impliedDecimals": dice.choice([2, 2, 3])}
    credits = [{"path": "BIG[7]", "equals": ["CN", "CR"]}]
    amount |= dice.choice([{}, {"negativeWhen": credits}, {"negateWhen": credits}])
    if dice.random() < 0.1:
        amount |= {"negativeWhen": [{"path": 'N1[1="RE"][2]'}], "negateWhen": [{"path": "CUR[2]"}]}
    made["columns"] = [
        {"name": "number", "path": ["BIG[2]", "ST[2]"], "type": "text"},
        {"name": "kind", "path": "BIG[7]", "type": "text", "default": "DI"},
        {"name": "day", "path": "BIG[1]", "type": "date"},
        {"name": "due", "path": "ITD[6]", "type": "date", "latest": True},
        {"name": "moment", "path": ['DTM[1="011"][2]', "DTM[2]"], "type": "timestamp"},
        amount,
        {"name": "price", "path": "IT1[4]", "type": "decimal", "scale": 6},
        {"name": "seller", "path": ['N1[1="SE"][2]', 'N1[1="RE"][3="92"][4]', "GS[2]"], "type": "text"},
        {"name": "buyer", "path": ['N1[1="BY"][2]', "ISA[8]"], "type": "text"},
        {"name": "currency", "path": ['CUR[1="SE"][2]', "CUR[2]"], "type": "text"},
        {"name": "reference", "path": dice.choice(["REF[4.*]", 'REF[1="VX"][4.2]', "REF[4]", 'REF[4.1="x"][2]']), "type": "text"},
        {"name": "items", "path": ["PID[5]", "NTE[2]"], "type": "text", "all": True},
        {"name": "around", "path": dice.choice(["ISA[13]", "GS[6]", "ISA[16]", "ISA[11]", "GS[8]"]), "type": "text"},
        {"name": "count", "path": "SE[1]", "type": "integer"},
    ]
    return made


def make(dice):
    made, encoding, parts = view(dice), dice.choice(ENCODINGS), []
    if encoding != "utf-8":
        made["encoding"] = encoding
    for number in range(dice.choice([1, 1, 1, 2, 3])):
        # After the last one, too, there may be what older systems write.
        parts.append(Interchange(dice, encoding, number * 1000 + 417).written() + dice.choice(ENDS))
    if dice.slips(0.05):
        parts[-1] = parts[-1][: dice.randrange(20, len(parts[-1]))]
    parts[0] = dice.choice(["", "", "", "\r\n"]) + parts[0]
    return Case(made, "application/EDI-X12", "".join(parts).encode(encoding), {"parts": parts})


def read(case):
    sets = [one for part in case.notes["parts"] for one in interchange(part)]
    is_taken, found = False, []
    for segments in sets:

        def find(path, segments=segments):
            return list(values(segments, path, date_code))

        if not is_marked(case.view["when"], find):
            continue
        is_taken = True
        one = row(case.view, find, (".", None))
        found += [] if one is None else [one]
    return found if is_taken else None


def interchange(part):
    """Returns the transaction sets of an interchange: segments with those around them."""
    part = part.lstrip(FILLING)
    # pyx12 knows two versions. They differ in what ISA11 means.
    version = part[84:89]
    known = "00501" if version >= WITH_REPETITIONS and not part[82:83].isalnum() else "00401"
    try:
        reader = X12Reader(io.StringIO(part[:84] + known + part[89:], newline=""))
        segments = [elements(segment, reader.repetition_term) for segment in reader]
    except (X12Error, IndexError) as error:
        raise no_x12() from error
    reader.cleanup()
    if not all(is_harmless(code, text) for _, code, text, _, _ in reader.pop_errors()):
        raise no_x12()
    rest = reader.raw.buffer
    if rest.strip(FILLING):
        raise no_x12()
    segments[0][12] = [version]
    return sets_of(segments)


def is_harmless(code, text):
    """Whether it is about spaces before a segment, elements without content at its end, or zeros before a control number."""
    numbers = re.fullmatch(r".* id=([0-9]+) does not match .* id=([0-9]+)", text)
    return code == "SEG1" or "leading space" in text or (numbers is not None and int(numbers[1]) == int(numbers[2]))


def sets_of(segments):
    envelope, sets, one = [], [], None
    for segment in segments:
        name = segment[0][0]
        if name == "ST":
            one = [segment]
        elif one is not None:
            one.append(segment)
            if name == "SE":
                sets.append(one + envelope)
                one = None
        elif name in ("ISA", "GS"):
            envelope = envelope[:1] + [segment]
        elif name not in ("TA1", "GE", "IEA"):
            raise no_x12()
    return sets


def elements(segment, repetition):
    name = segment.get_seg_id()
    found = [[name]] + [[part.get_value() for part in element.elements] for element in segment.elements]
    if name == "ISA":
        # What names the sign between components is none.
        return found[:16] + [[segment.subele_term]]
    if repetition and any(repetition in part for element in found for part in element):
        raise Unfit("an element is repeated", "repeats an element|it is no X12: ")
    return found


def no_x12():
    return Unfit("it is damaged or cut off", "it is no X12: ")


def date_code(_segment, _element, _component, text):
    return {6: "101", 8: "102"}.get(len(strip(text)), "")
