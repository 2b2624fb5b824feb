"""Writes EDIFACT at random, with the signs, character sets and lines that systems write."""

import texts

# Character sets by the syntax identifier of UNB (ISO 9735). Older software writes its own language under the first two.
SETS = {
    "UNOA": "windows-1252",
    "UNOB": "windows-1252",
    "UNOC": "windows-1252",
    "UNOD": "iso-8859-2",
    "UNOE": "iso-8859-5",
    "UNOF": "iso-8859-7",
    "UNOG": "iso-8859-3",
    "UNOH": "iso-8859-4",
    "UNOI": "iso-8859-6",
    "UNOJ": "iso-8859-8",
    "UNOK": "windows-1254",
    "UNOW": "utf-8",
    "UNOX": "ascii",
}
DEFAULT = ":+.? '"
SIGNS = [DEFAULT] * 4 + [":+,? '", ":+,? \n", "|*.! ~", ";/,\\ #", ":+.  '", "^&.%*$", ":+.?*'"]


class Interchange:
    """Writes an interchange."""

    def __init__(self, dice):
        self.dice = dice
        self.signs = dice.choice(SIGNS)
        self.component, self.element, self.mark, self.release, _, self.end = self.signs
        self.syntax = dice.choice(["UNOA", "UNOB", "UNOC", "UNOC", *SETS])
        self.encoding = "utf-8" if dice.random() < 0.1 else SETS[self.syntax]
        if dice.slips(0.1):
            # What is written is in another character set than is said.
            self.encoding = dice.choice(["windows-1252", "iso-8859-5"])
        self.has_advice = self.signs != DEFAULT or dice.random() < 0.5
        # Lines are for people: after each segment, or wherever they are full.
        self.width = dice.choice([None, None, None, 80, 35]) if self.end != "\n" else None
        self.between = dice.choice(["", "", "\n", "\r\n"])

    def written(self, is_bare):
        dice = self.dice
        segments = []
        # Without UNB there is no other character set.
        has_interchange = not is_bare or SETS[self.syntax] != "windows-1252"
        if has_interchange:
            about = [self.syntax, dice.choice("1234")], [self.text(), "14"], ["4000001000005"], ["260611", "0915"]
            segments.append(self.segment("UNB", *about, "REF-1"))
        has_group = has_interchange and dice.random() < 0.15
        if has_group:
            segments.append(self.segment("UNG", "INVOIC", [self.text()], "B", ["260611", "0915"], "1", "UN"))
        count = dice.choice([1, 1, 2, 3])
        for number in range(count):
            segments += self.message(number + 1)
        if has_group:
            segments.append(self.segment("UNE", str(count), "1"))
        if has_interchange:
            segments.append(self.segment("UNZ", str(count), "REF-1"))
        body = self.between.join(segments)
        if self.width:
            # Some systems break lines wherever they are full, even between a release character and what it releases.
            body = "\r\n".join(body[at : at + self.width] for at in range(0, len(body), self.width))
        advice = f"UNA{self.signs}" if self.has_advice else ""
        return (advice + (self.between if advice else "") + body).encode(self.encoding)

    def message(self, number):
        dice = self.dice
        kind = dice.choice(["INVOIC", "INVOIC", "ORDERS", "APERAK"])
        segments = [self.segment("UNH", str(number), [kind, "D", "96A", "UN"])]
        if dice.random() < 0.9:
            segments.append(self.segment("BGM", dice.choice(["380", "381", ["380", "", "9"]]), self.text(), "9"))
        for _ in range(dice.randrange(3)):
            text, code = texts.coded_date(dice)
            if dice.slips(0.1):
                code = ""
            segments.append(self.segment("DTM", [dice.choice(["137", "171", "3"]), text, code]))
        for _ in range(dice.randrange(3)):
            lines = [self.text() if dice.random() < 0.8 else "" for _ in range(dice.randrange(1, 5))]
            party = dice.choice(["", ["4000001000005", "", "9"]])
            segments.append(self.segment("NAD", dice.choice(["BY", "SE", "IV"]), party, "", lines))
        for _ in range(dice.randrange(3)):
            # Without an advice, both are decimal marks.
            number_text = texts.number(dice, self.mark if self.has_advice else dice.choice(".,"))
            number_text = number_text if texts.can(number_text, self.encoding) else "7"
            segments.append(self.segment("MOA", [dice.choice(["77", "9", "124"]), number_text, "EUR"]))
        for _ in range(dice.randrange(3)):
            notes = [self.text() for _ in range(dice.randrange(1, 4))]
            segments.append(self.segment("FTX", "AAI", "", "", notes, *([self.text()] if dice.random() < 0.3 else [])))
        if dice.random() < 0.3:
            segments.append(self.segment("UNS", "S"))
        return [*segments, self.segment("UNT", str(len(segments) + 1), str(number))]

    def text(self):
        text = texts.phrase(self.dice, self.encoding)
        if self.release == " ":
            text = "".join(c for c in text if c not in self.signs[:2] + self.end)
        return text or "x"

    def segment(self, name, *elements):
        elements = [[element] if isinstance(element, str) else element for element in elements]
        written = [self.component.join(map(self.escaped, element)) for element in elements]
        return self.element.join([name, *written]) + self.end

    def escaped(self, text):
        if self.release == " ":
            return text
        special = self.component + self.element + self.release + self.end
        # Any sign may be released.
        is_released = [c in special or (c.isalpha() and self.dice.random() < 0.005) for c in text]
        return "".join(self.release + c if released else c for c, released in zip(text, is_released, strict=True))
