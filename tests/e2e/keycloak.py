# SPDX-License-Identifier: Apache-2.0
"""One Keycloak for all tests of a run, with a realm for each that asks.

tests/peers/keycloak/keycloak.sh fetches it once (by Maven) and builds it once,
both kept below build/peers; it starts when the first test wants a realm and
is stopped when the tests end. Where it cannot be had, its tests are skipped
and say why.
"""
import atexit
import fcntl
import functools
import json
import os
import pathlib
import shutil
import subprocess

import pytest

from servers import HOSTS, PEERS, TOP, free_port, run

CACHE = pathlib.Path(os.environ.get("CSN_PEER_CACHE", TOP / "build/peers"))
SCRIPT = PEERS / "keycloak/keycloak.sh"
FETCH_S, BUILD_S, START_S = 300, 600, 400      # on a crowded machine


class Absent(Exception):
    """Why it cannot run here."""


class Server:
    def __init__(self):
        for program in ("java", "mvn", "unzip", "pgrep", "curl"):
            if shutil.which(program) is None:
                raise Absent("no %s" % program)
        self.dir = CACHE / "keycloak"
        self.dir.mkdir(parents=True, exist_ok=True)
        # one at a time works in that folder; let go when this run ends
        self.lock = open(CACHE / "keycloak.lock", "w")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        ports = [free_port() for _ in range(3)]
        self.base = "https://127.0.0.1:%d" % ports[1]
        self.ca = self.dir / "keys/ca.pem"
        self.env = {"CS_KC_CACHE": str(CACHE), "CS_KC_WORK": str(self.dir),
                    "CS_KC_REALM": str(self.dir / "realm.json"),
                    "CS_KC_PORT": str(ports[0]),
                    "CS_KC_TLSPORT": str(ports[1]),
                    "CS_KC_MGMT": str(ports[2]), "CS_KC_SCHEME": "https",
                    "CS_KC_WAIT": str(START_S),
                    "CS_KC_NAMES": " ".join(
                        n + ".e2e.localhost" for n in HOSTS)}
        # the one it waits for; the tests' own come by its administration
        (self.dir / "realm.json").write_text('{"realm":"corp",'
                                             '"enabled":true}')
        self.run("fetch", FETCH_S)
        self.run("build", BUILD_S)
        self.run("stop", 60)    # of a run that was killed
        self.run("start", START_S + 30)
        atexit.register(self.run, "stop", 60)

    def certify(self, site):
        """Gives a site, before its nginx starts, a certificate that Keycloak
        takes when it asks there itself."""
        for name in ("ca.crt", "ca.srl", "site.crt"):
            (site.dir / name).unlink(missing_ok=True)
        shutil.copy(self.ca, site.dir / "ca.crt")
        shutil.copy(self.ca.parent / "ca.key", site.dir / "ca.key")
        site.certificate()

    def run(self, op, seconds):
        r = subprocess.run(
            ["timeout", str(seconds), "bash", SCRIPT, op], text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env=dict(os.environ, **self.env))
        if r.returncode == 0:
            return
        if op == "fetch":
            raise Absent("cannot be fetched: %s" % (
                "not within %d s" % seconds if r.returncode == 124 else
                (r.stdout.strip().splitlines() or ["no word"])[0][:300]))
        raise AssertionError("keycloak.sh %s: status %d: %s" % (
            op, r.returncode, r.stdout[-3000:]))

    def ask(self, method, path, body=None):
        """Its administration's answer. A token is good for a minute."""
        curl = ["curl", "-sS", "--fail-with-body", "--cacert", str(self.ca)]
        token = json.loads(run(
            *curl, "-d", "grant_type=password", "-d", "client_id=admin-cli",
            "-d", "username=admin", "-d", "password=admin-pw", self.base +
            "/realms/master/protocol/openid-connect/token"
            ).stdout)["access_token"]
        more = [] if body is None else [
            "-H", "Content-Type: application/json", "-d", "@-"]
        said = run(*curl, "-X", method, "-H", "Authorization: Bearer " + token,
                   *more, self.base + "/admin/realms" + path,
                   stdin=None if body is None else json.dumps(body)).stdout
        return json.loads(said) if said else None


@functools.lru_cache(maxsize=None)
def answer():
    """The server, or what kept it from being one: tried once."""
    try:
        return Server()
    except (Absent, AssertionError) as e:
        return e


def server():
    """The one that runs; a test that wants it is skipped where none can."""
    got = answer()
    if isinstance(got, Absent):
        pytest.skip("Keycloak: %s" % got)
    if isinstance(got, AssertionError):
        raise got
    return got
