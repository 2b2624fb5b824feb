"""Writes ANSI X12 at random, with the signs that partners agree on."""

import texts
from values import a_day

# Of elements, components and segments, and of repetitions from version 4020 on.
SIGNS = ["*>~^"] * 4 + ["*:~^", "|<\n^", "*>\r^", "\x1d\x1f\x1c^", "+:'^", "*\\~|"]
ENDS = ["", "", "", "\n", "\r\n"]
VERSIONS = ["00401"] * 3 + ["00501"] * 3 + ["00200", "00305", "00402", "00602"]
KINDS = ["810", "810", "810", "850", "997"]


class Interchange:
    """Writes an interchange."""

    def __init__(self, dice, encoding, number):
        self.dice, self.encoding, self.number = dice, encoding, number
        self.signs = dice.choice(SIGNS)
        self.element, self.component, self.end, self.repetition = self.signs
        self.version = dice.choice(VERSIONS)
        self.has_repetitions = self.version >= "00402" and dice.random() < 0.9
        self.between = {"\n": "", "\r": "\n"}.get(self.end, dice.choice(ENDS))

    def written(self):
        dice = self.dice
        segments = [self.header()]
        if dice.random() < 0.1:
            segments.append(self.segment("TA1", "000000001", "260611", "0915", "A", "000"))
        groups = dice.choice([1, 1, 1, 2, 0])
        for number in range(groups):
            segments += self.group(str(number * 7 + dice.randrange(1, 7)))
        if dice.slips(0.03):
            segments.append(self.segment("NTE", "GEN", "outside"))
        if dice.slips(0.03):
            groups += 1
        number = self.number + (1 if dice.slips(0.03) else 0)
        segments.append(self.segment("IEA", str(groups), f"{number:09}"))
        return self.between.join(segments) + self.between

    def header(self):
        dice = self.dice
        day = a_day(dice).strftime("%y%m%d")
        standards = self.repetition if self.has_repetitions else "U"
        parts = ["00", " " * 10, "00", " " * 10, "ZZ", self.name().ljust(15), dice.choice(["01", "ZZ"]), self.name().ljust(15)]
        parts += [day, "0915", standards, self.version, f"{self.number:09}", "0", dice.choice("PT"), self.component]
        return self.element.join(["ISA", *parts]) + self.end

    def group(self, control):
        dice = self.dice
        head = ["IN", self.name(), self.name(), self.date(), "0915", control, "X", dice.choice(["004010", "005010", "003050"])]
        segments = [self.segment("GS", *head)]
        count = dice.choice([1, 1, 2, 3])
        for number in range(count):
            segments += self.set(f"{number + 1:04}")
        if dice.slips(0.03):
            segments.append(self.segment("REF", "VX", "outside"))
        if dice.slips(0.03):
            count -= 1
        return [*segments, self.segment("GE", str(count), control if not dice.slips(0.03) else "9" + control)]

    def set(self, control):
        dice = self.dice
        segments = [self.segment("ST", dice.choice(KINDS), control, *(["005010"] if dice.random() < 0.1 else []))]
        if dice.random() < 0.9:
            kind = dice.choice(["", "DI", "CN", "CR", "DR"])
            segments.append(self.segment("BIG", self.date(), self.text(), "", self.text(), "", "", kind))
        made = {"NTE": self.note, "CUR": self.currency, "REF": self.reference, "N1": self.party, "ITD": self.terms, "DTM": self.moment}
        made |= {"IT1": self.line, "PID": self.item, "TDS": self.total}
        for name, make in made.items():
            for _ in range(dice.choice([0, 1, 1, 2, 3])):
                segments.append(self.segment(name, *make()))
        if dice.slips(0.05):
            segments.append(dice.choice([self.segment("n1", "SE"), self.segment("ST", "810", control), self.segment("LONG", "1")]))
        if self.has_repetitions and dice.slips(0.05):
            segments.append(self.segment("REF", "VX", f"1{self.repetition}2"))
        count = len(segments) + 1 + (dice.choice([1, -1]) if dice.slips(0.03) else 0)
        if dice.slips(0.03):
            return segments
        # Some systems leave zeros out, or add them.
        control = dice.choice([control] * 9 + [control.lstrip("0"), "0" + control])
        return [*segments, self.segment("SE", str(count), control if not dice.slips(0.03) else "9" + control)]

    def note(self):
        return ["GEN", self.text()]

    def currency(self):
        return [self.dice.choice(["SE", "BY"]), self.dice.choice(["USD", "EUR", ""])]

    def reference(self):
        parts = [self.text() for _ in range(self.dice.randrange(1, 4))]
        return [self.dice.choice(["VX", "IA", "PO"]), self.text(), "", parts]

    def party(self):
        dice = self.dice
        name = self.text() if dice.random() < 0.8 else ""
        number = [dice.choice(["92", "1"]), self.text()] if dice.random() < 0.6 else []
        return [dice.choice(["SE", "BY", "RE", "ST"]), name, *number]

    def terms(self):
        return ["01", "3", "", "", "", self.date() if self.dice.random() < 0.7 else "", "30"]

    def moment(self):
        return [self.dice.choice(["011", "035"]), self.date()]

    def line(self):
        return [str(self.dice.randrange(9)), "42", "EA", self.number_text(), "", "VP", self.text()]

    def item(self):
        return ["F", "", "", "", self.text()]

    def total(self):
        dice = self.dice
        total = str(dice.choice([0, dice.randrange(100), dice.randrange(10**9), -dice.randrange(10**7)] * 5 + [10**24, 10**25]))
        return [dice.choice(["12.50", "1e3", "x", "1,234"]) if dice.slips(0.1) else total]

    def number_text(self):
        number = texts.number(self.dice)
        return number if self.can_be(number) else "7"

    def date(self):
        dice = self.dice
        if dice.slips(0.05):
            return dice.choice(["20260229", "2606311", "26061", "2026-06-11", "260631"])
        return a_day(dice).strftime(dice.choice(["%Y%m%d", "%Y%m%d", "%y%m%d"]))

    def name(self):
        return "".join(self.dice.choice("ABCDEFGH0123456789 ") for _ in range(self.dice.randrange(2, 16))).strip() or "NAME"

    def can_be(self, text):
        return texts.can(text, self.encoding) and not any(c in self.signs for c in text)

    def text(self):
        text = "".join(c for c in texts.phrase(self.dice, self.encoding) if c not in self.signs)
        return text.strip() or "x"

    def segment(self, name, *elements):
        written = [element if isinstance(element, str) else self.component.join(element) for element in elements]
        # Elements at the end may be left out.
        while written and not written[-1] and self.dice.random() < 0.9:
            written.pop()
        return self.element.join([name, *written]) + self.end
