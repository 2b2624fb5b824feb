"""Writes XML at random, in all the ways in which it can be written."""

import texts

NAMES = ["Invoice", "ID", "Line", "Note", "Party", "Name", "Amount", "Role", "Date", "DateTimeString", "Größe", "x-y.z", "_1"]


class Writer:
    """Writes elements, with the namespaces in scope in mind."""

    def __init__(self, dice, encoding, has_marks):
        self.dice, self.encoding, self.has_marks = dice, encoding, has_marks
        self.names = [name for name in NAMES if texts.can(name, encoding)]

    def element(self, name, level, scope):
        dice, scope, attributes = self.dice, dict(scope), {}
        if level == 0 or dice.random() < 0.15:
            for _ in range(dice.randrange(3)):
                prefix = dice.choice(["", "a", "b", "n1", "cbc"])
                scope[prefix] = dice.choice(["urn:a", "urn:b", "urn:c"] + ([""] if prefix == "" else []))
                attributes[f"xmlns:{prefix}" if prefix else "xmlns"] = scope[prefix]
        prefixes = [prefix for prefix in scope if prefix]
        prefix = dice.choice(prefixes) + ":" if prefixes and dice.random() < 0.4 else ""
        for local in ("kind", "id", "currency"):
            if dice.random() < 0.25:
                own = dice.choice(prefixes) + ":" if prefixes and dice.random() < 0.2 else ""
                attributes[own + local] = self.attribute(local)
        content = self.content(name, level, scope, attributes)
        written = list(attributes.items())
        dice.shuffle(written)
        written = "".join(
            self.space() + at + dice.choice(["=", "=", " = "]) + self.quoted(value, at.startswith("xmlns")) for at, value in written
        )
        tag = prefix + name
        end = dice.choice(["", "", " ", "\n"])
        if content == "" and dice.random() < 0.7:
            return f"<{tag}{written}{end}/>"
        return f"<{tag}{written}{end}>{content}</{tag}{end}>"

    def attribute(self, local):
        if local == "kind":
            return self.dice.choice(["k1", "k2", "seller"])
        if local == "currency":
            return self.dice.choice(["seller", "buyer", "EUR"])
        return texts.phrase(self.dice, self.encoding)

    def content(self, name, level, scope, attributes):
        dice = self.dice
        if name == "DateTimeString":
            text, code = texts.coded_date(dice)
            if dice.random() < 0.2:
                return self.text(texts.iso_date(dice), is_plain=True)
            attributes["format"] = code
            return self.text(text, is_plain=True)
        if name == "Date":
            return self.text(dice.choice([texts.iso_date, texts.timestamp])(dice), is_plain=True)
        if name == "Amount":
            number = texts.number(dice, ",", ".") if self.has_marks else texts.number(dice)
            return self.text(number if texts.can(number, self.encoding) else "1", is_plain=True)
        if name == "Role":
            role = dice.choice(["seller", "buyer", "payer"])
            # A path compares with those at the top, and XPath would not remove white space around them.
            return role if level == 1 else self.text(role, is_plain=True)
        if name in ("ID", "Name", "Note") and dice.random() < 0.9:
            return self.text(texts.phrase(dice, self.encoding))
        if level > 4:
            return ""
        inner = self.between()
        for _ in range(dice.choice([0, 2, 3, 5, 8]) if level < 3 else 1):
            inner += self.element(dice.choice(self.names), level + 1, scope) + self.between()
        if dice.random() < 0.05:
            inner += self.text(texts.phrase(dice, self.encoding))
        return inner

    def between(self):
        comment = texts.phrase(self.dice, self.encoding).replace("--", "").rstrip("-")
        return self.dice.choice(["", "", "", "\n  ", "\r\n\t", " ", f"<!--{comment} <a> -->", "<?pi some <data> ?>"])

    def space(self):
        return self.dice.choice([" ", " ", " ", "\n", "  ", "\t"])

    def text(self, text, is_plain=False):
        dice, kind = self.dice, self.dice.randrange(12)
        if not is_plain and kind == 0:
            text += dice.choice(["\n", "\r\n  ", "\t", "  ", " \n\n "]) + texts.phrase(dice, self.encoding)
        if kind == 1 and "]]>" not in text and not text.endswith("]"):
            return f"<![CDATA[{text}]]>"
        if kind == 2:
            half = len(text) // 2
            return escaped(text[:half]) + dice.choice(["<!-- note -->", "<?pi?>", "<![CDATA[]]>"]) + escaped(text[half:])
        if kind == 3 and not is_plain:
            return escaped(text) + dice.choice(["&#10;", "&#x20AC;", "&#x1F600;", "&amp;lt;", "&#xA0;", "&#9;"]) + "z"
        if kind == 4:
            return dice.choice(["\n", " ", "\t\r\n"]) + escaped(text) + dice.choice(["\n", " "])
        if kind == 5:
            return "".join(f"&#{ord(c)};" if dice.random() < 0.3 else escaped(c) for c in text)
        return escaped(text)

    def quoted(self, value, is_namespace):
        value = escaped(value)
        if not is_namespace and self.dice.random() < 0.05:
            value += self.dice.choice(["\n", "\t", "&#10;", "&#9;"]) + "w"
        if self.dice.random() < 0.5:
            return '"' + value.replace('"', "&quot;") + '"'
        return "'" + value.replace("'", "&apos;") + "'"


def escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("]]>", "]]&gt;")
