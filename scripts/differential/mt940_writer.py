"""Writes statements of SWIFT at random, in blocks or as fields only, as banks write them to files."""

from datetime import timedelta
from decimal import Decimal

import texts
from values import a_day

CURRENCIES = ["EUR", "USD", "JPY", "KWD", "HUF"]
CODES = ["NTRF", "NDDT", "FCHK", "S103", "NMSC", "NRTI"]
HEADINGS = ["TESTNL00", "940", ":SHORT:", "STMT 1"]


def written(amount):
    """Returns an amount with a comma, which stands behind whole ones, too."""
    whole, _, fraction = f"{amount:f}".lstrip("-").partition(".")
    return f"{whole},{fraction}"


class Statement:
    """Writes a statement. `kind` is 940, 942 or 950."""

    def __init__(self, dice, encoding):
        self.dice, self.encoding = dice, encoding
        self.kind = dice.choice(["940", "940", "940", "942", "950"])
        self.currency = dice.choice(CURRENCIES)
        self.day = a_day(dice)

    def lines(self):
        dice = self.dice
        lines = [":20:" + self.reference(16)]
        if dice.random() < 0.2:
            lines.append(":21:" + self.reference(16))
        if not dice.slips(0.03):
            lines.append(dice.choice([":25:", ":25:", ":25P:"]) + self.reference(30))
        number = str(dice.randrange(1, 99999))
        lines.append(dice.choice([":28C:", ":28:"]) + number + dice.choice(["", "/1", "/00001", "/17"]))
        if self.kind == "942":
            lines += self.limits()
            return lines + self.entries()[0] + self.sums()
        part = dice.choice("FFFM")
        start = self.amount() * dice.choice([1, 1, -1])
        lines.append(f":60{part}:" + self.balance(start))
        entries, moved = self.entries()
        end = start + moved
        if dice.slips(0.05):
            end += dice.choice([Decimal("0.01"), -1, 100])
        currency = dice.choice(CURRENCIES) if dice.slips(0.03) else self.currency
        lines += entries
        if not dice.slips(0.03):
            lines.append(f":62{dice.choice('FFFM')}:" + self.balance(end, currency))
        if dice.random() < 0.4:
            lines.append(":64:" + self.balance(self.amount()))
        for _ in range(dice.choice([0, 0, 1, 2])):
            lines.append(":65:" + self.balance(self.amount() * dice.choice([1, -1])))
        return lines + self.about()

    def limits(self):
        dice = self.dice
        marks = dice.choice([[""], ["D", "C"], ["D"]])
        lines = [f":34F:{self.currency}{mark}{written(self.amount())}" for mark in marks]
        if dice.random() < 0.8:
            lines.append(":13D:" + self.day.strftime("%y%m%d") + dice.choice(["0915+0100", "2359-0500", "1200+0000"]))
        return lines

    def sums(self):
        dice, lines = self.dice, []
        for mark in "DC":
            if dice.random() < 0.7:
                lines.append(f":90{mark}:{dice.randrange(100)}{self.currency}{written(self.amount())}")
        # Without them, information is about the entry before it.
        return lines + self.about() if lines else lines

    def about(self):
        return self.information("free") if self.dice.random() < 0.3 else []

    def entries(self):
        dice, lines, moved = self.dice, [], Decimal(0)
        for _ in range(dice.choice([0, 1, 2, 3, 6])):
            amount = self.amount()
            marks = ["C", "C", "D", "D", "RC", "RD"] + (["EC", "ED"] if self.kind == "942" else [])
            mark = dice.choice(marks)
            moved += -amount if mark in ("D", "RC", "ED") else amount
            lines += self.entry(mark, amount)
            if self.kind != "950":
                if dice.random() < 0.8:
                    lines += self.information(dice.choice(["subfields", "words", "free"]))
        return lines, moved

    def entry(self, mark, amount):
        dice = self.dice
        day = a_day(dice) if dice.random() < 0.2 else self.day
        entry_day = (day + timedelta(days=dice.choice([0, 0, 1, -1, 3, 40, -40, 200, -200]))).strftime("%m%d")
        if dice.random() < 0.05:
            entry_day = "0229"
        text = day.strftime("%y%m%d") + (entry_day if dice.random() < 0.8 else "") + mark
        text += dice.choice(["", "", self.currency[2]]) + written(amount) + dice.choice(CODES)
        text += dice.choice(["NONREF", self.reference(16), self.reference(16), self.reference(16) + "LONGER"])
        if dice.random() < 0.5:
            text += "//" + self.reference(16)
        if dice.slips(0.05):
            wrong = [text.replace(",", "."), "260230" + text[6:], "2602" + text[4:], text[1:], text.replace(mark, "X", 1)]
            text = dice.choice(wrong)
        return [":61:" + text] + ([self.text(34)] if dice.random() < 0.3 else [])

    def information(self, kind):
        dice = self.dice
        if kind == "subfields":
            numbers = sorted(dice.sample([0, 10, *range(20, 30), 30, 31, 32, 33, 34, 60, 61, 63], dice.randrange(1, 10)))
            text = dice.choice(["166", "020", "835"]) + "".join(f"?{number:02}{self.text(27)}" for number in numbers)
        elif kind == "words":
            words = dice.sample(["TRTP", "IBAN", "BIC", "NAME", "REMI", "EREF"], dice.randrange(1, 5))
            text = "".join(f"/{word}/{self.text(40)}" for word in words)
        else:
            text = ""
        # Lines are full, whatever stands at their end. One that begins as a field would be one.
        lines = [text[at : at + 65] for at in range(0, len(text), 65)] or [self.text(65) for _ in range(dice.randrange(1, 4))]
        lines = [line.replace(":", ".", 1).replace("-", ".", 1) if line[0] in ":-" else line for line in lines]
        # Some banks write the field for each line.
        return [":86:" + lines[0], *(dice.choice([":86:", ""]) + line for line in lines[1:])]

    def amount(self):
        dice = self.dice
        digits = {"JPY": 0, "KWD": 3}.get(self.currency, dice.choice([0, 1, 2, 2, 2]))
        return Decimal(dice.randrange(10 ** dice.randrange(1, 10))).scaleb(-digits)

    def balance(self, amount, currency=None):
        mark = "D" if amount < 0 else "C"
        return f"{mark}{self.day:%y%m%d}{currency or self.currency}{written(abs(amount))}"

    def reference(self, most):
        signs = "ABCDEFGHIJ0123456789-. "
        text = "".join(self.dice.choice(signs) for _ in range(self.dice.randrange(1, most + 1)))
        return text.strip() or "R"

    def text(self, most):
        """Returns a text without what has a meaning in information."""
        text = texts.phrase(self.dice, self.encoding)
        text = "".join(c for c in text if c not in "?/\n" and not c.isspace() or c == " ")[:most].strip().lstrip(":-{")
        return text or "text"


