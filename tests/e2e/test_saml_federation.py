# SPDX-License-Identifier: Apache-2.0
"""The metadata of a federation of 5,000 entities, over https, signed."""
import functools
import http.server
import os
import shutil
import ssl
import subprocess
import threading
import time

import pytest

from browser import Browser
from servers import BUILD, PEERS, TOP, Site, folder, run, until

FACTOR = """\
  partner:
    plugin: saml
    realm: partner
    label: {{ en: The federation }}
    metadata: {url}/all.xml
    metadata_certificate: file:{certificate}
    ca: file:{ca}
    signing_key: file:{data}/sp.key
"""
DATA = TOP / "tests/saml/simplesamlphp"


class Federation:
    """Its operator's server."""

    def __init__(self, entities=5000, members=()):
        self.dir = folder()
        run("bash", "-c", '. "$1/common.sh"; tls_make "$2"', "bash", PEERS,
            self.dir)
        self.bytes = b""
        self.make(entities, members)

        class Quiet(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *args):
                pass
        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Quiet, directory=self.dir))
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(self.dir / "server.crt", self.dir / "server.key")
        self.server.socket = tls.wrap_socket(self.server.socket,
                                             server_side=True)
        self.url = "https://127.0.0.1:%d" % self.server.server_port
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()

    @staticmethod
    def made(how, members):
        return subprocess.run(
            ["/usr/bin/python3", "-B", TOP / "tests/saml/aggregate.py",
             "x?" + how, *(x for m in members for x in m)],
            stdout=subprocess.PIPE, check=True, timeout=120).stdout

    def make(self, entities, members=()):
        """New metadata, with real (file, domain) among them; the old."""
        return self.serve(self.made("%d?today" % entities, members))

    def answer_for(self, entity_id, member):
        """As a query service (MDQ): where the server looks for the ID."""
        at = self.dir / "entities" / entity_id
        at.parent.mkdir(parents=True)
        at.write_bytes(self.made("0?alone", [member]))

    def serve(self, data):
        old, self.bytes = self.bytes, data
        (self.dir / "new.xml").write_bytes(data)
        os.replace(self.dir / "new.xml", self.dir / "all.xml")
        return old

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        shutil.rmtree(self.dir, ignore_errors=True)


@pytest.fixture(scope="module")
def site(directory):
    f = Federation()
    s = Site(directory, start=False)
    own = s.dir / "sp.key"
    own.write_bytes((DATA / "sp.key").read_bytes())
    own.chmod(0o600)
    s.write(corp="\n    realm: corp", factors=FACTOR.format(
        url=f.url, certificate=DATA / "idp.crt", ca=f.dir / "ca.crt",
        data=s.dir), policies="  - name: fed\n    match: { host: \"%s\", "
        "under: /fed }\n    require:\n      - partner\n" % s.host("desk"))
    s.command("init")
    s.start()
    s.federation = f
    yield s
    s.close()
    f.close()


def resident_kib(site):
    status = open("/proc/%d/status" % site.daemon.child.pid).read()
    return int(status.partition("VmRSS:")[2].split()[0])


def chosen(site):
    """The page where people choose, once the metadata is there."""
    b = Browser(str(site.ca))
    r = b.get(site.url("desk", "/fed"))
    found = r.page.forms and "search" in r.page.forms[0].inputs
    return (b, r) if found else None


def test_thousands_to_choose_from(site):
    assert len(site.federation.bytes) > 10 << 20
    before, start = resident_kib(site), time.monotonic()
    b, r = until("the federation's metadata", lambda: chosen(site), 60)
    took = time.monotonic() - start
    r = b.submit(r, {"search": "University 1234"})
    names = [x["text"] for x in r.page.forms[0].buttons]
    assert any("University 1234" in n for n in names), names
    url, values = b.filled(r, {}, "University 1234")
    r = b.once("POST", url, values, initiator=r.url)
    assert r.page.link("Continue").startswith(
        "https://idp1234.example.org/sso?SAMLRequest="), r
    # a sanitizer keeps what was freed
    if BUILD.name != "sanitize":
        until("the growth stays below 64 MiB",
              lambda: resident_kib(site) - before < 64 * 1024, 60)
    print("there after %.1f s, %d KiB more" % (
        took, resident_kib(site) - before))


def test_a_reload_goes_on_with_what_is_known(site):
    """No login waits until the metadata has been read once more."""
    for _ in range(3):
        site.reload()
        assert chosen(site), "a page to wait on"


def test_a_restart_reads_what_was_kept(site):
    """The operator's server is gone: the store has it."""
    until("kept", lambda: "metadata could not be kept" not in
          site.daemon.said() and chosen(site), 30)
    (site.federation.dir / "all.xml").rename(
        site.federation.dir / "gone.xml")
    try:
        site.restart()
        assert until("from the store", lambda: chosen(site), 60)
    finally:
        os.rename(site.federation.dir / "gone.xml",
                  site.federation.dir / "all.xml")
