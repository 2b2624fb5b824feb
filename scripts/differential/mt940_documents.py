"""MT940, MT942 and MT950, split in fields by mt-940."""

import logging
import re
from datetime import date
from decimal import Decimal, InvalidOperation

import mt940
from mt940.models import Transactions
from mt940.processors import transaction_details_post_processor
from mt940_writer import Document
from rows import Case, Unfit, is_marked, row

# It would tell of each field that it does not read.
logging.getLogger("mt940").setLevel(logging.CRITICAL)

ENCODINGS = ["utf-8", "utf-8", "windows-1252", "iso-8859-15"]
WHEN = [[{"path": "25"}], [{"path": "25P"}, {"path": "34F"}], [{"path": "60F.currency", "equals": ["EUR", "USD"]}]]
CLOSING = ["intermediate_closing_balance", "final_closing_balance"]
OPENING = ["intermediate_opening_balance", "final_opening_balance"]
# Fields behind entries. Information behind them is about the statement.
BEHIND = [*CLOSING, "available_balance", "forward_available_balance", "sum"]
BALANCES = {
    "60F": "final_opening_balance",
    "60M": "intermediate_opening_balance",
    "62F": "final_closing_balance",
    "62M": "intermediate_closing_balance",
    "64": "available_balance",
    "65": "forward_available_balance",
}
# An entry is booked within half a year.
MOST_DAYS = 183
# Stands for a space at either end of a line, which mt-940 removes.
SPACE = "\u2420"


class Statement(mt940.tags.StatementGLS):
    """Field 61 with references of any length, and the marks of entries that are expected (MT942)."""

    pattern = mt940.tags.StatementGLS.pattern.replace("R?[DC]", "[RE]?[DC]")

    def __call__(self, transactions, value):
        try:
            return super().__call__(transactions, dict(value))
        except ValueError:
            # A leap day may be in another year.
            return super().__call__(transactions, value | {"entry_day": None})


class AccountOfParty(mt940.tags.AccountIdentification):
    """Field 25P."""


class Loose(mt940.tags.Tag):
    """A field whose content is a text, whatever it is."""

    pattern = r"(?P<text>[\s\S]*)"


class PageNumber(Loose):
    """Field 28C."""


class StatementNumber(Loose):
    """Field 28."""


class DateTimeIndication(Loose):
    """Field 13D."""


class Sum(Loose):
    """Fields 90D and 90C."""


TAGS = {61: Statement(), "25P": AccountOfParty(), "28C": PageNumber(), 28: StatementNumber(), 13: DateTimeIndication()}
TAGS |= {"90D": Sum(), "90C": Sum()}
# mt-940 leaves out what is behind a balance.
for known in mt940.tags.TAG_BY_ID.values():
    if isinstance(known, mt940.tags.BalanceBase):
        TAGS[known.id] = type(type(known).__name__, (type(known),), {"pattern": known.pattern + "$"})()


def view(dice):
    made = {"name": "differential", "stream": "*", "format": "mt940"}
    if dice.random() < 0.4:
        made["when"] = dice.choice(WHEN)
    if dice.random() < 0.2:
        made["where"] = dice.choice([[{"path": "61.mark", "equals": ["C", "D"]}], [{"path": "86?20"}, {"path": "86/REMI"}]])
    amount = {"name": "amount", "path": "61.amount", "type": "decimal", "scale": dice.choice([2, 3, 4])}
    amount["negateWhen"] = [{"path": "61.mark", "equals": ["D", "RC", "ED"]}]
    made["columns"] = [
        {"name": "account", "path": ["25", "25P"], "type": "text"},
        {"name": "statement", "path": ["28C", "28"], "type": "text"},
        {"name": "day", "path": ["61.entryDate", "61.valueDate"], "type": "date"},
        {"name": "value", "path": "61.valueDate", "type": dice.choice(["date", "timestamp"])},
        {"name": "closed", "path": ["62F.date", "62M.date"], "type": "date"},
        amount,
        {"name": "currency", "path": ["60F.currency", "60M.currency", "34F.currency"], "type": "text"},
        {"name": "entry", "path": "61.number", "type": "integer"},
        {"name": "reference", "path": ["61.bankReference", "61.reference"], "type": "text"},
        {"name": "kind", "path": [["61.mark", "61.fundsCode", "61.type"]], "type": "text"},
        {"name": "available", "path": dice.choice([["64.amount", "65.amount"], "65.amount", "34F.amount"]), "type": "decimal"},
        {"name": "code", "path": "86.code", "type": "text", "default": "none"},
        {"name": "name", "path": ["86?32-33", "86/NAME"], "type": "text"},
        {"name": "iban", "path": ["86?31", "86/IBAN"], "type": "text"},
        {"name": "remittance", "path": [["86?20-29", "86?60-63"], "86/REMI", "86", "61.details"], "type": "text"},
        {"name": "all", "path": dice.choice(["61.details", "86?00", "86"]), "type": "text"},
    ]
    return made


