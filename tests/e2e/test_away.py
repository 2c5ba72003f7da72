# SPDX-License-Identifier: Apache-2.0
"""Rounds that lead to a provider and back: what the host owes a plugin that
redirects, with tests/plugins/relay.c and a scripted provider.
"""
import urllib.parse

import pytest

from browser import Browser
from provider import Provider
from servers import until
from state import logins, rows

FACTOR = """\
  {name}:
    plugin: relay
    realm: partner
    label: {{ en: The partner }}
    provider: {url}
    ca: file:{ca}
"""
POLICIES = """\
  - name: sole
    match: {{ host: "{host}", under: /sole }}
    require:
      - partner
  - name: both
    match: {{ host: "{host}", under: /both }}
    require:
      - partner then phone
  - name: post
    match: {{ host: "{host}", under: /post }}
    require:
      - poster
"""


class Away:
    """A site with two such factors: `partner` comes back by GET, `poster` by
    another site's form."""

    def __init__(self, make_site, more="", **provider):
        self.provider = Provider(**provider)
        factors = FACTOR.format(name="partner", url=self.provider.url,
                                ca=self.provider.dir / "ca.crt") + more
        factors += FACTOR.format(name="poster", url=self.provider.url,
                                 ca=self.provider.dir / "ca.crt")
        factors += "    post: true\n"
        self.site = make_site(start=False, factors=factors)
        self.site.write(corp="\n    realm: corp", policies=POLICIES.format(
            host=self.site.host("desk")))
        self.site.command("init")
        self.site.start()
        self.browser = self.new()

    def new(self):
        return Browser(str(self.site.ca))

    def ask(self, path="/sole", browser=None, **more):
        """As far as the provider: its URL and our resume value."""
        b = browser or self.browser
        r = to_provider(b, self.site.url("desk", path), self.provider, **more)
        return urllib.parse.parse_qs(urllib.parse.urlsplit(r).query)

    def back(self, asked, code, browser=None, endpoint="partner/callback",
             **more):
        """The provider sends the browser back by GET."""
        return (browser or self.browser).go(
            "GET", self.at(endpoint, state=asked["state"][0], code=code),
            initiator=self.provider.url + "/", **more)

    def at(self, endpoint, **query):
        url = self.site.url("login", "/f/" + endpoint)
        return url + ("?" + urllib.parse.urlencode(query) if query else "")

    def login(self, path="/sole", browser=None, **code):
        asked = self.ask(path, browser)
        return self.back(asked, self.provider.code(**code), browser)


def to_provider(browser, url, provider, method="GET", body=None,
                initiator=None):
    """Follows redirects up to the first one that leads to the provider."""
    for _ in range(8):
        r = browser.once(method, url, body, initiator=initiator)
        if r.status == 200 and r.page.screen == 4:
            return r.page.link("Continue")
        assert r.status in (302, 303), r
        url = urllib.parse.urljoin(url, r.header("location"))
        method, body = "GET", None
        if url.startswith(provider.url):
            return url
    raise AssertionError("never at the provider")


@pytest.fixture(scope="module")
def module_site(directory):
    from servers import Site
    made = []

    def make(**settings):
        made.append(Site(directory, **settings))
        return made[-1]
    yield make
    for s in made:
        s.close()


@pytest.fixture(scope="module")
def away(module_site):
    a = Away(module_site)
    yield a
    a.provider.close()


@pytest.fixture
def b(away):
    away.browser = away.new()
    return away.browser


def test_there_and_back(away, b):
    """One factor, by GET: the deep link survives."""
    url = away.site.url("desk", "/sole/deep?x=1&y=%26")
    r = to_provider(b, url, away.provider)
    asked = urllib.parse.parse_qs(urllib.parse.urlsplit(r).query)
    jar = b.cookies(away.site.host("login"))
    assert [c.same_site for n, c in jar.items() if "-x-" in n] == ["Lax"]
    r = away.back(asked, away.provider.code("ann"))
    assert r.url == url and r.status == 200, r.page.text
    assert "ann" in r.text
    assert away.site.audit(subject="ann", event="login")


def test_then_a_code(away, b):
    """A form after the way back; its page knows where one is going."""
    asked = away.ask("/both/x")
    r = away.back(asked, away.provider.code("bert"))
    assert r.page.screen == 11, r
    from servers import Device
    r = b.submit(r, {"code": Device(r.page.key).code()})
    assert r.url == away.site.url("desk", "/both/x"), r


