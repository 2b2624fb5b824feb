"""Uploads and fetches a large document, and prints time and memory; then kills and changes what it can.

usage: objects.py FOLDER MEGABYTES KILLS
"""

import filecmp
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from s3 import S3

MEGABYTE = 1_000_000
# Bytes of the document in a part, and of a sealed chunk.
PART = 128 * 65_536
SEALED_CHUNK = 65_536 + 16
# Most memory that a client or a server may take, in megabytes.
MOST_MEMORY = 200
STREAM = "contracts"


class Party:
    """An organization, with its vault and its store."""

    def __init__(self, folder, name, store=None):
        self.folder, self.store = folder, store
        vault = folder / "vaults" / f"{name}.vault"
        self.environment = os.environ | {"CREDIO_VAULT": str(vault)}
        self.environment.pop("CREDIO_OBJECT_STORE", None)
        if store:
            self.environment["CREDIO_OBJECT_STORE"] = str(store)

    def start(self, *arguments, **options):
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        return subprocess.Popen(["credio", *map(str, arguments)], env=self.environment, **options)

    def fails(self, *arguments):
        """Runs a command that has to fail, and returns what it says."""
        process = self.start(*arguments)
        _, said = process.communicate()
        check(process.returncode != 0, f"{arguments} did not fail")
        return said.decode()

    def run(self, *arguments):
        """Runs a command, and returns what it prints, with its seconds and its megabytes."""
        return measured(["credio", *map(str, arguments)], self.environment)

    def json(self, *arguments):
        printed, _, _ = self.run(*arguments, "--json")
        return [json.loads(line) for line in printed.splitlines()]

    def upload(self, file):
        printed, seconds, memory = self.run("upload", "--stream", STREAM, "--json", file)
        line = json.loads(printed.splitlines()[0])
        check(line["outcome"] == "applied", line)
        return line["recordId"], seconds, memory

    def fetch(self, record, file):
        _, seconds, memory = self.run("fetch", record, "-o", file)
        return seconds, memory


