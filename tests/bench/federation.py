# SPDX-License-Identifier: Apache-2.0
"""What a federation of 5,000 entities costs, for tests/bench/run: the start,
memory, a login beside one among few, and logins during a refresh.

The identity provider is this file, with the key that the aggregate names; its
time does not count.
"""
import base64
import contextlib
import datetime
import pathlib
import secrets
import statistics
import sys
import time
import urllib.parse
import zlib

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "e2e"), str(HERE.parent / "saml")]

from browser import Browser                                     # noqa: E402
from samlkit import add_signature, dump, key, load              # noqa: E402
from servers import Directory, Site, until                      # noqa: E402
from test_saml_federation import DATA, FACTOR, Federation       # noqa: E402

ENTITIES, NUMBER = 5000, 1234
FEW, OTHER = 26, 7          # as many rounds: 13 providers are searched too
LOGINS, TURNS, REFRESHES = 20, 7, 4
RESPONSE = """<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:\
protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_{id}" \
Version="2.0" IssueInstant="{now}" Destination="{acs}" InResponseTo="{asked}">\
<saml:Issuer>{idp}</saml:Issuer><samlp:Status><samlp:StatusCode \
Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>\
<saml:Assertion ID="_a{id}" Version="2.0" IssueInstant="{now}"><saml:Issuer>\
{idp}</saml:Issuer><saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:\
2.0:nameid-format:persistent">alice@{scope}</saml:NameID><saml:SubjectConfirmation \
Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData \
NotOnOrAfter="{end}" Recipient="{acs}" InResponseTo="{asked}"/>\
</saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="{now}" \
NotOnOrAfter="{end}"><saml:AudienceRestriction><saml:Audience>{sp}\
</saml:Audience></saml:AudienceRestriction></saml:Conditions>\
<saml:AuthnStatement AuthnInstant="{now}" SessionIndex="_s{id}">\
<saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:\
classes:Password</saml:AuthnContextClassRef></saml:AuthnContext>\
</saml:AuthnStatement></saml:Assertion></samlp:Response>"""


def answer(url, idp, private):
    """What the provider posts back, for the request in an address."""
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)
    root = load(zlib.decompress(base64.b64decode(query["SAMLRequest"][0]),
                                -15))
    now = datetime.datetime.now(datetime.timezone.utc)
    r = load(RESPONSE.format(
        id=secrets.token_hex(20), idp=idp, asked=root.get("ID"),
        scope=idp.replace("https://idp", "u").rstrip("/"),
        acs=root.get("AssertionConsumerServiceURL"),
        sp=root[0].text, now=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        end=(now + datetime.timedelta(minutes=5)).strftime(
            "%Y-%m-%dT%H:%M:%SZ")).encode())
    add_signature(r[-1], private)
    return {"SAMLResponse": base64.b64encode(dump(r)).decode(),
            "RelayState": query["RelayState"][0]}