def test_by_another_sites_form(away, b):
    asked = away.ask("/post/p")
    jar = b.cookies(away.site.host("login"))
    assert [c.same_site for n, c in jar.items() if "-x-" in n] == ["None"]
    r = b.go("POST", away.at("poster/acs"), {
        "RelayState": asked["state"][0],
        "SAMLResponse": away.provider.code("carl")},
        initiator=away.provider.url + "/")
    assert r.url == away.site.url("desk", "/post/p"), r


# ----------------------------------------------------------------------
# P2: exchange, factor, endpoint, method


def nothing_changed(away, do):
    before, had = rows(away.site), logins(away.site)
    r = do()
    assert logins(away.site) == had
    now = rows(away.site, before)
    assert {k: v for k, v in now.items() if k.startswith("r/")} == \
        {k: v for k, v in before.items() if k.startswith("r/")}, \
        "no round was used up"
    return r


def test_only_where_and_how_it_was_asked(away, b):
    """Other endpoint, other method, other factor: 400, and the round is
    still good."""
    asked = away.ask()
    state, code = asked["state"][0], away.provider.code("dora")
    tries = [
        ("POST", "partner/callback", {"state": state, "code": code}),
        ("POST", "partner/acs", {"RelayState": state, "SAMLResponse": code}),
        ("GET", "poster/callback", {"state": state, "code": code}),
        ("POST", "poster/acs", {"RelayState": state, "SAMLResponse": code}),
    ]
    for method, endpoint, fields in tries:
        def send():
            if method == "GET":
                return b.once("GET", away.at(endpoint, **fields),
                              initiator=b_origin(away))
            return b.once("POST", away.at(endpoint), fields,
                          initiator=b_origin(away))
        r = nothing_changed(away, send)
        assert r.status == 400 and r.page.screen == 34, (endpoint, r)
    r = away.back(asked, code)
    assert r.url == away.site.url("desk", "/sole"), r


def b_origin(away):
    """A page of our own: the cookie goes along whatever its SameSite."""
    return away.site.url("login", "/")


def test_a_form_does_not_answer_a_redirect(away, b):
    asked = away.ask()
    name = next(n for n in b.cookies(away.site.host("login")) if "-x-" in n)
    import base64
    token = base64.urlsafe_b64encode(
        bytes.fromhex(asked["state"][0])).decode().rstrip("=")
    r = nothing_changed(away, lambda: b.once(
        "POST", away.site.url("login", "/login"),
        {"csn-round": "%s.%s" % (name.rsplit("-x-")[1], token), "code": "x"},
        initiator=b_origin(away)))
    assert r.status == 400, r
    assert away.back(asked, away.provider.code("emil")).status == 200


def test_another_browser(away, b):
    asked = away.ask()
    code = away.provider.code("finn")
    other = away.new()
    r = nothing_changed(away, lambda: away.back(asked, code, other))
    assert r.page.screen == 23, r
    away.ask(browser=other)     # one that is at a login of its own
    r = nothing_changed(away, lambda: away.back(asked, code, other))
    assert r.page.screen == 23, r
    assert away.back(asked, code).status == 200


def test_doubled_parameters_are_refused(away, b):
    asked = away.ask()
    url = away.at("partner/callback", state=asked["state"][0], code="x")
    for more in ("&code=y", "&state=" + asked["state"][0], "&a=1&a=2"):
        r = nothing_changed(away, lambda: b.once("GET", url + more))
        assert r.status == 400, (more, r)
    asked = away.ask("/post")
    body = ("RelayState=%s&SAMLResponse=a&SAMLResponse=b" %
            asked["state"][0]).encode()
    r = nothing_changed(away, lambda: b.once(
        "POST", away.at("poster/acs"), body, {
            "Content-Type": "application/x-www-form-urlencoded"},
        initiator=away.provider.url))
    assert r.status == 400, r


def test_the_answer_twice(away, b):
    """Double click at the callback: the same answer, one login. Later, with
    the exchange gone, the session wins."""
    asked = away.ask()
    code = away.provider.code("gina")
    url = away.at("partner/callback", state=asked["state"][0], code=code)
    twin = b.copy()
    first = b.once("GET", url, initiator=away.provider.url)
    had = logins(away.site)
    again = twin.once("GET", url, initiator=away.provider.url)
    assert first.status == again.status == 303
    assert first.header("location") == again.header("location")
    assert logins(away.site) == had
    assert twin.get(away.site.url("desk", "/sole")).status == 200
    later = b.once("GET", url, initiator=away.provider.url)
    assert later.page.screen == 20 and logins(away.site) == had, later


