"""XML, read by lxml: libxml2's parser and its XPath 1.0."""

import re

from lxml import etree
from rows import Case, Unfit, is_marked, notation, row
from xml_writer import Writer

# As views declare them; documents use other prefixes, too.
NAMESPACES = {"a": "urn:a", "b": "urn:b"}
MOST_LEVELS = 64
ENCODINGS = ["utf-8"] * 5 + [
    "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252", "iso-8859-2", "iso-8859-7", "koi8-r", "us-ascii", "euc-jp", "gb18030",
]
ROWS = [None, None, None, "//Line", "/*/Line", ["//Line", "/*/Party"], "//a:Line", "//*[Amount]", ["//Note", "//Note/.."],
        "/*//Line[1]", '//Party[Role="seller"]']
WHEN = [
    [{"path": "/Invoice"}, {"path": "/a:Invoice"}],
    [{"path": "//Role", "equals": ["seller", "buyer"]}],
    [{"path": "//*/@kind", "equals": "k1"}],
]
WHERE = [[{"path": "Amount"}], [{"path": "self::Line"}, {"path": "@kind", "equals": ["k1", "k2"]}], [{"path": "."}]]


def view(dice):
    made = {"name": "differential", "stream": "*", "format": "xml"}
    rows = dice.choice(ROWS)
    if rows:
        made["rows"] = rows
    if dice.random() < 0.25:
        made["when"] = dice.choice(WHEN)
    if rows and dice.random() < 0.2:
        made["where"] = dice.choice(WHERE)
    if dice.random() < 0.3:
        made |= {"decimalMark": ",", "thousands": "."}
    # Without rows, paths begin at the document.
    at = "" if rows else "/*/"
    amount = {"name": "amount", "path": [f"{at}Amount[@currency=/*/Role]", f"{at}Amount", f"{at}Line/Amount[2]"], "type": "decimal"}
    if dice.random() < 0.5:
        amount["negateWhen"] = [{"path": "//Role", "equals": "buyer"}]
    names = [f'{at}Party[Role="seller"]/Name', f"{at}Party[@kind='k1'][1]/Name", "//Party[Name]/Name", f"{at}*[2]",
             "//Party[Role='buyer'][2]/Name", f"{at}Größe"]
    all_of = ["//Note", "//Note[2]", f"{at}*", f"{at}*/@*", "//*[@kind]/Name", "//Line//Name", "//*/Note[1]", "//Line[2]//*"]
    moment = {"name": "moment", "path": f"{at}Date", "type": "timestamp"}
    odd = {"name": "odd", "path": [f"{at}x-y.z", f"{at}_1/@b:kind"], "type": "text"}
    made["namespaces"] = NAMESPACES
    made["columns"] = [
        {"name": "first", "path": [f"{at}a:ID", f"{at}ID", f"{at}@id"], "type": "text"},
        {"name": "name", "path": dice.choice(names), "type": "text"},
        {"name": "all", "path": dice.choice(all_of), "type": "text", "all": True},
        amount,
        {"name": "day", "path": [f"{at}DateTimeString", f"{at}Date", "//DateTimeString"], "type": "date"},
        moment if dice.random() < 0.3 else odd,
        {"name": "joined", "path": [[f"{at}Name", f"{at}b:Name", f"{at}Party/Name"], f"{at}Note"], "type": "text", "default": "none"},
    ]
    if rows:
        made["columns"] += [
            {"name": "around", "path": ["../Role", "../../Role", "../@kind"], "type": "text"},
            {"name": "own", "path": dice.choice([".", "self::Line", "self::*[Name]", "./Name"]), "type": "text"},
        ]
    return made


