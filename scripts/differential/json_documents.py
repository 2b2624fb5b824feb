"""JSON and JSON Lines, read by Python's json and a library of JSONPath (RFC 9535)."""

import json
import re

import jsonpath_rfc9535
import texts
from rows import NO_TEXT, Case, Unfit, is_marked, notation, row

NAMES = ["name", "a b", "lines", "amount", "role", "party", "date", "paid", "größe", "nested", "x.y", "it's", ""]
ROWS = [None, None, ["$.lines[*]"], ["$[*]", "$"], ["$..lines[*]"], ["$.party", "$.nested"]]
MOST_LEVELS = 64


class Number(str):
    """A number as it is written."""


class Object(list):
    """Fields in their order, each with its name."""


def view(dice):
    made = {"name": "differential", "stream": "*", "format": "json"}
    rows = dice.choice(ROWS)
    if rows:
        made["rows"] = rows if len(rows) > 1 or dice.random() < 0.5 else rows[0]
    if dice.random() < 0.2:
        made["when"] = dice.choice([[{"path": "$.name"}, {"path": "$[0]"}], [{"path": "$..role", "equals": ["seller", "buyer"]}]])
    if dice.random() < 0.2:
        made["where"] = dice.choice([[{"path": "@.amount"}, {"path": "@.name"}], [{"path": "@"}]])
    if dice.random() < 0.3:
        made["decimalMark"] = ","
    amount = {"name": "amount", "path": ["@.amount", "@.nested.amount", "@..amount"], "type": "decimal"}
    amount["scale"] = dice.choice([2, 4, 9])
    if dice.random() < 0.5:
        amount["negateWhen"] = [{"path": "@.role", "equals": "buyer"}]
    sellers = ["@.lines[?@.role == 'seller'].name", "$..[?(@.role=='seller')].name", "@..[?@.paid]['name']"]
    below = ["@..name", "@.*", "@..*", "$..lines[*].name"]
    deep = ["@..name", "@.nested.*", "$..[0].name", "@..role", "$..[0]"]
    made["columns"] = [
        {"name": "first", "path": ["@.name", "@['a b']", '@["größe"]'], "type": "text"},
        {"name": "seller", "path": dice.choice(sellers), "type": "text", "all": True},
        amount,
        {"name": "last", "path": ["@.lines[-1].name", "@.lines[0].name", "@[1].name"], "type": "text"},
        {"name": "below", "path": dice.choice(below), "type": "text", "all": True},
        {"name": "deep", "path": dice.choice(deep), "type": "text", "default": "none"},
        {"name": "day", "path": "@.date", "type": "date"},
        {"name": "paid", "path": "@.paid", "type": "boolean", "otherwise": [{"path": "@.role", "equals": ["seller"], "value": True}]},
        {"name": "odd", "path": [["@['x.y']", '@["it\'s"]'], "@['']"], "type": "text"},
    ]
    return made


def make(dice):
    made = view(dice)
    document = value(dice, made, 0) if dice.random() < 0.05 else thing(dice, made, 0)
    if dice.random() < 0.2:
        document = [thing(dice, made, 1) for _ in range(dice.randrange(4))]
    text = written(dice, document, dice.choice([None, 0, 2]))
    if dice.slips(0.03):
        levels = dice.choice([MOST_LEVELS, MOST_LEVELS + 1, 100])
        text = "[" * levels + "1" + "]" * levels
    return Case(made, "application/json", encoded(dice, text))


def make_lines(dice):
    made = view(dice)
    lines = [written(dice, thing(dice, made, 1), None) for _ in range(dice.randrange(8))]
    lines = [line for line in lines for line in ([line, ""] if dice.random() < 0.05 else [line])]
    end = dice.choice(["\n", "\n", "\r\n"])
    text = end.join(lines) + (end if dice.random() < 0.8 else "")
    return Case(made, dice.choice(["application/jsonl", "application/x-ndjson"]), encoded(dice, text))


def encoded(dice, text):
    return text.encode(dice.choice(["utf-8"] * 8 + ["utf-8-sig", "utf-16"]))


def thing(dice, made, level):
    names = [name for name in NAMES if dice.random() < 0.5]
    dice.shuffle(names)
    fields = [(name, field(dice, made, name, level)) for name in names]
    if fields and dice.slips(0.02):
        fields.append(fields[0])
    return Object(fields)


