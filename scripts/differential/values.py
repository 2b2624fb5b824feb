"""Values of columns, read by Python's own means: decimal, datetime and re."""

import re
from datetime import date, datetime, timedelta, timezone
from decimal import Context, Decimal, InvalidOperation

# White space as Unicode has it; Python's own also takes separators of ASCII for it.
SPACES = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
MOST = 10**27
# From then on, a moment is not in the year 9999 in all zones.
LATEST = datetime(9999, 12, 30, 22, 0, 1)
# Formats of UN/EDIFACT data element 2379: as Python writes them, their digits, and whether a zone may follow.
CODES = {
    "2": ("%d%m%y", 6, False),
    "3": ("%m%d%y", 6, False),
    "4": ("%d%m%Y", 8, False),
    "101": ("%y%m%d", 6, False),
    "102": ("%Y%m%d", 8, False),
    "201": ("%y%m%d%H%M", 10, False),
    "202": ("%y%m%d%H%M%S", 12, False),
    "203": ("%Y%m%d%H%M", 12, False),
    "204": ("%Y%m%d%H%M%S", 14, False),
    "205": ("%Y%m%d%H%M", 12, True),
    "301": ("%y%m%d%H%M", 10, True),
    "302": ("%y%m%d%H%M%S", 12, True),
    "303": ("%Y%m%d%H%M", 12, True),
    "304": ("%Y%m%d%H%M%S", 14, True),
}
EXACT = Context(prec=200)


class NoValue(Exception):
    """A text is no value of a type."""


def strip(text):
    return text.strip(SPACES)


def read(column, text, notation, code):
    """Returns the value of a text as the reader shows it in JSON."""
    kind = column["type"]
    if kind == "text":
        return text
    if kind == "boolean":
        if text not in ("true", "false", "1", "0"):
            raise NoValue
        return text in ("true", "1")
    if "impliedDecimals" in column:
        if not re.fullmatch("[-+]?[0-9]+", text):
            raise NoValue
        text += f"e-{column['impliedDecimals']}"
    if kind in ("integer", "decimal"):
        return number(text, notation, column.get("scale", 4) if kind == "decimal" else None)
    if "format" in column:
        moment = by_pattern(column["format"], text)
    elif code is not None:
        moment = by_code(code, text)
    else:
        moment = iso(text, kind)
    if kind == "date":
        return moment.date().isoformat()
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    try:
        moment = moment.astimezone(timezone.utc).replace(tzinfo=None)
    except OverflowError as error:
        raise NoValue from error
    if moment >= LATEST:
        raise NoValue
    return moment.isoformat(timespec="microseconds") + "Z"


def number(text, notation, scale):
    marks, group = notation
    # EDIFACT takes both for a decimal mark.
    mark = "[" + re.escape("".join(marks)) + "]"
    if group is not None:
        group = "[ \xa0\u202f\u2009]" if group == " " else re.escape(group)
        whole = rf"(?:[0-9]{{1,3}}(?:{group}[0-9]{{3}})+|[0-9]*)"
    else:
        whole = "[0-9]*"
    found = re.fullmatch(rf"([-+]?)({whole})(?:{mark}([0-9]*))?([eE][-+]?[0-9]+)?", text)
    if not found or not (found[2] or found[3]):
        raise NoValue
    digits = "".join(c for c in found[2] if c in "0123456789")
    try:
        value = EXACT.create_decimal(f"{found[1]}{digits or 0}.{found[3] or 0}{found[4] or ''}")
    except InvalidOperation as error:
        raise NoValue from error
    units = EXACT.scaleb(value, scale or 0)
    if units != units.to_integral_value():
        raise NoValue
    units = int(units)
    if scale is None:
        if not -(2**63) <= units < 2**63:
            raise NoValue
        return units
    if abs(units) >= MOST:
        raise NoValue
    return shown(units, scale)


def shown(units, scale):
    """Two fraction digits at least, if it keeps so many, and else no zeros at the end."""
    sign, digits = "-" if units < 0 else "", str(abs(units)).rjust(scale + 1, "0")
    whole, fraction = digits[: len(digits) - scale], digits[len(digits) - scale :]
    fraction = fraction.rstrip("0").ljust(min(scale, 2), "0")
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def negated(column, value):
    if column["type"] == "integer":
        if value == -(2**63):
            raise NoValue
        return -value
    if value.startswith("-"):
        return value[1:]
    return value if Decimal(value) == 0 else f"-{value}"


def iso(text, kind):
    found = re.fullmatch(r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})(.*)", text)
    if not found:
        raise NoValue
    rest = found[5]
    try:
        day = datetime(int(found[1]), int(found[3]), int(found[4]))
        if not rest:
            return day
        if kind == "date" and re.fullmatch(r"Z|[-+](0[0-9]|1[0-3]):[0-5][0-9]|[-+]14:00", rest):
            return day
        time = re.fullmatch(
            r"[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?([Zz]|[-+][0-9]{2}:[0-9]{2})?", rest
        )
        if not time:
            raise NoValue
        micro = int((time[4] or "0").ljust(9, "0")[:6])
        moment = day.replace(hour=int(time[1]), minute=int(time[2]), second=int(time[3] or 0), microsecond=micro)
        moment = moment.replace(tzinfo=zone(time[5]))
        return day if kind == "date" else moment
    except ValueError as error:
        raise NoValue from error


def zone(text):
    if not text or text in ("Z", "z", "UTC", "GMT"):
        return timezone.utc
    digits = text[1:].replace(":", "").ljust(4, "0")
    if int(digits[2:]) > 59:
        raise ValueError("an hour has sixty minutes")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def by_pattern(pattern, text):
    try:
        return datetime.strptime(text, pattern)
    except ValueError as error:
        raise NoValue from error


def by_code(code, text):
    if code == "ofx":
        return ofx(text)
    if code not in CODES:
        raise NoValue
    pattern, length, has_zone = CODES[code]
    digits, rest = text[:length], text[length:]
    is_zone = rest == "" or (has_zone and re.fullmatch(r"Z|UTC|GMT|[-+][0-9]{2}(?:[0-9]{2})?", rest))
    if len(digits) != length or not digits.isascii() or not digits.isdigit() or not is_zone:
        raise NoValue
    try:
        return datetime.strptime(digits, pattern).replace(tzinfo=zone(rest))
    except ValueError as error:
        raise NoValue from error


def ofx(text):
    """Reads a moment of OFX: the zone is a number of hours."""
    zones = r"\[([-+]?)([0-9]{1,2})(?:\.(0|00|25|5|50|75))?(?::[^\]]*)?\]"
    found = re.fullmatch(rf"([0-9]{{8}})(?:([0-9]{{4}})(?:([0-9]{{2}})(?:\.([0-9]{{1,9}}))?)?)?(?:{zones})?", text)
    if not found or int(found[6] or 0) > 14:
        raise NoValue
    try:
        moment = datetime.strptime(f"{found[1]}{found[2] or '0000'}{found[3] or '00'}", "%Y%m%d%H%M%S")
    except ValueError as error:
        raise NoValue from error
    hours = timedelta(hours=float(f"{found[6] or 0}.{found[7] or 0}"))
    moment = moment.replace(microsecond=int((found[4] or "0").ljust(9, "0")[:6]))
    return moment.replace(tzinfo=timezone(-hours if found[5] == "-" else hours))


def a_day(dice):
    return date(1990, 1, 1) + timedelta(days=dice.randrange(20000))
