# SPDX-License-Identifier: Apache-2.0
"""Providers by the hundred, and one whose key changes while people log in.

What a thousand cost is measured by ./check bench; here it is who waits for
whom, and what is fetched.
"""
import threading
import time

import pytest

from oidc import OidcSite, Visitor, options
from scripted import SECRET, Key, ScriptedProvider

MANY = 200
METADATA = "/.well-known/openid-configuration"


def site_of(op, factors, **settings):
    site = OidcSite(factors, start=False, **settings)
    site.secret("client.secret", SECRET)
    site.command("init")
    site.start()
    return site


def fetched(op):
    return sum(bool(p.sent("/jwks")) for p in op.parties.values())


class Slow:
    """Providers that take their time over metadata and keys."""

    def __init__(self, seconds):
        self.op, self.seconds = ScriptedProvider(), seconds
        self.lock, self.now, self.most = threading.Lock(), 0, 0
        self.over = threading.Event()
        self.factors = {}
        for i in range(MANY):
            party = self.op.party("p%d" % i)
            party.ca = self.op.ca
            party.take = self.slowly(party.take)
            self.factors[party.name] = options(party, "client",
                                               userinfo="never")

    def slowly(self, take):
        def slow(path, *more):
            if path not in (METADATA, "/jwks"):
                return take(path, *more)
            with self.lock:
                self.now += 1
                self.most = max(self.most, self.now)
            self.over.wait(self.seconds)
            with self.lock:
                self.now -= 1
            return take(path, *more)
        return slow


def test_a_login_waits_for_its_own_provider_only():
    """All of them would take more than a minute, a few at a time."""
    slow = Slow(2)
    site = site_of(slow.op, slow.factors)
    try:
        begun = time.monotonic()
        v = Visitor(site, slow.op.parties["p%d" % (MANY - 1)])
        url = site.url("desk", "/p%d" % (MANY - 1))
        r = v.begin(url)
        assert r.url == url, r
        assert time.monotonic() - begun < 40 and fetched(slow.op) < MANY / 2
        assert 1 < slow.most <= 16, slow.most
        slow.over.set()
        # the others come in the background, without anybody's login
        end = time.monotonic() + 60
        while fetched(slow.op) < MANY and time.monotonic() < end:
            time.sleep(0.2)
        assert fetched(slow.op) == MANY
    finally:
        slow.over.set()
        site.close()
        slow.op.close()


# ----------------------------------------------------------------------
# A key changes


class Crowd:
    """Logins by several people at once, until told; what failed is kept."""

    def __init__(self, site, party, people=4):
        self.site, self.party = site, party
        self.failed, self.done, self.over = [], 0, threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.log_in)
                        for _ in range(people)]

    def log_in(self):
        url = self.site.url("desk", "/p0")
        visitor = Visitor(self.site, self.party)
        while not self.over.is_set():
            visitor.browser.jar.clear()
            r = visitor.begin(url)
            with self.lock:
                self.done += 1
                if r.url != url:
                    self.failed.append(r)

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def after(self, n):
        """Waits for so many more logins."""
        want, end = self.done + n, time.monotonic() + 60
        while self.done < want and time.monotonic() < end:
            time.sleep(0.02)
        assert self.done >= want

    def __exit__(self, *_):
        self.over.set()
        for t in self.threads:
            t.join(60)


@pytest.fixture
def one():
    op = ScriptedProvider()
    party = op.party("p0")
    party.ca = op.ca
    site = site_of(op, {"p0": options(party, "client", userinfo="never")})
    yield site, party
    site.close()
    op.close()


def test_key_roll_over_under_load(one):
    """One fetch, whoever comes first; nobody is turned away but who has a
    token of the withdrawn key, and that one fetches nothing."""
    site, party = one
    Visitor(site, party).begin(site.url("desk", "/p0"))
    before = len(party.sent("/jwks"))
    with Crowd(site, party) as crowd:
        crowd.after(8)
        withdrawn = party.key
        party.on_jwks = lambda: time.sleep(0.5)    # many wait for it
        key = Key("rolled", slot=1)
        party.keys = [key]
        party.key = key
        crowd.after(16)
        assert crowd.failed == [] and len(party.sent("/jwks")) == before + 1
        # every third token is signed by the key of before
        count = iter(range(10 ** 6))
        issue = party.id_token

        def some_withdrawn(*asked):
            if next(count) % 3:
                return issue(*asked)
            with party.lock:
                party.key = withdrawn
                try:
                    return issue(*asked)
                finally:
                    party.key = key
        party.id_token = some_withdrawn
        crowd.after(16)
    audit = site.audit(event="plugin:refused", factor="p0")
    assert audit and {e["details"]["why"] for e in audit} == {"kid-unknown"}
    assert len(audit) == len(crowd.failed) < crowd.done / 2
    assert len(party.sent("/jwks")) == before + 1
    print("%d logins, %d of the withdrawn key" % (crowd.done, len(audit)))


def test_a_slow_refresh_holds_up_nobody(one):
    """While the keys of a refresh are on their way people log in by those
    that are known; what it brings never takes the place of what a login has
    fetched since."""
    site, party = one
    url = site.url("desk", "/p0")
    assert Visitor(site, party).begin(url).url == url
    arrived, go_on, gone = (threading.Event() for _ in range(3))
    take, first = party.take, iter([True])

    def slowly(path, *more):
        answer = take(path, *more)      # of now
        if path == "/jwks" and next(first, False):
            arrived.set()
            go_on.wait(60)
            gone.set()
        return answer
    party.take = slowly
    before = len(party.sent("/jwks"))
    site.restart()
    assert arrived.wait(60)
    begun = time.monotonic()
    assert Visitor(site, party).begin(url).url == url
    assert time.monotonic() - begun < 9 and not gone.is_set()
    party.key = Key("rolled", slot=1)
    party.keys = [party.key]
    assert Visitor(site, party).begin(url).url == url
    assert len(party.sent("/jwks")) == before + 2
    go_on.set()
    assert gone.wait(60)
    time.sleep(1)               # it is read over there
    r = Visitor(site, party).begin(url)
    assert r.url == url, r
    assert len(party.sent("/jwks")) == before + 2