def field(dice, made, name, level):
    if dice.random() < 0.05:
        return None
    if level < 4 and name in ("lines", "nested", "party") and dice.random() < 0.8:
        if name == "lines":
            return [thing(dice, made, level + 1) for _ in range(dice.randrange(4))]
        return thing(dice, made, level + 1)
    if name == "amount":
        if "decimalMark" in made:
            return texts.number(dice, ",")
        text = texts.number(dice)
        is_number = re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?", text)
        return Number(text) if is_number else text
    if name == "role":
        return dice.choice(["seller", "buyer", "payer"])
    if name == "date":
        return texts.iso_date(dice)
    if name == "paid":
        return dice.choice([True, False, "1", Number("0")])
    if dice.slips(0.03):
        return value(dice, made, level + 1)
    return texts.phrase(dice)


def value(dice, made, level):
    if dice.slips(0.05):
        return "half \ud83d"
    kind = dice.randrange(6 if level < 4 else 4)
    if kind == 4:
        return [value(dice, made, level + 1) for _ in range(dice.randrange(4))]
    if kind == 5:
        return thing(dice, made, level + 1)
    return dice.choice([None, True, False, Number("12.50"), Number("-1E2"), texts.phrase(dice), "", "😀 𝄞"])


def written(dice, item, indent, level=0):
    """Writes a value, its numbers as they are."""
    space = "" if indent is None else "\n" + " " * indent * level
    inner = "" if indent is None else space + " " * indent
    gap = dice.choice(["", " ", "\t"])
    if isinstance(item, Object):
        parts = [f"{inner}{string(dice, name)}{gap}:{gap}{written(dice, of, indent, level + 1)}" for name, of in item]
        return "{" + ",".join(parts) + (space if parts else "") + "}"
    if isinstance(item, list):
        parts = [inner + written(dice, of, indent, level + 1) for of in item]
        return "[" + f"{gap},".join(parts) + (space if parts else "") + "]"
    if isinstance(item, Number):
        return str(item)
    return string(dice, item) if isinstance(item, str) else json.dumps(item)


def string(dice, text):
    is_ascii = has_half_pair(text) or dice.random() < 0.3
    return json.dumps(text, ensure_ascii=is_ascii).replace("/", dice.choice(["/", "\\/"]))


def has_half_pair(text):
    return any(0xD800 <= ord(c) < 0xE000 for c in text)


def read(case):
    text = decoded(case.document)
    if case.media_type != "application/json":
        document = [parsed(line, 1) for line in text.split("\n") if line.strip()]
    else:
        document = parsed(text, 0)
    starts = nodes(case.view["rows"], document, document) if "rows" in case.view else [document]

    def finding(here):
        return lambda path: [as_text(node) for node in nodes(path, document, here)]

    if not is_marked(case.view.get("when", []), finding(document)):
        return None
    found = [row(case.view, finding(start), notation(case.view)) for start in starts]
    return [one for one in found if one is not None]


def decoded(document):
    if document.startswith((b"\xff\xfe", b"\xfe\xff")):
        return document.decode("utf-16")
    return document.decode("utf-8-sig")


def parsed(text, level):
    def fields(pairs):
        if len({name for name, _ in pairs}) < len(pairs):
            raise Unfit("a name stands for two fields", "two fields of one name|no Unicode")
        return dict(pairs)

    item = json.loads(text, parse_float=Number, parse_int=Number, object_pairs_hook=fields)
    check(item, level)
    return item


def check(item, level):
    if level > MOST_LEVELS:
        raise Unfit("it is nested too deep", "deeper than 64 levels")
    if isinstance(item, str) and has_half_pair(item):
        raise Unfit("it has half a surrogate pair", "no Unicode")
    for name, of in item.items() if isinstance(item, dict) else []:
        check(name, level)
        check(of, level + 1)
    for of in item if isinstance(item, list) else []:
        check(of, level + 1)


def nodes(paths, document, here):
    """Returns the nodes of one or several paths: each of them once."""
    found = []
    for path in [paths] if isinstance(paths, str) else paths:
        start = document if path.startswith("$") else here
        # Only the first sign says where a path begins.
        found += [node.value for node in query("$" + path[1:]).find(start)]
    if isinstance(paths, list) and len(paths) > 1:
        seen = {}
        found = [node for node in found if is_scalar(node) or seen.setdefault(id(node), node) is node]
    return found


def is_scalar(node):
    return not isinstance(node, (dict, list))


QUERIES = {}


def query(path):
    if path not in QUERIES:
        QUERIES[path] = jsonpath_rfc9535.compile(path)
    return QUERIES[path]


def as_text(node):
    if node is None:
        return "", None
    if isinstance(node, bool):
        return json.dumps(node), None
    return (node, None) if isinstance(node, str) else (NO_TEXT, None)