class Document:
    """Writes statements, and returns what belongs to each of them."""

    def __init__(self, dice, encoding):
        self.dice, self.encoding = dice, encoding
        self.end = dice.choice(["\n", "\r\n", "\r\n"])
        self.is_in_blocks = dice.random() < 0.4
        # Where nothing stands between statements, they need not end.
        self.has_ends = dice.random() < 0.7

    def statements(self):
        dice = self.dice
        made = [self.statement() for _ in range(dice.choice([1, 1, 1, 2, 3]))]
        if self.is_in_blocks:
            return [self.end.join(part) for part in made]
        return [self.end.join(part) + self.end for part in made]

    def statement(self):
        dice = self.dice
        statement = Statement(dice, self.encoding)
        lines = self.end.join(statement.lines()).replace("\r\n", "\n").split("\n")
        if not self.is_in_blocks:
            above = [dice.choice(HEADINGS)] if self.has_ends and dice.random() < 0.2 else []
            return above + lines + (dice.choice([["-"], ["-"], ["-XXX"]]) if self.has_ends else [])
        # Messages of other kinds are no statements.
        kind = statement.kind if dice.random() < 0.95 else dice.choice(["103", "900"])
        head = "{1:F01TESTNL00AXXX0000000000}{2:" + dice.choice(["O", "I"]) + kind + "0915260602TESTNL00AXXXN}"
        head += dice.choice(["", "{3:{108:MT-1}}"]) + "{4:"
        return [dice.choice(["", "\x01"]) + head, *lines, "-}" + dice.choice(["", "{5:{CHK:000000000000}}", "\x03"]) + self.end]
