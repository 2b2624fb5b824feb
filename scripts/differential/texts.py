"""Random texts, as business documents have them."""

import random

from values import CODES, a_day

WORDS = """Laguna Conserven Kaap Groothandel Hollin & Söhne GmbH Łódź Straße Ørsted Æbeltoft Müller-Lüdenscheidt
Société d'Exploitation "Vega" Textilwerke <Nord> 100% 3/4 a;b a,b x|y Πειραιάς Москва Київ İzmir Şişli Malta Ħaż
深圳市 微众 株式会社 ミドリ銀行 한국은행 القاهرة תל אביב naïve œuvre € £5 §4 AB-12/34 #7 it's say:so plus+minus why? 'quoted'
tilde star* [x] {y} end. (c) row=1 µm² no. 7 --- _ = 0 null NaN true""".split()
SIGNS = "abcXYZ0123 -_.,;:+'?\"/()äößéñŁřšПКΩ微\u00a0"
PATTERNS = ("%d.%m.%Y", "%m/%d/%Y", "%Y%m%d", "%d/%m/%y", "%d-%b-%Y")


class Dice(random.Random):
    """Makes a document. Most are made with care, so that they fit."""

    def __init__(self, seed):
        super().__init__(seed)
        self.is_careful = self.random() < 0.8

    def slips(self, chance):
        """Whether something wrong is written."""
        return not self.is_careful and self.random() < chance


def can(text, encoding):
    # Tables of Japanese disagree about the pound.
    if encoding == "euc-jp" and "£" in text:
        return False
    try:
        return text.encode(encoding).decode(encoding) == text
    except UnicodeError:
        return False


def phrase(dice, encoding="utf-8", most=4):
    """Returns some words that a character set has."""
    if dice.random() < 0.1:
        text = "".join(dice.choice(SIGNS) for _ in range(dice.randrange(1, 20)))
        return "".join(c for c in text if can(c, encoding))
    words = [dice.choice(WORDS) for _ in range(dice.randrange(1, most + 1))]
    return " ".join(word for word in words if can(word, encoding)) or "plain"


def number(dice, marks=".", group=None):
    """Returns a number as a view declares it, sometimes one that is none."""
    if dice.slips(0.05):
        return dice.choice(["-", "n/a", "1.2.3", "1,2,3", "0x10", "1e", "--1", "NaN", "12 EUR", "²", "١٢", "1e400", "1e-400",
                            "0.0000001", "100000000000000000000000000", "1'234", "1 234", "1.234.5", ".", ","])
    kind = dice.randrange(12)
    if kind == 1:
        return dice.choice(["1e3", "12500E-4", "-0.5e1", "1E+2", "0e0", "7e-1"]).replace(".", dice.choice(marks))
    if kind == 2:
        whole = dice.choice(["0", "-0", "+0", "999999999999999999", "-9223372036854775808", "9223372036854775807",
                             "99999999999999999999", "000000000000000000000000000012", "", "-"])
    else:
        whole = dice.choice(["", "", "-", "+"]) + str(dice.randrange(10 ** dice.randrange(1, 10)))
    if group is not None and len(whole) > 3 and dice.random() < 0.7:
        sign, digits = (whole[0], whole[1:]) if whole[0] in "-+" else ("", whole)
        if digits[0] != "0":
            mark = dice.choice(" \u00a0\u202f") if group == " " else group
            whole = sign + f"{int(digits):,}".replace(",", mark)
    fraction = "".join(dice.choice("0123456789") for _ in range(dice.choice([0, 1, 2, 2, 2])))
    if dice.slips(0.05):
        fraction += str(dice.randrange(100000))
    if whole in ("", "-"):
        fraction = fraction or "5"
    return whole + (dice.choice(marks) + fraction if fraction or dice.random() < 0.05 else "")


def integer(dice):
    if dice.slips(0.1):
        return dice.choice(["9223372036854775808", "x", "1.5", "1e-1", "-"])
    return dice.choice([str(dice.randrange(-1000, 100000)), "12.0", "+7", "1e2", "-9223372036854775808", "007"])


def iso_date(dice):
    day = a_day(dice)
    text = day.isoformat() if dice.random() < 0.8 else day.strftime("%Y%m%d")
    if dice.slips(0.1):
        ends = ["+14:30", "+2:00", "x", "+99:00", "T", "T25:00:00", "+02:0", "Zulu", "-", "T10:30:00+25:99", "T10:30:00+24:00",
                "T10:30:00-25:00"]
        wrong = ["2026-02-29", "2026-13-01", "26-01-01", "2026/01/01", "2026-1-1", "2026-0101", "202601-01"]
        return dice.choice([*(text + end for end in ends), *wrong])
    kind = dice.randrange(12)
    if kind == 0:
        return text + dice.choice(["Z", "+02:00", "-14:00", "+14:00", "-00:00"])
    if kind == 1 and "-" in text:
        return text + dice.choice(["T10:30:00", "T10:30:00Z", " 23:59:59.5", "T10:30:00+02:00", "t00:00:00z"])
    if kind == 2:
        return dice.choice(["2024-02-29", "9999-12-31", "0001-01-01", "1899-12-31", "9999-12-31T00:00:00"])
    return text


def timestamp(dice):
    if dice.slips(0.1):
        return dice.choice(["10:30", "2026-05-03T24:00:00Z", "now", "2026-05-03T10:30:00+", "2026-05-03T10:60:00Z", "2026-05-03Z",
                            "2026-05-03T10:30:00+24:30", "2026-05-03T10:30:00[Europe/Berlin]"])
    text = f"{a_day(dice).isoformat()}{dice.choice('TT t')}{dice.randrange(24):02}:{dice.randrange(60):02}:{dice.randrange(60):02}"
    if dice.random() < 0.4:
        text += "." + "".join(dice.choice("0123456789") for _ in range(dice.randrange(1, 10)))
    return dice.choice([text + dice.choice(["", "Z", "z", "+00:00", "+05:30", "-08:00", "+02:00"])] * 9 + ["2026-05-03"])


def pattern_date(dice, pattern):
    if dice.slips(0.1):
        return dice.choice(["31.02.2026", "2026-05-03x", "x", a_day(dice).strftime(pattern) + "x"])
    return a_day(dice).strftime(pattern)


def coded_date(dice):
    """Returns a date of EDIFACT, with the code of its format."""
    code = dice.choice(list(CODES))
    text, _, has_zone = CODES[code]
    for sign, value in (("%H", dice.randrange(24)), ("%M", dice.randrange(60)), ("%S", dice.randrange(60))):
        text = text.replace(sign, f"{value:02}")
    text = a_day(dice).strftime(text)
    if has_zone:
        text += dice.choice(["", "", "UTC", "+0200", "-05", "Z", "GMT"])
    if dice.slips(0.1):
        return dice.choice([(text, "610"), (text, "718"), (text + "1", code), (text[:-1], code), ("x" * len(text), code)])
    return text, code


def boolean(dice):
    return "yes" if dice.slips(0.1) else dice.choice(["true", "false", "1", "0"])