class Provider:
    """A site whose people choose among the providers of N entities."""

    def __init__(self, directory, entities, number):
        self.idp = "https://idp%d.example.org/" % number
        self.name = "University %d" % number
        self.private = key(DATA / "idp.key")
        self.federation = Federation(entities)
        self.site = s = Site(directory, start=False)
        own = s.dir / "sp.key"
        own.write_bytes((DATA / "sp.key").read_bytes())
        own.chmod(0o600)
        s.write(corp="\n    realm: corp", factors=FACTOR.format(
            url=self.federation.url, certificate=DATA / "idp.crt",
            ca=self.federation.dir / "ca.crt", data=s.dir),
            policies="  - name: fed\n    match: { host: \"%s\", under: /fed "
            "}\n    require:\n      - partner\n" % s.host("desk"))
        s.command("init")
        s.start()

    def ask(self, b):
        r = b.submit(b.get(self.site.url("desk", "/fed")),
                     {"search": self.name})
        url, values = b.filled(r, {}, self.name)
        return b.once("POST", url, values,
                      initiator=r.url).page.link("Continue")

    def there(self):
        with contextlib.suppress(AssertionError, KeyError, TypeError,
                                 ConnectionError):
            return self.ask(Browser(str(self.site.ca)))

    def login(self):
        """Seconds of it, ours and nginx's; the provider's not."""
        b = Browser(str(self.site.ca))
        begin = time.monotonic()
        url = self.ask(b)
        away = time.monotonic()
        fields = answer(url, self.idp, self.private)
        back = time.monotonic()
        r = b.go("POST", self.site.url("login", "/f/partner/acs"), fields,
                 initiator=self.idp)
        if r.status != 200 or "alice" not in r.text:
            raise ValueError("no login: %s" % r)
        return time.monotonic() - back + away - begin

    def pid(self):
        return self.site.daemon.child.pid

    def status_kib(self, name):
        status = open("/proc/%d/status" % self.pid()).read()
        return int(status.partition(name + ":")[2].split()[0])

    def cpu_s(self):
        """The daemon's, to the nanosecond."""
        return sum(int(p.read_text().split()[0]) for p in pathlib.Path(
            "/proc/%d/task" % self.pid()).glob("*/schedstat")) / 1e9

    def close(self):
        self.site.close()
        self.federation.close()


def login_us(p):
    begin = p.cpu_s()
    for _ in range(LOGINS):
        p.login()
    return (p.cpu_s() - begin) / LOGINS * 1e6


def start_s(p):
    """From the process's start to the first address at the provider."""
    p.site.daemon.stop()
    begin = time.monotonic()
    p.site.start_daemon()
    until("the provider is known", p.there, 30)
    return time.monotonic() - begin


def quiet(p):
    """Until nothing is fetched or read any more."""
    still = 0
    while still < 4:
        before = p.cpu_s()
        time.sleep(0.5)
        still = still + 1 if p.cpu_s() - before < 0.01 else 0


def refreshed(p, seconds):
    """Times of the logins while metadata is fetched, checked and kept."""
    times = []
    for _ in range(REFRESHES):
        quiet(p)
        p.site.reload()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            times.append(p.login())
    return times


def p99(times):
    return sorted(times)[len(times) * 99 // 100] * 1e3


def measure(lines, few, many):
    lines.say("saml-aggregate-start", statistics.median(
        start_s(many) for _ in range(3)), "limit", 3.0, "s", 1)
    quiet(many)
    quiet(few)
    lines.say("saml-aggregate-memory",
              (many.status_kib("VmRSS") - few.status_kib("VmRSS")) / 1024,
              "limit", 64.0, "MiB", 1)
    print("bench: saml-aggregate-peak %.0f MiB resident at most while %d "
          "entities (%.0f MiB of metadata) are read" % (
              many.status_kib("VmHWM") / 1024, ENTITIES,
              len(many.federation.bytes) / 1048576), flush=True)
    ours, theirs = [], []
    for _ in range(TURNS):
        ours.append(login_us(many))
        theirs.append(login_us(few))
    lines.say("saml-aggregate-login", statistics.median(ours),
              "%d entities" % FEW, statistics.median(theirs), "us", 1.05,
              ratio=statistics.median(a / b for a, b in zip(ours, theirs)))
    during = refreshed(many, 2)
    quiet(many)
    alone = [many.login() for _ in range(len(during))]
    lines.say("saml-refresh-p99", p99(during), "without", p99(alone), "ms",
              1.2)


def federation(lines):
    with contextlib.ExitStack() as stack:
        d = Directory()
        stack.callback(d.close)
        few, many = Provider(d, FEW, OTHER), Provider(d, ENTITIES, NUMBER)
        stack.callback(few.close)
        stack.callback(many.close)
        for p in few, many:
            until("the metadata", p.there, 60)
        measure(lines, few, many)
