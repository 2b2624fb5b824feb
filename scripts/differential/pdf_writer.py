"""Writes PDF at random (ISO 32000-1): with tables and streams of references, objects in streams, and later revisions."""

import zlib

# Names of invoices, and of other attachments.
INVOICES = ["factur-x.xml", "factur-x.xml", "ZUGFeRD-invoice.xml", "xrechnung.xml", "Factur-X.XML"]
OTHERS = ["terms (2).xml", "order.xml", "factur-x.xml.pdf", "Łódź.xml"]


class File:
    """Objects by their numbers, and the revisions of a file with them."""

    def __init__(self, dice):
        self.dice = dice
        self.numbers = dice.sample(range(1, 60), 40) if dice.random() < 0.3 else list(range(1, 60))
        self.objects, self.streams = {}, set()
        self.out = b"%PDF-" + dice.choice([b"1.4", b"1.7", b"2.0"]) + dice.choice([b"\n", b"\r\n", b"\n%\xe2\xe3\xcf\xd3\n"])
        self.places, self.before, self.root = {}, None, None
        self.kind = dice.choice(["table", "table", "stream", "stream", "hybrid"])
        self.size = 60

    def add(self, content, number=None, is_stream=False):
        """Adds an object, or changes one, and returns its number."""
        number = number or self.numbers.pop(0)
        self.objects[number] = content
        self.streams.discard(number)
        if is_stream:
            self.streams.add(number)
        return number

    def stream(self, data, entries="", number=None, may_be_packed=True):
        dice, filters, parameters = self.dice, [], []
        while may_be_packed and len(filters) < 2 and dice.random() < 0.6:
            lines = predicted(dice, data) if not filters and dice.random() < 0.3 else None
            data = zlib.compress(data if lines is None else lines[0], dice.choice([0, 1, 6, 9]))
            filters.insert(0, "/FlateDecode")
            parameters.insert(0, "null" if lines is None else lines[1])
        if filters and (len(filters) > 1 or dice.random() < 0.3):
            entries += f"/Filter [{' '.join(filters)}]"
            entries += f"/DecodeParms [{' '.join(parameters)}]" if any(one != "null" for one in parameters) else ""
        elif filters:
            entries += f"/Filter {filters[0]}" + (f"/DecodeParms {parameters[0]}" if parameters[0] != "null" else "")
        length = str(len(data))
        if may_be_packed and dice.random() < 0.2:
            length = f"{self.add(length)} 0 R"
        head = self.dictionary(entries + f"/Length {length}")
        end = dice.choice([b"\n", b"\r\n", b""])
        content = head.encode("latin-1") + b"\nstream" + dice.choice([b"\n", b"\r\n"]) + data + end + b"endstream"
        return self.add(content, number, is_stream=True)

    def dictionary(self, entries):
        """Returns a dictionary, with what may stand in it for people."""
        between = self.dice.choice(["", " ", "\n", "\r\n", " % a comment >> (\n"])
        return f"<<{between}{entries}{between}>>"

    def name(self, name):
        """Returns a name, of which a sign may be written as its number."""
        if self.dice.random() < 0.1:
            at = self.dice.randrange(1, len(name))
            return f"{name[:at]}#{ord(name[at]):02x}{name[at + 1 :]}"
        return name

    def text(self, text):
        dice = self.dice
        kind = dice.randrange(6)
        if kind == 0 or not text.isascii():
            data = b"\xfe\xff" + text.encode("utf-16-be")
            return f"<{data.hex()}>" if dice.random() < 0.5 else "(" + "".join(f"\\{byte:03o}" for byte in data) + ")"
        if kind == 1:
            digits = text.encode().hex().upper()
            return "<" + dice.choice(["", " ", "\n"]).join(digits[at : at + 8] for at in range(0, len(digits), 8)) + ">"
        escaped = text.replace("(", "\\(").replace(")", "\\)") if dice.random() < 0.7 else text
        if kind == 2:
            at = dice.randrange(len(escaped))
            is_sign = escaped[at] not in "\\()" and escaped[at - 1 : at] != "\\"
            escaped = escaped[:at] + (f"\\{ord(escaped[at]):03o}" if is_sign else escaped[at]) + escaped[at + 1 :]
        if kind == 3 and escaped == text:
            # A line that goes on.
            at = dice.randrange(len(escaped))
            escaped = escaped[:at] + "\\" + dice.choice(["\n", "\r", "\r\n"]) + escaped[at:]
        return f"({escaped})"

    def revision(self):
        """Writes the objects that were added or changed, and their references."""
        dice, kind = self.dice, self.kind
        packed = [n for n in self.objects if n not in self.streams] if kind != "table" else []
        packed = [n for n in packed if dice.random() < 0.8]
        if kind == "hybrid":
            # What is old reads the catalog, too.
            packed = [n for n in packed if n != self.root]
        lengths = {n for n in packed if self.objects[n].isdigit()}
        packed = [n for n in packed if n not in lengths]
        entries = {}
        if packed:
            stream = self.object_stream(packed)
            entries |= {n: (2, stream, at) for at, n in enumerate(packed)}
        for number in dice.sample(list(self.objects), len(self.objects)):
            if number not in entries:
                entries[number] = (1, self.write(number), 0)
        write = {"table": self.table, "stream": self.reference_stream, "hybrid": self.hybrid}
        start = write[kind](entries)
        self.out += f"startxref\n{start}\n%%EOF".encode() + dice.choice([b"", b"\n", b"\r\n", b"\n\n"])
        self.before, self.objects, self.streams = start, {}, set()
        if not self.out.endswith(b"\n"):
            self.out += b"\n"

    def write(self, number):
        place, content = len(self.out), self.objects[number]
        content = content if isinstance(content, bytes) else content.encode("latin-1")
        end = self.dice.choice([b"\n", b"\r\n"])
        self.out += f"{number} 0 obj".encode() + self.dice.choice([b"\n", b" ", b""] if content[:1] in b"<[(" else [b"\n"])
        self.out += content + end + b"endobj" + end
        return place

    def object_stream(self, numbers):
        places, content = [], ""
        for number in numbers:
            places.append(f"{number} {len(content)}")
            content += self.objects[number] + self.dice.choice(["\n", " "])
        head = " ".join(places) + self.dice.choice([" ", "\n"])
        entries = f"/Type /ObjStm /N {len(numbers)} /First {len(head)}"
        return self.stream((head + content).encode("latin-1"), entries)

    def trailer(self, more=""):
        before = f"/Prev {self.before}" if self.before is not None else ""
        return f"/Size {self.size} /Root {self.root} 0 R {before} {more}"

    def table(self, entries, more=""):
        start, dice = len(self.out), self.dice
        entries = dict(entries)
        if self.before is None:
            entries[0] = (0, 0, 65535)
        end = dice.choice([" \n", "\r\n", " \r"])
        lines = ""
        for first, count in ranges(entries):
            lines += f"{first} {count}\n"
            for number in range(first, first + count):
                kind, place, generation = entries[number]
                lines += f"{place:010} {generation:05} {'n' if kind else 'f'}{end}"
        self.out += f"xref\n{lines}trailer\n<< {self.trailer(more)} >>\n".encode()
        return start

    def reference_stream(self, entries):
        number = self.numbers.pop(0)
        start = len(self.out)
        entries = dict(entries) | {number: (1, start, 0)}
        if self.before is None:
            entries[0] = (0, 0, 65535)
        self.write_references(number, entries, self.trailer())
        return start

    def write_references(self, number, entries, trailer):
        dice = self.dice
        widths = [1, dice.choice([3, 4]), dice.choice([2, 3])]
        if all(kind == 1 for kind, _, _ in entries.values()) and dice.random() < 0.5:
            widths[0] = 0
        index, lines = [], []
        for first, count in ranges(entries):
            index += [str(first), str(count)]
            lines += [entries[n] for n in range(first, first + count)]
        rows = [b"".join(part.to_bytes(width, "big") for part, width in zip(line, widths, strict=True) if width) for line in lines]
        data, parameters = b"".join(rows), ""
        if dice.random() < 0.6:
            kind = dice.choice([10, 12, 15])
            lines = png(dice, rows, sum(widths), kind)
            parameters = f"/DecodeParms << /Predictor {kind} /Columns {sum(widths)} >>"
            data = b"".join(lines)
        packed = "/Filter /FlateDecode" if parameters or dice.random() < 0.8 else ""
        entries = f"/Type /XRef /W [{' '.join(map(str, widths))}] /Index [{' '.join(index)}] {packed} {parameters} {trailer}"
        data = zlib.compress(data) if packed else data
        self.objects[number] = f"<< {entries} /Length {len(data)} >>\nstream\n".encode() + data + b"\nendstream"
        self.write(number)

    def hybrid(self, entries):
        """What older readers do not see is free in the table, and in the stream that the table names."""
        hidden = {n: entry for n, entry in entries.items() if entry[0] == 2}
        if not hidden:
            return self.table(entries)
        number = self.numbers.pop(0)
        start = len(self.out)
        self.write_references(number, hidden, f"/Size {self.size} /Root {self.root} 0 R")
        seen = {n: entry for n, entry in entries.items() if entry[0] != 2} | {number: (1, start, 0)}
        if self.dice.random() < 0.7:
            seen |= {n: (0, 0, 65535) for n in hidden}
        return self.table(seen, f"/XRefStm {start}")


