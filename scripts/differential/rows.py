"""Views, and the rows that they make of the texts at their paths: docs/search.md, in Python."""

import json
from dataclasses import dataclass, field

from values import NoValue, negated, read, strip

# Stands for a list or an object at a path.
NO_TEXT = object()


class Unfit(Exception):
    """The document does not fit. `pattern` is in the reason of the reader."""

    def __init__(self, kind, pattern):
        super().__init__(kind)
        self.pattern = pattern


@dataclass
class Case:
    """A document, and the view that reads it."""

    view: dict
    media_type: str
    document: bytes
    # What the reader in Python has to know about how the document was written.
    notes: dict = field(default_factory=dict)


def toml(view):
    """Returns a view as TOML."""

    def value(item):
        if isinstance(item, bool):
            return "true" if item else "false"
        if isinstance(item, dict):
            return "{ " + ", ".join(f"{name} = {value(of)}" for name, of in item.items()) + " }"
        if isinstance(item, list):
            return "[" + ", ".join(map(value, item)) + "]"
        return json.dumps(item, ensure_ascii=False)

    lines = [f"{name} = {value(of)}" for name, of in view.items() if name not in ("columns", "namespaces")]
    if "namespaces" in view:
        lines.append("[namespaces]")
        lines += [f"{name} = {value(of)}" for name, of in view["namespaces"].items()]
    for column in view["columns"]:
        lines.append("[[columns]]")
        lines += [f"{name} = {value(of)}" for name, of in column.items()]
    return "\n".join(lines) + "\n"


def notation(view):
    """Returns the decimal marks of a view, and the mark between groups."""
    return view.get("decimalMark", "."), view.get("thousands")


def is_marked(marks, find):
    """Whether one of the marks is there; `find` returns texts with the codes of their dates."""
    for mark in marks:
        found = find(mark["path"])
        if "equals" not in mark and found:
            return True
        equals = mark.get("equals", [])
        equals = [equals] if isinstance(equals, str) else equals
        if any(text is not NO_TEXT and strip(text) in equals for text, _ in found):
            return True
    return not marks


def row(view, find, written):
    """Returns a row; None if it is none of the view."""
    if not is_marked(view.get("where", []), find):
        return None
    return [cell(column, find, written) for column in view["columns"]]


def cell(column, find, written):
    wrong = Unfit("a text is no value of its column", f"column {column['name']}: ")
    is_wrong = False
    paths = column["path"]
    for source in [paths] if isinstance(paths, str) else paths:
        found = find(source) if isinstance(source, str) else [(joined(source, find), None)]
        try:
            if column.get("latest"):
                value = latest(column, found, written)
            else:
                text, code = chosen(column, found)
                value = None if text is None else read(column, text, written, code)
            if value is None:
                continue
        except NoValue:
            is_wrong = True
            continue
        is_negated = "negateWhen" in column and is_marked(column["negateWhen"], find)
        is_positive = not str(value).startswith("-")
        if is_positive and "negativeWhen" in column and is_marked(column["negativeWhen"], find):
            is_negated = not is_negated
        if is_negated:
            try:
                return negated(column, value)
            except NoValue:
                raise wrong from None
        return value
    if is_wrong:
        raise wrong
    for other in column.get("otherwise", []):
        if is_marked([other], find):
            return other["value"]
    if "default" in column:
        return column["default"]
    if column.get("required"):
        raise Unfit("there is no required value", f"column {column['name']}: there is no ")
    return None


def joined(paths, find):
    texts = []
    for path in paths:
        found = [strip(text) for text, _ in find(path) if text is not NO_TEXT and strip(text)]
        texts += found[:1]
    return " ".join(texts)


def latest(column, found, written):
    """Returns the latest of all dates at a path: as they are written here, they sort."""
    texts = [(strip(text), code) for text, code in found if strip(text)]
    return max((read(column, text, written, code) for text, code in texts), default=None)


def chosen(column, found):
    """Returns the text that counts of those at a path."""
    takes_all = column.get("all", False)
    texts, code = [], None
    for text, of in found:
        if text is NO_TEXT:
            if takes_all:
                continue
            raise NoValue
        if strip(text):
            texts.append(strip(text))
            code = of
        if texts and not takes_all:
            break
    return ("\n".join(texts) if texts else None), code