def test_refused_there(away, b):
    asked = away.ask()
    r = away.back(asked, "no such code")
    assert r.status == 403 and r.page.screen == 27, r
    assert away.site.audit(event="login-denied", factor="partner")


def test_a_live_session_wins(away, b):
    """A callback without its exchange, in a browser that is logged in."""
    assert away.login(name="hugo").status == 200
    other = away.new()
    asked = away.ask(browser=other)
    r = away.back(asked, away.provider.code("ida"))
    assert r.page.screen == 20 and "hugo" in r.page.text, r


def test_a_long_deep_link(away, b):
    """What no cookie could hold comes back to the host's root."""
    long = "/sole/" + "a" * 900
    asked = away.ask(long)
    r = away.back(asked, away.provider.code("jan"))
    assert r.url == away.site.url("desk", long), r
    b = away.new()
    asked = away.ask("/sole/" + "a" * 3000, browser=b)
    r = away.back(asked, away.provider.code("jan"), b)
    assert away.site.url("desk", "/") in r.went, r.went


# ----------------------------------------------------------------------
# O4


def test_only_origins_of_the_configuration(make_site):
    a = Away(make_site, more=FACTOR.format(
        name="stray", url="https://127.0.0.1:1", ca="").replace(
            "    ca: file:\n", "") +
        "    elsewhere: https://evil.example.net\n")
    try:
        a.site.write(policies=POLICIES.format(
            host=a.site.host("desk")) +
            "  - name: stray\n    match: { host: \"%s\", under: /stray }\n"
            "    require:\n      - stray\n" % a.site.host("desk"))
        a.site.reload()
        r = a.browser.get(a.site.url("desk", "/stray"))
        assert r.status == 503 and "evil" not in r.text, r
        assert "rule 22" in a.site.daemon.said()
    finally:
        a.provider.close()


# ----------------------------------------------------------------------
# serve(): bodies, logins that begin elsewhere, look-ups


def test_metadata(away, b):
    r = b.once("GET", away.at("partner/metadata"))
    assert (r.status, r.text) == (200, "metadata")
    assert r.header("content-security-policy") == \
        "default-src 'none'; form-action 'none'; base-uri 'none'; " \
        "frame-ancestors 'none'"
    assert r.header("cache-control") == "no-store"


def test_a_login_that_begins_there(away, b):
    """The hint goes along; the target is one of ours or none."""
    target = away.site.url("desk", "/sole/t")
    r = to_provider(b, away.at("partner/start", target=target, who="kai"),
                    away.provider)
    asked = urllib.parse.parse_qs(urllib.parse.urlsplit(r).query)
    assert asked["hint"] == ["kai"]
    r = away.back(asked, away.provider.code("kai"))
    assert r.url == target, r
    for evil in ("https://evil.example.net/", "http://" + target[8:],
                 target.replace("desk.", "desk.evil."), "//x", "javascript:1"):
        r = away.new().once("GET", away.at("partner/start", target=evil))
        assert r.status in (400, 500, 503) and "evil" not in \
            r.header("location"), (evil, r)


def test_a_request_that_names_its_exchange(away, b):
    """serve() finds whose answer it is; step() gets it, bound as ever."""
    asked = away.ask()
    code = away.provider.code("lea")
    url = away.at("partner/artifact", **{"for": asked["state"][0],
                                         "code": code})
    r = nothing_changed(away, lambda: b.once("GET", url))
    assert r.status == 400, "this round awaits the callback alone: %s" % r
    r = nothing_changed(away, lambda: away.new().once("GET", url))
    assert r.page.screen == 23, r


# ----------------------------------------------------------------------
# Leaving


def start_logout(away, b):
    r = b.get(away.site.url("login", "/logout"))
    url, values = b.filled(r, {})
    return b.once("POST", url, values, initiator=r.url)


def leave(away, b):
    """Logs out here; the provider's logout URL, with our word in it."""
    r = start_logout(away, b)
    assert r.page.screen == 4, r
    url = r.page.link("Continue")
    assert url.startswith(away.provider.url + "/logout")
    assert b.once("GET", away.site.url("desk", "/sole")).status == 302, \
        "ended here before anything else"
    return urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)


