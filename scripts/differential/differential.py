"""Compares the rows that Credio makes of random documents with those that other readers make of them.

usage: differential.py PROGRAM DOCUMENTS SEED [FORMAT...]
"""

import collections
import importlib
import json
import re
import subprocess
import sys
import time

from rows import Unfit, toml
from texts import Dice

FORMATS = ["csv", "json", "jsonl", "xml", "edifact", "mt940", "x12", "ofx", "p7m", "pdf"]
# Disagreements that are shown of each format.
SHOWN = 3


def main(program, documents, seed, *formats):
    failed = 0
    for name in formats or FORMATS:
        failed += compare(program, int(documents), seed, name)
    if failed:
        sys.exit(f"{failed} disagreements: run it again with the seed {seed}")


def compare(program, documents, seed, name):
    """Compares the documents of a format, and returns how many of them are read in another way."""
    module = importlib.import_module(f"{'json' if name == 'jsonl' else name}_documents")
    make = module.make_lines if name == "jsonl" else module.make
    counts, failed, rows, started = collections.Counter(), 0, 0, time.monotonic()
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        for number in range(documents):
            case = make(Dice(f"{seed}/{name}/{number}"))
            is_read = asked(reader, case)
            expected, kind = wanted(module, case)
            problem = differs(expected, is_read)
            counts[kind] += 1
            rows += len(is_read.get("rows", []))
            if problem:
                failed += 1
                if failed <= SHOWN:
                    show(name, number, case, problem)
        reader.stdin.close()
    taken = time.monotonic() - started
    print(f"{name}: {documents} documents with {rows} rows in {taken:.1f} s, {failed} disagreements")
    for kind, count in counts.most_common():
        print(f"    {count:6} {kind}")
    return failed


def asked(reader, case):
    header = {"view": toml(case.view), "mediaType": case.media_type, "length": len(case.document)}
    reader.stdin.write(json.dumps(header).encode() + b"\n" + case.document)
    reader.stdin.flush()
    line = reader.stdout.readline()
    if not line:
        show("the reader ended", 0, case, "no answer")
        sys.exit(1)
    return json.loads(line)


def wanted(module, case):
    """Returns what the other reader makes of a document, and a word for it."""
    try:
        rows = module.read(case)
    except Unfit as unfit:
        return unfit, f"unfit in both: {unfit}"
    return rows, "not of the view" if rows is None else "rows"


def differs(expected, is_read):
    """Returns how what is read differs; None if it does not."""
    if isinstance(expected, Unfit):
        if "unfit" not in is_read:
            return f"it should be unfit ({expected}), and is {is_read}"
        if not re.search(expected.pattern, is_read["unfit"]):
            return f"it should be unfit ({expected}), and is so since {is_read['unfit']!r}"
        return None
    if expected is None:
        return None if "untaken" in is_read else f"the view should not take it, and it is {is_read}"
    if is_read.get("rows") == expected:
        return None
    if "rows" not in is_read:
        return f"it should have {len(expected)} rows, and is {is_read}"
    pairs = zip(expected, is_read["rows"], strict=False)
    first = next(((at, *pair) for at, pair in enumerate(pairs) if pair[0] != pair[1]), None)
    if first is None:
        return f"it should have {len(expected)} rows, and has {len(is_read['rows'])}"
    return f"row {first[0] + 1} should be\n  {first[1]}\nand is\n  {first[2]}"


def show(name, number, case, problem):
    print(f"--- {name} {number}: {problem}")
    print(f"{toml(case.view)}\n{case.document[:3000]!r}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