def ranges(entries):
    """Yields the first number and the count of numbers without a gap."""
    first = before = None
    for number in sorted(entries):
        if before is None or number != before + 1:
            if first is not None:
                yield first, before + 1 - first
            first = number
        before = number
    if first is not None:
        yield first, before + 1 - first


def predicted(dice, data):
    """Returns data in lines, each predicted, and what says so; None if its length is none of lines."""
    widths = [width for width in range(1, 200) if len(data) % width == 0]
    if not data:
        return None
    columns, kind = dice.choice(widths), dice.choice([10, 11, 12, 13, 14, 15])
    rows = [data[at : at + columns] for at in range(0, len(data), columns)]
    return b"".join(png(dice, rows, columns, kind)), f"<< /Predictor {kind} /Columns {columns} >>"


def png(dice, rows, columns, kind):
    """Predicts lines as PNG does: 15 is another one for each of them."""
    above = bytes(columns)
    for row in rows:
        of = dice.randrange(5) if kind == 15 else kind - 10
        line = bytearray([of])
        for at in range(columns):
            left, corner = (row[at - 1], above[at - 1]) if at else (0, 0)
            up = above[at]
            guess = left + up - corner
            nearest = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))[2]
            line.append((row[at] - [0, left, up, (left + up) // 2, nearest][of]) % 256)
        yield bytes(line)
        above = row