def test_logout_there_and_back(away, b):
    away.login(name="mia", keep="sid-mia")
    asked = leave(away, b)
    assert asked["keep"] == ["sid-mia"]
    r = b.go("GET", away.at("partner/slo", status="ok",
                            RelayState=asked["RelayState"][0]),
             initiator=away.provider.url)
    assert r.page.screen == 29 and r.page.text.count("did not confirm") == 0
    assert away.site.audit(event="provider-logout", reason="confirmed")
    # once: the same again is no second word
    r = b.get(r.url)
    assert r.page.screen == 29, r


@pytest.mark.parametrize("how", ["failed", "other", "none"])
def test_logout_not_confirmed(away, b, how):
    """A status of no, another word than ours, or none at all."""
    away.login(name="nils", keep="k")
    asked = leave(away, b)
    query = {"failed": {"status": "no", "RelayState": asked["RelayState"][0]},
             "other": {"status": "ok", "RelayState": "0" * 32},
             "none": {"status": "ok"}}[how]
    r = b.go("GET", away.at("partner/slo", **query),
             initiator=away.provider.url)
    assert r.page.screen == 29, r
    assert "The partner did not confirm" in r.page.text, r


def test_logout_never_comes_back(away, b):
    away.login(name="olga", keep="k")
    leave(away, b)
    r = b.get(away.site.url("login", "/logout"))
    assert r.page.screen == 29, r
    assert away.ask(browser=b)["state"], "a new login begins as ever"


def test_logout_word_of_another_browser(away, b):
    away.login(name="pia", keep="k")
    asked = leave(away, b)
    other = away.new()
    away.login(name="quinn", browser=other)
    r = other.go("GET", away.at("partner/slo", status="ok",
                                RelayState=asked["RelayState"][0]),
                 initiator=away.provider.url)
    assert r.page.screen == 20 and "quinn" in r.page.text, r
    assert other.get(away.site.url("desk", "/sole")).status == 200


def test_ended_by_the_provider(away, b):
    """Its browser comes to us in the middle of its own logout."""
    away.login(name="rosa", sid="sid-rosa")
    r = b.once("GET", away.at("partner/slo", request="sid-rosa"))
    assert r.status == 303
    assert r.header("location") == away.provider.url + "/slo-done"
    assert b.once("GET", away.site.url("desk", "/sole")).status == 302


def test_back_channel(away, b):
    """No cookies in, none out; the session ends; only this factor's."""
    away.login(name="sven", sid="sid-sven")
    other = away.new()
    asked = away.ask("/post", browser=other)
    other.go("POST", away.at("poster/acs"), {
        "RelayState": asked["state"][0],
        "SAMLResponse": away.provider.code("sven", sid="sid-sven")},
        initiator=away.provider.url)
    peer = away.new()
    r = peer.once("POST", away.at("partner/back"), {"sid": "sid-sven"})
    assert (r.status, r.text) == (200, "ended"), r
    assert r.header("set-cookie") == ""
    assert r.header("cache-control") == "no-store"
    until("the session has ended", lambda: b.once(
        "GET", away.site.url("desk", "/sole")).status == 302, 2)
    assert other.once("GET", away.site.url("desk", "/post")).status == 200
    r = peer.once("POST", away.at("partner/back"), {"x": "y"})
    assert (r.status, r.text) == (400, "no sid")


def test_back_channel_before_the_login_ends(away, b):
    """A message that comes first leaves a mark: no session begins (S8)."""
    asked = away.ask()
    code = away.provider.code("tina", sid="sid-tina")
    away.new().once("POST", away.at("partner/back"), {"sid": "sid-tina"})
    r = away.back(asked, code)
    assert r.page.screen == 22, r
    assert not away.site.json("sessions", "list", "--user", "tina",
                              "--realm", "partner")


def test_front_channel(away, b):
    away.login(name="uwe", sid="sid-uwe")
    frame = away.new()
    r = frame.once("GET", away.at("partner/front"), mode="navigate")
    assert r.status == 400, r
    r = frame.once("GET", away.at("partner/front", sid="sid-uwe"))
    assert (r.status, r.text) == (200, "ended")
    assert r.header("content-security-policy").endswith(
        "frame-ancestors " + away.provider.url)
    assert b.once("GET", away.site.url("desk", "/sole")).status == 302
    # who guesses leaves nothing behind
    before, told = rows(away.site), len(away.site.audit())
    r = frame.once("GET", away.at("partner/front", sid="no-such"))
    assert (r.status, r.text) == (200, "ended")
    assert rows(away.site, before) == before
    assert len(away.site.audit()) == told