def make(dice):
    made, encoding = view(dice), dice.choice(ENCODINGS)
    if encoding != "utf-8":
        made["encoding"] = encoding
    document = Document(dice, encoding)
    parts = document.statements()
    if dice.slips(0.05):
        # A heading alone is none that would be missed.
        parts[-1] = parts[-1][: dice.randrange(40, max(len(parts[-1]), 41))]
    text = "".join(parts)
    if not document.is_in_blocks and dice.random() < 0.3:
        text = text.rstrip("\r\n")
    text += dice.choice(["", "", "\r\n", "\x1a", "\0", "\n\x1a"])
    notes = {"parts": parts, "is_in_blocks": document.is_in_blocks}
    return Case(made, "application/x-mt940", text.encode(encoding), notes)


def read(case):
    view, found, is_taken = case.view, [], False
    statements = [statement(part, case.notes["is_in_blocks"]) for part in case.notes["parts"]]
    for fields, entries in [(fields, entries_of(fields)) for fields in statements if fields is not None]:
        if not is_marked(view.get("when", []), lambda path, fields=fields: values(fields, None, path)):
            continue
        is_taken = True
        for entry in entries:
            one = row(view, lambda path, fields=fields, entry=entry: values(fields, entry, path), (",", None))
            found += [] if one is None else [one]
    return found if is_taken else None


def statement(part, is_in_blocks):
    """Returns the fields of a statement: their names, the parts that mt-940 finds, and what it makes of them.

    None for a message of another kind.
    """
    part = part.replace("\r\n", "\n")
    if is_in_blocks:
        found = re.fullmatch(r"\x01?\{1:.*?\{4:\n(.*)\n-\}[^\n]*\n?", part, re.DOTALL)
        if not found:
            raise no_statement()
        if re.search(r"\{2:[OI]([0-9]{3})", part)[1] not in ("940", "942", "950"):
            return None
        part = found[1]
    else:
        part = re.sub(r"\n-(XXX)?\n?$", "\n", part)
    part = re.sub("(?<=\n:86:) | (?=\n)", SPACE, part)
    fields = []

    def keep_parts(_, tag, parts):
        fields.append([tag.slug, dict(parts), None])
        return parts

    def keep(_, tag, parts, result):
        fields[-1][2] = result
        return result

    slugs = {name.split("_", 1)[1] for name in Transactions.DEFAULT_PROCESSORS} | {tag.slug for tag in TAGS.values()}
    processors = {f"pre_{slug}": [keep_parts] for slug in slugs} | {f"post_{slug}": [keep] for slug in slugs}
    try:
        Transactions(processors, TAGS, options=mt940.Options.all()).parse(part)
    except (RuntimeError, ValueError, InvalidOperation) as error:
        raise no_statement() from error
    return fields


def no_statement():
    return Unfit("it is no statement", "it is no MT940: ")


def entries_of(fields):
    """Returns entries, each with its information, in one or several fields."""
    entries, is_behind = [], False
    for slug, parts, result in fields:
        if slug == "statement":
            # mt-940 takes an amount up to a sign that is none for all of it.
            if is_behind or not parts["id"]:
                raise no_statement()
            entries.append(parts | {"number": len(entries) + 1, "booked": booked(parts, result)})
        elif slug == "transaction_details" and entries and not is_behind:
            before = entries[-1].get("information")
            text = parts["transaction_details"]
            entries[-1]["information"] = text if before is None else f"{before}\n{text}"
        is_behind = is_behind or slug in BEHIND
    check(fields, entries)
    return entries


