"""CSV, read by Python's csv."""

import csv
import io
import re

import texts
from rows import Case, Unfit, is_marked, notation, row
from values import strip

NAMES = ["loan", "due date", "Amount", "payer", "kind", "note", "paid", "count", "Straße", "betrag, netto", 'the "name"']
ENCODINGS = ["utf-8"] * 4 + ["utf-8-sig", "utf-16", "windows-1252", "iso-8859-2", "cp932", "gb18030", "koi8-u"]


def make(dice):
    delimiter = dice.choice([",", ";", "|", "\t"])
    encoding = dice.choice(ENCODINGS)
    signs = {"utf-8-sig": "utf-8", "utf-16": "utf-8"}.get(encoding, encoding)
    marks, group = dice.choice([(".", None), (".", ","), (",", None), (",", "."), (",", " "), (".", "'")])
    if group == " " and not texts.can("\u202f", signs):
        group = None
    names = [name for name in NAMES if dice.random() < 0.85 and texts.can(name, signs)] or ["loan"]
    dice.shuffle(names)
    pattern = dice.choice(texts.PATTERNS)
    view = {"name": "differential", "stream": "*", "format": "csv", "delimiter": delimiter}
    view["columns"] = columns(dice, pattern)
    if marks != "." or group is not None:
        view["decimalMark"] = marks
    if group is not None:
        view["thousands"] = group
    if signs != "utf-8":
        # What the web calls Shift_JIS has the signs of Windows.
        view["encoding"] = "shift_jis" if signs == "cp932" else signs
    if dice.random() < 0.3:
        view["when"] = dice.choice([[{"path": "loan"}], [{"path": "kind", "equals": ["a", "b"]}, {"path": "payer"}]])
    if dice.random() < 0.3:
        view["where"] = [{"path": "kind", "equals": ["a", "b", "c"]}, {"path": "paid"}]
    above = dice.choice([0, 0, 0, 1, 3])
    if above:
        view["skip"] = above
    end = dice.choice(["\n", "\r\n", "\r\n", "\r"])
    lines = [dice.choice(["", "Statement", 'of "2026', ";;;"]) for _ in range(above)]
    written = [dice.choice([name, name, name.upper(), f" {name} "]) for name in names]
    if dice.slips(0.05):
        written.append(written[0])
    lines.append(line(dice, written, delimiter))
    for _ in range(dice.randrange(0, 12)):
        fields = [value(dice, strip(name), signs, marks, group, pattern) for name in written]
        if dice.slips(0.02):
            fields = fields[1:] if dice.random() < 0.5 else [*fields, "x"]
        lines.append(line(dice, fields, delimiter))
        if dice.random() < 0.03:
            lines.append("")
    text = end.join(lines) + (end if dice.random() < 0.8 else "")
    if dice.slips(0.03):
        text += '"open'
    return Case(view, "text/csv", text.encode(encoding), {"encoding": encoding})


def columns(dice, pattern):
    amount = {"name": "amount", "path": "amount", "type": "decimal", "scale": dice.choice([2, 4, 6])}
    if dice.random() < 0.5:
        amount["negateWhen"] = [{"path": "kind", "equals": ["b", "c"]}]
    kind = {"name": "kind", "path": "kind", "type": "text"}
    kind["otherwise"] = [{"path": "paid", "equals": "true", "value": "settled"}]
    if dice.random() < 0.5:
        kind["default"] = "none"
    loan = {"name": "loan", "path": ["loan", "LOAN NUMBER"], "type": "text"}
    if dice.random() < 0.05:
        loan["required"] = True
    return [
        loan,
        {"name": "day", "path": "due date", "type": "date", "format": pattern},
        amount,
        {"name": "payer", "path": [["payer", "Straße"], "note"], "type": "text"},
        kind,
        {"name": "paid", "path": "paid", "type": "boolean"},
        {"name": "number", "path": ["count", "COUNT OF DAYS"], "type": "integer"},
        {"name": "net", "path": ["betrag, netto", 'the "name"'], "type": "text"},
    ]


def value(dice, name, encoding, marks, group, pattern):
    if dice.random() < 0.1:
        return dice.choice(["", "", " ", "\t"])
    name = name.lower()
    if name == "due date":
        return texts.pattern_date(dice, pattern)
    if name == "amount":
        text = texts.number(dice, marks, group)
        return text if texts.can(text, encoding) else "1"
    if name == "kind":
        return dice.choice(["a", "b", "c", "d"])
    if name == "paid":
        return texts.boolean(dice)
    if name == "count":
        return texts.integer(dice) if (marks, group) == (".", None) else "5"
    text = texts.phrase(dice, encoding)
    if dice.random() < 0.05:
        text += dice.choice(["\n", "\r\n", "\n\n"]) + texts.phrase(dice, encoding)
    return text


def line(dice, fields, delimiter):
    return delimiter.join(quoted(dice, text, delimiter, len(fields) == 1) for text in fields)


def quoted(dice, text, delimiter, is_alone):
    # A quote within a text that does not begin with it is a sign as any other.
    needs = any(c in text for c in (delimiter, "\n", "\r")) or text.startswith('"') or (is_alone and not text)
    if needs or dice.random() < 0.2:
        return '"' + text.replace('"', '""') + '"'
    return text


def read(case):
    view, text = case.view, case.document.decode(case.notes["encoding"])
    for _ in range(view.get("skip", 0)):
        parts = re.split("\r\n|\r|\n", text, maxsplit=1)
        if len(parts) == 1:
            return None
        text = parts[1]
    lines = [fields for fields in parsed(text, view["delimiter"], is_strict=False) if fields]
    names = list(map(strip, lines[0])) if lines else []
    if "when" in view and not any(places(names, mark["path"]) for mark in view["when"]):
        return None
    for path in paths(view):
        if len(places(names, path)) > 1:
            raise Unfit("a name stands for two columns", f"it has two columns that could be {re.escape(path)}")
    try:
        lines = [fields for fields in parsed(text, view["delimiter"], is_strict=True) if fields]
    except csv.Error as error:
        raise Unfit("a quote does not close", "does not close|behind a closing quote") from error
    found = []
    for number, fields in enumerate(lines[1:]):
        if len(fields) != len(names):
            raise Unfit("a line has another number of values", "another number of values")

        def find(path, has_empty=False, fields=fields):
            at = places(names, path)
            here = [fields[at[0]]] if at else []
            return [(text, None) for text in here if has_empty or strip(text)]

        if number == 0 and not is_marked(view.get("when", []), lambda path: find(path, True)):
            return None
        one = row(view, find, notation(view))
        found += [] if one is None else [one]
    return found


def parsed(text, delimiter, is_strict):
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=is_strict)


def places(names, path):
    exact = [at for at, name in enumerate(names) if name == path]
    return exact or [at for at, name in enumerate(names) if name.lower() == path.lower()]


def paths(view):
    for column in view["columns"]:
        for source in [column["path"]] if isinstance(column["path"], str) else column["path"]:
            yield from [source] if isinstance(source, str) else source
        yield from (mark["path"] for mark in column.get("negateWhen", []) + column.get("otherwise", []))
    yield from (mark["path"] for mark in view.get("when", []) + view.get("where", []))