def test_back_channel_has_a_budget(make_site):
    a = Away(make_site)
    try:
        a.site.write(throttle="{ per_person: 20, per_source: 5 }")
        a.site.reload()
        peer = a.new()
        got = [peer.once("POST", a.at("partner/back"), {"x": "y"}).status
               for _ in range(7)]
        assert got == [400] * 5 + [429] * 2
        r = peer.once("POST", a.at("partner/back"), {"sid": "x"})
        assert r.status == 429 and r.header("retry-after")
        assert a.ask(browser=peer), "logins are counted on their own"
        # a frame that guesses has the same account
        r = peer.once("GET", a.at("partner/front", sid="x"))
        assert r.status == 429
    finally:
        a.provider.close()


def test_logouts_of_strangers_have_a_budget(make_site):
    """A provider's logout comes by a browser, mostly without its session:
    bad ones are counted as a peer's are, those with a session are not."""
    a = Away(make_site)
    try:
        a.site.write(throttle="{ per_person: 20, per_source: 5 }")
        a.site.reload()
        a.login(name="rosa", sid="sid-rosa")
        stranger, forged = a.new(), {"request": "forged"}
        got = [stranger.once("POST", a.at("partner/slo"), forged,
                             initiator=a.provider.url + "/").status
               for _ in range(7)]
        assert got == [400] * 5 + [429] * 2
        assert stranger.once("GET", a.at("partner/slo",
                                         request="forged")).status == 429
        # by redirect the session comes along
        r = a.browser.once("GET", a.at("partner/slo", request="sid-rosa"),
                           initiator=a.provider.url + "/")
        assert r.header("location") == a.provider.url + "/slo-done", r
        assert a.ask(browser=stranger), "logins are counted on their own"
        # who is on the way out here has no session any more
        leaver = a.new()
        a.login(name="sue", keep="k", browser=leaver)
        leave(a, leaver)
        r = leaver.go("GET", a.at("partner/slo", request="forged"),
                      initiator=a.provider.url + "/")
        assert r.page.screen == 29, r
    finally:
        a.provider.close()


def test_what_strangers_send_fills_no_log(make_site):
    """Told for an address as often as it may fail; it takes nothing from its
    tries, nor from its messages."""
    a = Away(make_site)
    try:
        a.site.write(throttle="{ per_person: 20, per_source: 5 }")
        a.site.reload()
        stranger = a.new()
        for i in range(8):
            r = stranger.once("GET", a.at("partner/callback", code="c",
                                          state="%032x" % i))
            assert r.status == 200 and r.page.screen == 23, r
        told = a.site.audit(event="answer-refused")
        assert len(told) == 5 and {e["reason"] for e in told} == {
            "P2: nothing here asked for it"}, told
        assert stranger.once("POST", a.at("partner/back"),
                             {"x": "y"}).status == 400
        assert a.ask(browser=stranger)
    finally:
        a.provider.close()


# ----------------------------------------------------------------------
# An answer that nobody asked for


def test_unsolicited_is_off(away, b):
    r = b.once("POST", away.at("poster/acs"),
               {"SAMLResponse": away.provider.code("vera")},
               initiator=away.provider.url)
    assert r.status in (400, 500), r
    assert not away.site.audit(subject="vera")


@pytest.fixture
def open_door(make_site):
    a = Away(make_site)
    a.site.write(edit=lambda t: t.replace(
        "    post: true\n", "    post: true\n    unsolicited: true\n"),
        policies=POLICIES.format(host=a.site.host("desk")) +
        "  - name: post-phone\n    match: { host: \"%s\", under: /pp }\n"
        "    require:\n      - poster then phone\n" % a.site.host("desk"))
    a.site.reload()
    yield a
    a.provider.close()


def unsolicited(a, b, name, initiator=None, **more):
    """A page of ours sends it once more by itself."""
    r = b.go("POST", a.at("poster/acs"),
             dict(SAMLResponse=a.provider.code(name), **more),
             initiator=initiator or a.provider.url)
    return b.submit(r) if r.page.screen == 4 else r