class Server:
    """`credio objects serve`, at an address that stays the same."""

    def __init__(self, party):
        self.party, self.memory = party, 0
        self.listen = "127.0.0.1:0"
        self.start()

    def start(self):
        self.process = self.party.start("objects", "serve", "--listen", self.listen, stderr=subprocess.DEVNULL)
        line = self.process.stdout.readline().decode()
        self.listen = line.strip().rsplit("http://")[-1]

    def restart(self):
        self.stop()
        self.start()

    def stop(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        self.memory = max(self.memory, int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1000)
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def check(holds, what):
    if not holds:
        sys.exit(f"error: {what}")


def measured(command, environment=None):
    """Runs a command, and returns what it prints, with its seconds and its megabytes."""
    started = time.monotonic()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        printed = process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    check(process.returncode == 0, f"{' '.join(command)} ended with {process.returncode}")
    return printed, time.monotonic() - started, usage.ru_maxrss / 1000


def document(file, megabytes):
    with file.open("wb") as to:
        for _ in range(megabytes):
            to.write(os.urandom(MEGABYTE))
    return file


class Table:
    """Figures, as they come."""

    def __init__(self, megabytes):
        self.megabytes = megabytes
        print(f"{'of ' + str(megabytes) + ' MB':34} {'seconds':>8} {'MB/s':>7} {'memory':>8}")

    def add(self, what, seconds, memory=None):
        shown = "" if memory is None else f"{memory:.0f} MB"
        print(f"{what:34} {seconds:8.1f} {self.megabytes / seconds:7.0f} {shown:>8}", flush=True)
        check((memory or 0) < MOST_MEMORY, f"{what} took more than {MOST_MEMORY} MB")


def others(table, folder, file):
    """Measures what others do with the same file."""
    _, seconds, _ = measured(["cp", str(file), str(folder / "copy")])
    table.add("cp", seconds)
    _, seconds, _ = measured(["sync", str(folder / "copy")])
    table.add("  and sync", seconds)
    if shutil.which("age"):
        key = folder / "age.key"
        subprocess.run(["age-keygen", "-o", str(key)], check=True, stderr=subprocess.DEVNULL)
        recipient = re.search(r"public key: (\S+)", key.read_text())[1]
        _, seconds, _ = measured(["age", "-r", recipient, "-o", str(folder / "aged"), str(file)])
        table.add("age", seconds)
        (folder / "aged").unlink()
    (folder / "copy").unlink()


def throughput(table, party, what, file):
    """Uploads and fetches a file, and returns its record."""
    record, seconds, memory = party.upload(file)
    table.add(f"upload to {what}, until it is final", seconds, memory)
    to = party.folder / "fetched"
    seconds, memory = party.fetch(record, to)
    table.add(f"fetch from {what}", seconds, memory)
    check(filecmp.cmp(file, to, shallow=False), "the document differs")
    to.unlink()
    return record


def killed(kills, start, hit, spread):
    """Runs a command again and again, and hits it or its server at a random moment each time."""
    ended = 0
    for number in range(kills):
        process = start()
        time.sleep(random.uniform(0.05, spread))
        ended += process.poll() is not None
        if number % 2:
            hit()
        process.kill()
        process.communicate()
    return ended


def changed_byte(party, record, file, megabytes):
    """Changes a byte in the store, which is told with its place; what is elsewhere can be read."""
    place = megabytes * MEGABYTE // 2
    parts = sorted(Path(party.store).rglob("[0-9]" * 5))
    part = parts[place // PART]
    sealed = bytearray(part.read_bytes())
    within = place % PART // 65_536 * SEALED_CHUNK + 100
    sealed[within] ^= 1
    part.write_bytes(sealed)
    to = party.folder / "fetched"
    said = party.fails("fetch", record, "-o", to)
    check(f"chunk {place // 65_536}," in said, said)
    check("chunk" in party.fails("fetch", record, "-o", to, "--range", f"{place}-{place + 9}"), "a range")
    first, last = MEGABYTE // 2, MEGABYTE // 2 + 999_999
    party.run("fetch", record, "-o", to, "--range", f"{first}-{last}")
    with file.open("rb") as document:
        document.seek(first)
        check(to.read_bytes() == document.read(1 + last - first), "the range differs")
    party.upload(file)
    party.fetch(record, to)
    check(filecmp.cmp(file, to, shallow=False), "the document differs")
    to.unlink()
    print(f"a changed byte was told as chunk {place // 65_536}, and restored by a second upload")


def main(folder, megabytes, kills):
    folder, megabytes, kills = Path(folder), int(megabytes), int(kills)
    owner = Party(folder, "channel-one", folder / "store")
    funder = Party(folder, "funder-one")
    owner.run("stream", "create", STREAM)
    owner.run("grant", "--stream", STREAM, "--to", "funder-one", "--purpose", "credit")
    file = document(folder / "document", megabytes)
    table = Table(megabytes)
    others(table, folder, file)
    record = throughput(table, owner, "a folder", file)

    server = Server(owner)
    owner.run("objects", "announce", f"http://{server.listen}")
    to = folder / "fetched"
    seconds, memory = funder.fetch(record, to)
    table.add("fetch from the owner's server", seconds, memory)
    check(filecmp.cmp(file, to, shallow=False), "the document differs")
    to.unlink()
    killed(kills, lambda: funder.start("fetch", record, "-o", to), server.restart, seconds)
    funder.fetch(record, to)
    check(filecmp.cmp(file, to, shallow=False), "the document differs")
    server.stop()
    table.add("  its server", seconds, server.memory)
    print(f"fetched after {kills} kills of the command and of its server")
    changed_byte(owner, record, file, megabytes)
    shutil.rmtree(owner.store)

    with S3(folder / "s3") as s3:
        os.environ |= s3.environment
        owner = Party(folder, "channel-one", "s3://objects/channel-one")
        document(file, megabytes)
        began = time.monotonic()
        record = throughput(table, owner, "S3", file)
        spread = (time.monotonic() - began) / 2
        document(file, megabytes)
        uploading = lambda: owner.start("upload", "--stream", STREAM, file)
        before = len(s3.keys())
        killed(kills, uploading, s3.restart, spread)
        record, _, _ = owner.upload(file)
        entries = [entry["recordId"] for entry in owner.json("query", "--stream", STREAM)]
        check(entries.count(record) == 1 and len(entries) == 3, f"the stream has {entries}")
        stored, expected = len(s3.keys()) - before, -(-megabytes * MEGABYTE // PART) + 1
        check(stored == expected, f"{stored} files are stored instead of {expected}")
        owner.fetch(record, to)
        check(filecmp.cmp(file, to, shallow=False), "the document differs")
        print(f"uploaded to S3 after {kills} kills of the command and of S3: {stored} files, each once")
        owner.run("erase", record)
        check(len(s3.keys()) == before, "something is left of what was erased")
        print("erased from S3")


if __name__ == "__main__":
    main(*sys.argv[1:])
