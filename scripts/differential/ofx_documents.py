"""OFX: version 1 as ofxparse makes it a tree, version 2 as lxml does."""

import io
import re

from bs4 import BeautifulSoup
from lxml import etree
from ofx_writer import Document
from ofxparse.ofxparse import OfxPreprocessedFile
from rows import Case, Unfit
from xml_documents import is_utf8, of_tree, parsed

ENTRIES = [
    "/OFX/BANKMSGSRSV1/STMTTRNRS/STMTRS/BANKTRANLIST/STMTTRN",
    "/OFX/CREDITCARDMSGSRSV1/CCSTMTTRNRS/CCSTMTRS/BANKTRANLIST/STMTTRN",
]
BANK = "/OFX/SIGNONMSGSRSV1/SONRS/FI/ORG"
WHEN = [[{"path": "/OFX/BANKMSGSRSV1"}], [{"path": "//STMTRS"}, {"path": "//CCSTMTRS"}], [{"path": "//CURDEF", "equals": "EUR"}]]


def view(dice):
    made = {"name": "differential", "stream": "*", "format": "ofx", "rows": dice.choice([ENTRIES, ENTRIES, "//STMTTRN"])}
    if dice.random() < 0.5:
        made["when"] = dice.choice(WHEN)
    if dice.random() < 0.2:
        made["where"] = dice.choice([[{"path": "TRNTYPE", "equals": ["CREDIT", "FEE"]}], [{"path": "MEMO"}]])
    amount = {"name": "amount", "path": "TRNAMT", "type": "decimal", "scale": dice.choice([2, 4])}
    if dice.random() < 0.3:
        amount["negateWhen"] = [{"path": "TRNTYPE", "equals": "DEBIT"}]
    made["columns"] = [
        {"name": "account", "path": ["../../BANKACCTFROM/ACCTID", "../../CCACCTFROM/ACCTID"], "type": "text"},
        {"name": "bank", "path": [BANK, "../../BANKACCTFROM/BANKID"], "type": "text", "default": "none"},
        {"name": "id", "path": "FITID", "type": "text"},
        {"name": "kind", "path": "TRNTYPE", "type": "text"},
        {"name": "day", "path": "DTPOSTED", "type": "date"},
        {"name": "moment", "path": dice.choice([["DTAVAIL", "DTPOSTED"], "../../LEDGERBAL/DTASOF"]), "type": "timestamp"},
        amount,
        {"name": "balance", "path": "../../LEDGERBAL/BALAMT", "type": "decimal"},
        {"name": "currency", "path": ["CURRENCY/CURSYM", "../../CURDEF"], "type": "text"},
        {"name": "reference", "path": ["CHECKNUM", "REFNUM"], "type": "text"},
        {"name": "name", "path": [["NAME", "PAYEE/CITY"], "PAYEE/NAME"], "type": "text"},
        {"name": "memo", "path": dice.choice(["MEMO", "*[6]", "../STMTTRN[1]/MEMO"]), "type": "text"},
        {"name": "all", "path": dice.choice(["*", ".//ACCTID", "//MESSAGE"]), "type": "text", "all": True},
    ]
    return made


def make(dice):
    made = view(dice)
    document = Document(dice, dice.choice([1, 1, 2]))
    written = document.written()
    media_type = dice.choice(["application/x-ofx", "application/vnd.intu.qfx"])
    notes = {"encoding": document.encoding, "version": document.version, "quirk": document.quirk}
    return Case(made, media_type, written, notes)


def read(case):
    if case.notes["version"] == 2:
        try:
            tree = parsed(case)
        except etree.XMLSyntaxError as error:
            raise Unfit("it is no XML", "") from error
    else:
        # ofxparse makes something of anything.
        if case.notes["quirk"]:
            raise Unfit(f"it is no OFX: {case.notes['quirk']}", "it is no OFX: ")
        tree = tree_of(case.document)
    return of_tree(tree, case.view, (".,", None), "ofx")


def tree_of(document):
    """Returns the tree that ofxparse makes of a document of version 1."""
    start = document.index(b"<")
    fields = re.findall(rb"(\S+):(\S+)", document[:start])
    # ofxparse wants a field a line; and what is UTF-8 is read as such, whatever it declares.
    lines = [b"ENCODING:UTF-8" if name == b"ENCODING" and is_utf8(document) else name + b":" + value for name, value in fields]
    content = b"\n".join(lines) + b"\n\n" + document[start:]
    soup = BeautifulSoup(OfxPreprocessedFile(io.BytesIO(content)).fh, "html.parser")

    def element(of):
        made = etree.Element(of.name.upper())
        texts = []
        for child in of.children:
            if isinstance(child, str):
                texts.append(str(child))
            else:
                made.append(element(child))
        # Spaces that do not break are of people, too.
        made.text = "".join(texts).replace("\xa0", " ").strip()
        return made

    return element(soup.find("ofx")).getroottree()
