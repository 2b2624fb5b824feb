"""PDF with invoices in it, written by hand and by pikepdf, and read by pypdf; the XML by lxml."""

import io
import logging
from dataclasses import replace

import pikepdf
import xml_documents
from pdf_writer import INVOICES, OTHERS, File
from pypdf import PdfReader
from rows import Unfit

# It would tell of what it mends.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


def make(dice):
    case = xml_documents.make(dice)
    case.view["mediaTypes"] = ["application/xml", "application/pdf"]
    document, quirk = by_pikepdf(dice, case.document) if dice.random() < 0.25 else by_hand(dice, case.document)
    if quirk is None and dice.slips(0.05):
        quirk, document = "cut off", document[: dice.randrange(len(document) - 12)]
    return replace(case, media_type="application/pdf", document=document, notes=case.notes | {"quirk": quirk})


def by_pikepdf(dice, content):
    """Returns a file as QPDF writes it, and what is wrong with it."""
    pdf = pikepdf.new()
    pdf.add_blank_page()
    for name in names(dice):
        data = content if name in INVOICES else b"<other/>"
        pdf.attachments[name] = pikepdf.AttachedFileSpec(pdf, data, filename=name, mod_date="D:20260611")
    modes = pikepdf.ObjectStreamMode
    options = {"linearize": dice.random() < 0.3, "object_stream_mode": dice.choice([modes.generate, modes.disable, modes.preserve])}
    quirk = None
    if dice.slips(0.05):
        quirk, options["encryption"] = "encrypted", pikepdf.Encryption(owner="owner", user="")
    else:
        options["deterministic_id"] = True
    out = io.BytesIO()
    pdf.save(out, compress_streams=dice.random() < 0.8, **options)
    return out.getvalue(), quirk


def names(dice):
    found = dice.sample(OTHERS, dice.choice([0, 0, 1, 2]))
    found += [] if dice.random() < 0.1 else [dice.choice(INVOICES)]
    dice.shuffle(found)
    return found


def by_hand(dice, content):
    file, quirk, attachments = File(dice), None, []
    if dice.slips(0.05):
        quirk, found = "several invoices", [dice.choice(INVOICES), dice.choice(INVOICES)]
    else:
        found = names(dice)
    for name in found:
        attachments.append((name, *attachment(file, name, content if name in INVOICES else b"<other/>")))
    file.root = file.numbers.pop(0)
    file.add(catalog(file, attachments), file.root)
    for _ in range(dice.choice([0, 0, 3])):
        file.stream(bytes(dice.randrange(256) for _ in range(50)), "/Filter /DCTDecode", may_be_packed=False)
    if dice.random() < 0.3 and set(found) & set(INVOICES):
        # Later revisions change the content of the invoice, or the catalog; the last one counts.
        change(file, attachments, b"<first/>", content)
    file.revision()
    return file.out, quirk


def change(file, attachments, before, content):
    for name, number, _ in attachments:
        if name in INVOICES:
            file.stream(before, number=number)
    file.revision()
    for name, number, _ in attachments:
        if name in INVOICES:
            file.stream(content, number=number)
    if file.dice.random() < 0.5:
        file.revision()
        file.add(catalog(file, attachments), file.root)


def attachment(file, name, content):
    """Adds an attachment, and returns the numbers of its content and of what describes it."""
    dice = file.dice
    number = file.stream(content, dice.choice(["", "/Type /EmbeddedFile /Subtype /text#2Fxml"]))
    files = file.dictionary(f"/F {number} 0 R" + dice.choice(["", f"/UF {number} 0 R"]))
    if dice.random() < 0.2:
        files = f"{file.add(files)} 0 R"
    keys = dice.choice([["F"], ["UF"], ["F", "UF"], ["F", "UF"]])
    written = " ".join(f"{file.name('/' + key)} {file.text(name)}" for key in keys)
    entries = f"/Type /Filespec {written} {file.name('/EF')} {files} /AFRelationship /Alternative /Size -1.5 /X true"
    return number, file.dictionary(entries)


def catalog(file, attachments):
    dice, pairs, associated = file.dice, [], []
    for name, _, description in attachments:
        if dice.random() < 0.8:
            description = f"{file.add(description)} 0 R"
        key = file.text(name)
        in_names = dice.random() < 0.8
        if in_names:
            pairs.append((key, description))
        # What is an attachment at all is in one of them.
        if not in_names or dice.random() < 0.5:
            associated.append(description)
    entries = "/Type /Catalog " + ("/Pages null " if dice.random() < 0.5 else "")
    if pairs:
        tree = named(file, pairs)
        tree = f"<< /EmbeddedFiles {tree} >> "
        entries += f"{file.name('/Names')} " + (tree if dice.random() < 0.7 else held(file, tree))
    if associated:
        listed = f"[{' '.join(associated)}]"
        entries += "/AF " + (listed if dice.random() < 0.7 else held(file, listed))
    return file.dictionary(entries)


def held(file, content):
    return f"{file.add(content)} 0 R "


def named(file, pairs, level=0):
    """Returns a tree of names, with nodes below it."""
    dice = file.dice
    if level < 3 and dice.random() < 0.4:
        half = dice.randrange(len(pairs) + 1)
        nodes = [named(file, part, level + 1) for part in (pairs[:half], pairs[half:]) if part]
        return held(file, f"<< /Kids [{' '.join(nodes)}] >>")
    names = " ".join(f"{key} {description}" for key, description in pairs)
    limits = f"/Limits [{pairs[0][0]} {pairs[-1][0]}] " if level else ""
    node = f"<< {limits}/Names [{names}] >>"
    return node if level == 0 and dice.random() < 0.5 else held(file, node)


def read(case):
    quirk = case.notes["quirk"]
    if quirk:
        raise Unfit(f"it is no PDF that can be read: {quirk}", "it is no PDF that can be read: ")
    found = invoices(PdfReader(io.BytesIO(case.document), strict=True))
    if not found:
        return None
    (content,) = found.values()
    return xml_documents.read(replace(case, document=content))


def invoices(reader):
    """Returns the contents of invoices by their numbers."""
    root = reader.root_object
    nodes, specifications, found = [], list(item(root, "/AF") or []), {}
    if item(root, "/Names") and "/EmbeddedFiles" in item(root, "/Names"):
        nodes.append(item(item(root, "/Names"), "/EmbeddedFiles"))
    while nodes:
        node = nodes.pop().get_object()
        nodes += item(node, "/Kids") or []
        specifications += (item(node, "/Names") or [])[1::2]
    for specification in specifications:
        specification = specification.get_object()
        written = [str(item(specification, key)).lower() for key in ("/F", "/UF") if key in specification]
        if any(name in ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml") for name in written):
            reference = item(specification, "/EF").raw_get("/F")
            found[reference.idnum] = reference.get_object().get_data()
    return found


def item(of, key):
    found = of.get(key)
    return None if found is None else found.get_object()
