"""Holds a running server against its API document, with all checks of schemathesis: once with a token that does not count,
once as a superuser. Each protected endpoint is called without any token, too.

Usage: run.py [arguments of `st run`], in a virtual environment that has requirements.txt.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
SERVER = os.environ.get("TESSERA", HERE.parents[1] / "target/debug/tessera")
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
SERVICE_SECRET = "a service that is tried by schemathesis and by nobody else"
EMAIL, PASSWORD = "root@example.com", "correct horse battery"
# Whoever is logged in would not be any longer.
ENDS_THE_SESSION = "logout|delete_profile"


def start(folder: str) -> tuple[subprocess.Popen[str], str]:
    """The server, on data of its own in which there is a superuser, and where it listens."""
    settings = {"LISTEN_ADDR": "127.0.0.1:0", "BCRYPT_COST": "4", "RATE_LIMIT": "off", "LOG_FORMAT": "json"}
    settings |= {"PATH": os.environ["PATH"], "SERVICE_SECRET": SERVICE_SECRET}
    make_superuser = [SERVER, "user", "create", "--email", EMAIL, "--superuser"]
    subprocess.run(make_superuser, input=f"{PASSWORD}\n", text=True, cwd=folder, env=settings, check=True)
    log = (Path(folder) / "log").open("w+")
    server = subprocess.Popen([SERVER], cwd=folder, env=settings, stderr=subprocess.PIPE, text=True)
    for line in server.stderr:
        if address := re.search(r"127\.0\.0\.1:[1-9]\d*", line):
            # Read on, so that the server never waits for its log.
            subprocess.Popen(["cat"], stdin=server.stderr, stdout=log)
            return server, f"http://{address[0]}"
    sys.exit(f"The server ended with {server.wait()} and did not say where it listens.")


def access_token(origin: str) -> str:
    body = json.dumps({"email": EMAIL, "password": PASSWORD}).encode()
    request = urllib.request.Request(f"{origin}/api/v1/user/login", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["access_token"]


def try_everything(folder: str, origin: str, token: str, *arguments: str) -> int:
    config = ["--config-file", HERE / "schemathesis.toml"]
    run = ["run", f"{origin}/openapi.json", "--checks", "all", "--generation-database", "none", *arguments]
    environment = os.environ | {"SERVICE_SECRET": SERVICE_SECRET, "ACCESS_TOKEN": token}
    return subprocess.run([SCHEMATHESIS, *config, *run, *sys.argv[1:]], cwd=folder, env=environment).returncode


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="tessera-schemathesis-") as folder:
        server, origin = start(folder)
        try:
            as_nobody = try_everything(folder, origin, "a.token.of.nobody")
            staying = ["--exclude-operation-id-regex", ENDS_THE_SESSION]
            as_superuser = try_everything(folder, origin, access_token(origin), *staying)
        finally:
            server.terminate()
            server.wait()
    return as_nobody or as_superuser


if __name__ == "__main__":
    sys.exit(main())
