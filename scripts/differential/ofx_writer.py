"""Writes OFX at random: version 1, which is SGML, and version 2, which is XML."""

import texts
from values import a_day

# What headers say of character sets, and what it is.
SETS = {
    ("USASCII", "1252"): "windows-1252",
    ("USASCII", "8859-1"): "iso-8859-1",
    ("USASCII", "1250"): "windows-1250",
    ("USASCII", "1251"): "windows-1251",
    ("UTF-8", "NONE"): "utf-8",
    ("UNICODE", "NONE"): "utf-8",
}
# What banks leave empty. Elsewhere, what is empty and does not end could be around what follows.
MAY_BE_EMPTY = ["MEMO", "NAME", "CHECKNUM", "REFNUM", "MESSAGE", "ORG", "FID", "BANKID"]
HEADER = ["OFXHEADER:100", "DATA:OFXSGML", "VERSION:102", "SECURITY:NONE", "ENCODING", "COMPRESSION:NONE", "OLDFILEUID:NONE"]


class Document:
    """Writes a document, as elements with texts and elements in them."""

    def __init__(self, dice, version):
        self.dice, self.version = dice, version
        self.declared = dice.choice(list(SETS))
        self.encoding = dice.choice(["utf-8", "utf-8", "iso-8859-1", "windows-1252"]) if version == 2 else SETS[self.declared]
        self.between = dice.choice(["", "\n", "\r\n", "\r\n\t"])
        # Which elements with a text end.
        self.ended = {}
        self.ends = 1 if version == 2 else dice.choice([0, 0, 0.5, 1])
        self.is_lower = version == 1 and dice.random() < 0.1
        self.quirk = None

    def written(self):
        dice = self.dice
        signon = self.all("SONRS", self.status(), self.leaf("DTSERVER", self.moment()), self.leaf("LANGUAGE", "ENG"), self.bank())
        parts = [self.all("SIGNONMSGSRSV1", signon)]
        for _ in range(dice.choice([1, 1, 1, 0, 2])):
            statements = "".join(self.response("STMTTRNRS", self.account()) for _ in range(dice.choice([1, 1, 2])))
            parts.append(self.all("BANKMSGSRSV1", statements))
        if dice.random() < 0.3:
            parts.append(self.all("CREDITCARDMSGSRSV1", self.response("CCSTMTTRNRS", self.card())))
        body = self.all("OFX", *parts)
        end = f"</{self.name('STMTTRN')}>"
        if end in body and dice.slips(0.03):
            self.quirk = "an element does not end"
            body = body.replace(end, "", 1)
        if dice.slips(0.03):
            self.quirk = "cut off"
            body = body[: dice.randrange(20, len(body) - 8)]
        return (self.head() + body + dice.choice(["", "\n", "\r\n"])).encode(self.encoding)

    def head(self):
        dice = self.dice
        if self.version == 2:
            head = f'<?xml version="1.0" encoding="{self.encoding}"?>' + dice.choice(["", "\n"])
            return head + '<?OFX OFXHEADER="200" VERSION="211" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>' + self.between
        encoding, charset = self.declared
        lines = [f"ENCODING:{encoding}\nCHARSET:{charset}" if line == "ENCODING" else line for line in HEADER]
        if dice.slips(0.02):
            self.quirk = "packed"
            lines[5] = "COMPRESSION:GZIP"
        head = "\n".join(lines).replace("\n", dice.choice(["\n", "\r\n", "\r\n", " "]))
        return dice.choice(["", "", "\n"]) + head + dice.choice(["\n", "\r\n\r\n", "\n\n"])

    def response(self, name, content):
        message = self.leaf("MESSAGE", self.text()) if self.dice.random() < 0.2 else ""
        return self.all(name, self.leaf("TRNUID", "0"), self.status(message), content)

    def status(self, message=""):
        return self.all("STATUS", self.leaf("CODE", "0"), self.leaf("SEVERITY", "INFO"), message)

    def bank(self):
        if self.dice.random() < 0.3:
            return ""
        return self.all("FI", self.leaf("ORG", self.text()), self.leaf("FID", "9000"))

    def account(self):
        bank, number = self.leaf("BANKID", "900000001"), self.leaf("ACCTID", self.text())
        account = self.all("BANKACCTFROM", bank, number, self.leaf("ACCTTYPE", "CHECKING"))
        return self.all("STMTRS", self.leaf("CURDEF", self.dice.choice(["USD", "EUR"])), account, self.entries(), self.balance())

    def card(self):
        account = self.all("CCACCTFROM", self.leaf("ACCTID", "4000 0001"))
        return self.all("CCSTMTRS", self.leaf("CURDEF", "USD"), account, self.entries(), self.balance())

    def balance(self):
        return self.all("LEDGERBAL", self.leaf("BALAMT", self.number()), self.leaf("DTASOF", self.moment()))

    def entries(self):
        entries = [self.entry() for _ in range(self.dice.choice([0, 1, 2, 4]))]
        return self.all("BANKTRANLIST", self.leaf("DTSTART", "20260601"), self.leaf("DTEND", self.moment()), *entries)

    def entry(self):
        dice = self.dice
        parts = [self.leaf("TRNTYPE", dice.choice(["CREDIT", "DEBIT", "CHECK", "FEE"])), self.leaf("DTPOSTED", self.moment())]
        if dice.random() < 0.3:
            parts.append(self.leaf("DTAVAIL", self.moment()))
        parts += [self.leaf("TRNAMT", self.number()), self.leaf("FITID", self.text())]
        for name in ("CHECKNUM", "REFNUM", "NAME"):
            if dice.random() < 0.5:
                parts.append(self.leaf(name, self.text() if dice.random() < 0.8 else ""))
        if dice.random() < 0.2:
            parts.append(self.all("PAYEE", self.leaf("NAME", self.text()), self.leaf("CITY", self.text())))
        if dice.random() < 0.2:
            parts.append(self.all("BANKACCTTO", self.leaf("BANKID", "1"), self.leaf("ACCTID", self.text())))
        if dice.random() < 0.7:
            parts.append(self.leaf("MEMO", self.text() if dice.random() < 0.8 else ""))
        if dice.random() < 0.2:
            parts.append(self.all("CURRENCY", self.leaf("CURRATE", "1.1"), self.leaf("CURSYM", "CHF")))
        return self.all("STMTTRN", *parts)

    def number(self):
        number = texts.number(self.dice, ".,")
        return number if texts.can(number, self.encoding) and "<" not in number else "7"

    def moment(self):
        dice = self.dice
        day = f"{a_day(dice):%Y%m%d}"
        if dice.slips(0.1):
            ends = ["25", "[EST]", "120000[+15]", "120000.[0]", "[-5"]
            return dice.choice(["2026-06-01", "20260229", *(day + end for end in ends)])
        time = f"{dice.randrange(24):02}{dice.randrange(60):02}"
        second = f"{dice.randrange(60):02}"
        fractions = ["", ".123", ".000", ".123456789"]
        time = dice.choice(["", "", time, *(time + second + fraction for fraction in fractions)])
        zone = dice.choice(["", "", "[-5:EST]", "[+5.5:IST]", "[0:GMT]", "[5.75]", "[-3.50:NST]", "[-12:X]", "[+14]"])
        return day + time + zone

    def text(self):
        text = texts.phrase(self.dice, self.encoding).replace("\u00a0", " ")
        return text.strip() or "x"

    def all(self, name, *parts):
        inner = self.between.join(["", *(part for part in parts if part), ""])
        return f"<{self.name(name)}>{inner}</{self.name(name)}>"

    def name(self, name):
        return name.lower() if self.is_lower else name

    def leaf(self, name, text):
        dice = self.dice
        is_ended = self.ended.setdefault(name, dice.random() < self.ends)
        if not is_ended and text == "" and name not in MAY_BE_EMPTY:
            text = "x"
        if not is_ended and name not in MAY_BE_EMPTY and dice.slips(0.003):
            self.quirk, text = "empty", ""
        end = f"</{self.name(name)}>" if is_ended else ""
        return f"<{self.name(name)}>{self.escaped(text)}{end}"

    def escaped(self, text):
        dice, kind = self.dice, self.dice.randrange(12)
        if kind == 0 and text and " " in text:
            # Some banks break long texts.
            text = text.replace(" ", self.between or "\n", 1)
        if kind == 1 and text and "]]>" not in text and "<" not in text:
            return f"<![CDATA[{text}]]>"
        if kind == 2:
            number = dice.choice(["&#{};", "&#x{:x};", "&#x{:X};"])
            return "".join(number.format(ord(c)) if dice.random() < 0.3 and c > " " else self.sign(c) for c in text)
        if kind == 3 and text:
            return dice.choice([" ", "\t"]) + "".join(map(self.sign, text)) + dice.choice([" ", "\t", "  "])
        return "".join(map(self.sign, text))

    def sign(self, c):
        # Banks write & for itself in SGML.
        if c == " " and self.version == 1 and self.dice.random() < 0.05:
            return "&nbsp;"
        known = {"<": ["&lt;"], "&": ["&amp;", "&"] if self.version == 1 else ["&amp;"], ">": [">", "&gt;"], '"': ['"', "&quot;"]}
        return self.dice.choice(known.get(c, [c]))