def make(dice):
    made = view(dice)
    encoding = dice.choice(ENCODINGS)
    writer = Writer(dice, {"utf-8-sig": "utf-8", "utf-16": "utf-8"}.get(encoding, encoding), has_marks="thousands" in made)
    # What is around the root is no node that lxml has.
    roots = [name for name in writer.names if name != "Note"]
    body = writer.element("Invoice" if dice.random() < 0.8 else dice.choice(roots), 0, {})
    if dice.slips(0.02):
        levels = dice.choice([MOST_LEVELS, MOST_LEVELS + 1, 80])
        body = "<a>" * levels + "x" + "</a>" * levels
    declared = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", "euc-jp": "EUC-JP"}.get(encoding, encoding)
    quote = dice.choice("\"'")
    has_declaration = not declared.lower().startswith("utf") or dice.random() < 0.7
    head = f"<?xml version={quote}1.0{quote} encoding={quote}{declared}{quote}?>" if has_declaration else ""
    head += dice.choice(["", "\n", "\r\n"]) if has_declaration else ""
    if dice.slips(0.05):
        head += '<!DOCTYPE Invoice [<!ENTITY e "x">]>'
    head += writer.between() if has_declaration and dice.random() < 0.1 else ""
    text = head + body + dice.choice(["", "\n", "\n<!-- end -->\n"])
    media_type = dice.choice(["application/xml", "text/xml", "application/vnd.x+xml"])
    return Case(made, media_type, text.encode(encoding), {"encoding": encoding})


def read(case):
    return of_tree(parsed(case), case.view, notation(case.view))


def of_tree(document, view, written, date_code=None):
    """Returns the rows of a tree. `date_code` says how its dates are written."""
    starts = [None]
    if "rows" in view:
        rows = [view["rows"]] if isinstance(view["rows"], str) else view["rows"]
        starts = document.xpath(" | ".join(map(translated, rows)), namespaces=NAMESPACES)

    def finding(here):
        def find(path):
            start = document if here is None or path.startswith("/") else here
            texts = [as_text(node) for node in start.xpath(translated(path), namespaces=NAMESPACES)]
            return [(text, date_code or code) for text, code in texts]

        return find

    if not is_marked(view.get("when", []), finding(None)):
        return None
    found = [row(view, finding(start), written) for start in starts]
    return [one for one in found if one is not None]


def parsed(case):
    document = case.document
    if "<!DOCTYPE" in document.decode(case.notes["encoding"]):
        raise Unfit("it has a document type", "has a document type")
    # What is UTF-8 is read as such, whatever it declares.
    is_declared = case.notes["encoding"] in ("utf-8", "utf-8-sig", "utf-16")
    encoding = "utf-8" if not is_declared and is_utf8(document) else None
    parser = etree.XMLParser(encoding=encoding, resolve_entities=False, no_network=True)
    tree = etree.fromstring(document, parser).getroottree()
    if max(len(list(node.iterancestors())) for node in tree.iter("*")) >= MOST_LEVELS:
        raise Unfit("it is nested too deep", "deeper than 64 levels")
    return tree


def is_utf8(document):
    try:
        document.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


# A name without a prefix.
NAME = re.compile(r"(?<![\w:.-])(@?)((?:self::)?)(?!self::)([^\W\d][\w.-]*)(?![\w.-]*:)")


def translated(path):
    """Returns a path as XPath has it: there, a name without a prefix has no namespace, and white space counts."""
    parts = re.split(r"""("[^"]*"|'[^']*')""", path)
    for at in range(0, len(parts), 2):
        parts[at] = NAME.sub(lambda found: f"{found[1]}{found[2]}*[local-name()='{found[3]}']", parts[at])
        if parts[at].endswith("="):
            parts[at] = parts[at][:-1] + "[normalize-space()="
            parts[at + 1] += "]"
    return "".join(parts)


def as_text(node):
    if isinstance(node, str):
        return str(node), None
    text = node.xpath("string()")
    if re.search("[\n\r\t]", text):
        lines = (line.strip(" ") for line in re.split("[\n\r\t]", text))
        text = " ".join(line for line in lines if line)
    is_date = etree.QName(node).localname in ("DateTimeString", "DateString", "DateTime")
    code = node.get("format") if is_date else None
    return text, None if code is None else code.strip()
