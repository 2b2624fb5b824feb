"""A server of S3 on this machine: SeaweedFS."""

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

BUCKET = "objects"
START_SECONDS = 60
# SeaweedFS has its gRPC ports 10000 above.
PORTS = range(20_000, 50_000)


def free_ports(count):
    found = []
    for port in PORTS:
        with socket.socket() as one, socket.socket() as other:
            try:
                one.bind(("127.0.0.1", port))
                other.bind(("127.0.0.1", port + 10_000))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    sys.exit("error: no ports are free")


class S3:
    """The server, with a bucket. It ends with the block that it is opened for."""

    def __init__(self, folder):
        self.folder = folder
        self.master, self.volume, self.filer, self.port = free_ports(4)
        keys = {"accessKey": "example", "secretKey": "example-secret"}
        identity = {"name": "example", "credentials": [keys], "actions": ["Admin", "Read", "Write", "List"]}
        folder.mkdir()
        (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
        self.environment = {
            "AWS_ACCESS_KEY_ID": keys["accessKey"],
            "AWS_SECRET_ACCESS_KEY": keys["secretKey"],
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT": f"http://127.0.0.1:{self.port}",
            "AWS_ALLOW_HTTP": "true",
        }

    def __enter__(self):
        self.start()
        self.request("POST", f"/buckets/{BUCKET}/")
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        command = [
            Path(sys.executable).with_name("weed"), "server", f"-dir={self.folder}", "-ip=127.0.0.1",
            f"-master.port={self.master}", f"-volume.port={self.volume}", f"-filer.port={self.filer}", "-filer",
            "-s3", f"-s3.port={self.port}", f"-s3.config={self.folder}/s3.json", "-volume.max=0",
            "-master.volumeSizeLimitMB=1024",
        ]  # fmt: skip
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.request("GET", "/buckets/")
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5).close()
                return
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    sys.exit(f"error: S3 does not start, see {self.folder}/log")
                time.sleep(0.2)

    def stop(self):
        self.process.kill()
        self.process.wait()

    def restart(self):
        self.stop()
        self.start()

    def request(self, method, path):
        """Asks the files behind the buckets, which needs no signature."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.filer}{path}", method=method)
        request.add_header("Accept", "application/json")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read()

    def keys(self, path=f"/buckets/{BUCKET}"):
        """Returns the paths of all files of the bucket."""
        found = []
        try:
            listed = json.loads(self.request("GET", f"{path}/?limit=10000"))
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return []
            raise
        for entry in listed["Entries"] or []:
            # Folders have the bit of Go's `fs.ModeDir`.
            is_folder = entry["Mode"] & 1 << 31
            found += self.keys(entry["FullPath"]) if is_folder else [entry["FullPath"]]
        return found