def test_unsolicited_to_a_target(open_door):
    """Only to an address that is listed, to the letter; none of it opens more
    than the policy there."""
    a = open_door
    there = a.site.url("desk", "/post/there?x=1")
    own = "    unsolicited: true\n    unsolicited_targets: [ %s, %s ]\n"
    a.site.write(edit=lambda t: t.replace(
        "    post: true\n", "    post: true\n" + own % (
            there, "https://evil.example.com/")),
        policies=POLICIES.format(host=a.site.host("desk")))
    a.site.reload()
    r = unsolicited(a, a.new(), "wim", RelayState=there)
    assert r.status == 200 and r.url == there, r
    for other in (a.site.url("desk", "/post/there?x=2"), there + "&y=1",
                  there.upper(), "https://evil.example.com/",
                  "https://evil.example.com/x", "", "x" * 200):
        r = unsolicited(a, a.new(), "xena", RelayState=other)
        # a page of ours, and nobody is logged in
        assert r.url == a.at("poster/acs"), (other, r)
        assert r.page.screen != 20, (other, r)
    assert not a.site.audit(subject="xena")
    # a person who has a session keeps it
    r = unsolicited(a, a.browser, "wim", RelayState=there)
    assert r.url == there


def test_unsolicited_where_it_is_on(open_door):
    a = open_door
    r = unsolicited(a, a.browser, "wim")
    assert r.url == a.site.url("desk", "/post"), r
    assert a.browser.get(a.site.url("desk", "/post/x")).status == 200
    # never in the place of a live session, by a page of ours or by a
    # stranger's, with which no cookie comes along
    r = a.browser.once("POST", a.at("poster/acs"),
                       {"SAMLResponse": a.provider.code("xena")},
                       initiator=b_origin(a))
    assert r.page.screen == 20 and "wim" in r.page.text, r
    for initiator in (a.provider.url, "https://evil.example.com/"):
        r = unsolicited(a, a.browser, "xena", initiator)
        assert r.page.screen == 20 and "wim" in r.page.text, r
    assert not a.site.audit(subject="xena")
    assert a.browser.get(a.site.url("desk", "/post/x")).status == 200


# ----------------------------------------------------------------------
# Waiting, and who may be asked


def test_waiting_ends_by_itself(make_site):
    a = Away(make_site)
    try:
        a.site.write(edit=lambda t: t.replace(
            "    post: true\n", "    post: true\n    waits: true\n"))
        a.site.reload()
        r = a.browser.get(a.site.url("desk", "/post/w"))
        assert r.page.screen == 5, r
        # what the page loads by itself: this round's own address
        there = r.text.split("content=\"1; url=")[1].split('"')[0]
        there = there.replace("&amp;", "&")
        assert "/login/" in there
        went = to_provider(a.browser, there, a.provider)
        asked = urllib.parse.parse_qs(urllib.parse.urlsplit(went).query)
        r = a.browser.go("POST", a.at("poster/acs"), {
            "RelayState": asked["state"][0],
            "SAMLResponse": a.provider.code("yara")},
            initiator=a.provider.url)
        assert r.url == a.site.url("desk", "/post/w"), r
        # by its button
        b = a.new()
        r = b.get(a.site.url("desk", "/post/w"))
        url, values = b.filled(r, {})
        r = b.once("POST", url, values, initiator=r.url)
        assert r.page.screen == 4, "a form leads on by a page: %s" % r
        assert r.page.link("Continue").startswith(a.provider.url)
        assert 'content="0; url=%s' % a.provider.url in r.text
    finally:
        a.provider.close()


def test_client_certificate(make_site):
    """The provider asks for one: certificate and key of the factor."""
    a = Away(make_site, client_ca=True)
    try:
        asked = a.ask()
        r = a.back(asked, a.provider.code("zoe"))
        assert r.status == 503 or r.page.screen in (26, 28), r
        for f in ("client.crt", "client.key"):
            (a.provider.dir / f).chmod(0o600)
        a.site.write(edit=lambda t: t.replace(
            "    post: true\n", "    post: true\n"
            "    client_certificate: file:%s/client.crt\n"
            "    client_key: file:%s/client.key\n" % (
                a.provider.dir, a.provider.dir)))
        a.site.reload()
        b = a.new()
        asked = a.ask("/post", browser=b)
        r = b.go("POST", a.at("poster/acs"), {
            "RelayState": asked["state"][0],
            "SAMLResponse": a.provider.code("zoe")},
            initiator=a.provider.url)
        assert r.url == a.site.url("desk", "/post"), r
    finally:
        a.provider.close()


def test_refreshed_at_start_one_at_a_time(away):
    """Each factor of its own accord, once; again when it said so."""
    until("both have been refreshed",
          lambda: away.provider.times("/refresh") >= 2)
    assert away.provider.times("/refresh") == 2