def check(fields, entries):
    def one(slugs):
        return next((result for slug, _, result in fields if slug in slugs), None)

    opening, closing = one(OPENING), one(CLOSING)
    if one(["account_identification", "account_of_party"]) is None:
        raise no_statement()
    if opening is None and closing is None and one(["floor_limit_indicator"]):
        return
    if opening is None or closing is None:
        raise no_statement()
    (start,), (end,) = opening.values(), closing.values()
    for entry in entries:
        amount = Decimal(entry["amount"].replace(",", "."))
        start.amount.amount += -amount if entry["status"] in ("D", "RC", "ED") else amount
    if start.amount != end.amount:
        raise no_statement()


def values(fields, entry, path):
    """Returns the texts of a path, with the codes of their dates."""
    tag, part = re.fullmatch(r"([0-9]{2}[A-Z]?)(.*)", path).groups()
    if tag in ("61", "86"):
        text, code = (None, None) if entry is None else of_entry(entry, tag, part)
        return [] if text is None else [(text, code)]
    if tag in BALANCES or tag == "34F":
        slug, name = BALANCES.get(tag, "floor_limit_indicator"), part[1:]
        found = [parts for is_of, parts, _ in fields if is_of == slug]
        if name == "date":
            return [(parts["year"] + parts["month"] + parts["day"], "101") for parts in found]
        return [(parts[name or "amount"], None) for parts in found]
    return [(text, None) for text in texts(fields, tag)]


def texts(fields, tag):
    names = {"25": "account_identification", "25P": "account_of_party", "28": "statement_number", "28C": "page_number"}
    for slug, parts, _ in fields:
        if slug == names[tag]:
            yield parts["account_identification"] if tag.startswith("25") else parts["text"]


def of_entry(entry, tag, part):
    if tag == "61":
        if part == ".entryDate":
            return (entry["booked"].strftime("%Y%m%d"), "102") if entry["booked"] else (None, None)
        if part == ".valueDate":
            return entry["year"] + entry["month"] + entry["day"], "101"
        names = {"mark": "status", "fundsCode": "funds_code", "type": "id", "reference": "customer_reference"}
        names |= {"bankReference": "bank_reference", "details": "extra_details"}
        return str(entry.get(names.get(part[1:], part[1:])) or ""), None
    text = entry.get("information")
    return (None, None) if text is None else (information(text, part), None)


def booked(parts, result):
    """Returns the day on which an entry was booked: mt-940 has all years in this century, and most in that of the value date."""
    if not parts["entry_day"]:
        return None
    year = int(parts["year"]) + (2000 if int(parts["year"]) < 69 else 1900)
    value, days = date(year, int(parts["month"]), int(parts["day"])), []
    for at in (year - 1, year, year + 1):
        try:
            days.append(date(at, int(parts["entry_month"]), int(parts["entry_day"])))
        except ValueError:
            continue
    nearest = min(days, key=lambda day: abs((day - value).days), default=None)
    if nearest is None or abs((nearest - value).days) > MOST_DAYS:
        raise no_statement()
    found = result.get("entry_date")
    is_found = found is not None and year >= 2000 and abs((found - value).days) < MOST_DAYS
    return date(found.year, found.month, found.day) if is_found else nearest


def information(text, part):
    """Returns a part of field 86; None if it has none of that kind."""
    joined = text.replace("\n", "").replace(SPACE, " ")
    is_structured = re.match(r"[0-9]{3}\?[0-9]{2}", joined)
    if part == "":
        is_one = is_structured or re.match("/[A-Z]{2,4}/", text)
        return joined if is_one else text.replace("\n", " ").replace(SPACE, " ")
    if part.startswith("/"):
        found = re.match("/[A-Z]{2,4}/", joined) and re.search(rf"{part}/(.*?)/?(/[A-Z]{{2,4}}/|$)", joined)
        return found[1] if found else None
    if not is_structured:
        return None
    parts = transaction_details_post_processor(Holder(), None, {"transaction_details": joined}, {"transaction_details": joined})
    names = {
        ".code": ["transaction_code"],
        "?00": ["posting_text"],
        "?20": ["purpose"],
        "?20-29": ["purpose"],
        "?31": ["applicant_iban"],
        "?32-33": ["applicant_name"],
        "?60-63": ["additional_purpose"],
    }
    return "".join(parts[name] or "" for name in names[part])


class Holder:
    """What mt-940 asks for options."""

    options = mt940.Options.all()
