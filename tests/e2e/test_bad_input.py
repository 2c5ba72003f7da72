# SPDX-License-Identifier: Apache-2.0
"""Bad input, one row each: the status, the words, and that nothing changed.

Rows are (name, what to send, status, a text of the answer). What is sent is a
function of the scene: a site, somebody who is logged in, and a stranger with
an open login page. After each row the store is what it was, nobody got a
session, and both can go on.
"""
import json
import re
import types
import urllib.parse

import pytest

import raw
from people import Person
from servers import ROOT, Site, until
from state import logins, rows

NAME = "__Host-countersign"
B64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@pytest.fixture(scope="module")
def scene(directory, site):
    s = types.SimpleNamespace(site=site)
    s.person = Person(site, next(directory.fresh), "pw-u")
    s.person.login(site.url("wiki"))
    s.person.browser.get(site.url("desk"))
    s.second = Person(site, next(directory.fresh), "pw-u")
    s.second.login(site.url("wiki"))
    s.other_site = Site(directory)
    s.other = Person(s.other_site, next(directory.fresh), "pw-u")
    s.other.login(s.other_site.url("wiki"))
    s.stranger = Person(site, next(directory.fresh), "pw-u")
    s.page = s.stranger.ask(site.url("wiki", "/asked-for"))
    s.fresh = directory.fresh
    yield s
    s.other_site.close()


def cookie(person, host):
    return person.browser.cookies(host + ".e2e.localhost")[NAME].value


# ----------------------------------------------------------------------
# Cookies, at the check, through nginx: each is "not logged in"


def with_cookie(line, host="wiki"):
    """line: a function of the scene that gives the Cookie header's value, or
    a list of values, one per line."""
    def send(s):
        return s.stranger.new_browser().once(
            "GET", s.site.url(host), headers={"Cookie": line(s)})
    return send


def one(value):
    return lambda s: "%s=%s" % (NAME, value(s))


def altered(value, at):
    """Another character at this place, as far from it as can be."""
    at = at if at >= 0 else len(value) + at
    c = B64[(B64.index(value[at]) + 32) % 64]
    return value[:at] + c + value[at + 1:]


COOKIES = [
    ("no cookie", lambda s: None),
    ("empty", one(lambda s: "")),
    ("garbage", one(lambda s: "garbage")),
    ("garbage of the right length",
     one(lambda s: "A" * len(cookie(s.person, "wiki")))),
    ("not base64url", one(lambda s: "\u00e4!*'()" * 30)),
    ("quoted", one(lambda s: '"%s"' % cookie(s.person, "wiki"))),
    ("padded", one(lambda s: cookie(s.person, "wiki") + "==")),
    ("cut by one", one(lambda s: cookie(s.person, "wiki")[:-1])),
    ("cut in half", one(lambda s: cookie(s.person, "wiki")[:200])),
    ("longer by one", one(lambda s: cookie(s.person, "wiki") + "A")),
    ("twice in one value", one(lambda s: 2 * cookie(s.person, "wiki"))),
    ("altered at its start",
     one(lambda s: altered(cookie(s.person, "wiki"), 0))),
    ("altered key id",
     one(lambda s: altered(cookie(s.person, "wiki"), 4))),
    ("altered salt", one(lambda s: altered(cookie(s.person, "wiki"), 16))),
    ("altered in its middle",
     one(lambda s: altered(cookie(s.person, "wiki"), 150))),
    ("altered tag", one(lambda s: altered(cookie(s.person, "wiki"), -3))),
    ("of another application",
     one(lambda s: cookie(s.person, "desk"))),
    ("of the login host", one(lambda s: cookie(s.person, "login"))),
    ("of another key ring", one(lambda s: cookie(s.other, "wiki"))),
    ("an exchange's instead", one(lambda s: next(
        c.value for n, c in s.stranger.browser.cookies(
            "login.e2e.localhost").items() if "-x-" in n))),
    ("the nonce's instead", one(lambda s: s.person.browser.cookies(
        "wiki.e2e.localhost")[NAME + "-n"].value)),
    ("a name in other letters", lambda s: "%s=%s" % (
        NAME.lower(), cookie(s.person, "wiki"))),
    ("a name with a blank", lambda s: "%s =x; %s\t%s" % (
        NAME, NAME, cookie(s.person, "wiki"))),
    ("a name without its prefix", lambda s: "countersign=" + cookie(
        s.person, "wiki")),
    ("two different sessions", lambda s: "%s=%s; %s=%s" % (
        NAME, cookie(s.person, "wiki"), NAME, cookie(s.second, "wiki"))),
    ("two different sessions on two lines", lambda s: [
        "%s=%s" % (NAME, cookie(s.person, "wiki")),
        "%s=%s" % (NAME, cookie(s.second, "wiki"))]),
    ("a good one after four bad ones", lambda s: "; ".join(
        ["%s=x" % NAME] * 4 + ["%s=%s" % (
            NAME, cookie(s.person, "wiki"))])),
    ("by comma", lambda s: "a=b, %s=%s" % (NAME,
                                           cookie(s.person, "wiki"))),
]


@pytest.mark.parametrize("name,line", COOKIES, ids=[c[0] for c in COOKIES])
def test_cookie(scene, name, line):
    before = rows(scene.site)
    r = with_cookie(line)(scene)
    assert r.status == 302, r
    assert r.header("location").startswith(
        scene.site.url("wiki", "/.countersign/start?to=")), r
    assert not r.header("set-cookie")
    assert rows(scene.site, before) == before
    ok = scene.person.browser.once("GET", scene.site.url("wiki"))
    assert ok.status == 200, "the person's own session is as it was"


@pytest.mark.parametrize("name,line", [
    ("the same twice", lambda s: "%s=%s; %s=%s" % (
        NAME, cookie(s.person, "wiki"), NAME, cookie(s.person, "wiki"))),
    ("a bad one before it", lambda s: "%s=x; %s=%s" % (
        NAME, NAME, cookie(s.person, "wiki"))),
    ("among others", lambda s: "a=b;%s=%s;c=\"d e\"" % (
        NAME, cookie(s.person, "wiki")))],
    ids=["the same twice", "a bad one before it", "among others"])
def test_cookie_that_is_good(scene, name, line):
    """The table's other side: these rows can fail."""
    r = with_cookie(line)(scene)
    assert r.status == 200, r
    assert NAME not in r.text and ("a=b" in r.text) == ("a=b" in line(scene))


def test_cookie_of_64_kib(scene):
    """nginx refuses such a line; past it, so does countersignd."""
    line = "%s=%s" % (NAME, "A" * 65536)
    r = scene.stranger.new_browser().once("GET", scene.site.url("wiki"),
                                          headers={"Cookie": line})
    assert r.status == 400 and "Cookie Too Large" in r.text, r
    a = check(scene, [("Cookie", line)])
    assert a.status == 431, a


# ----------------------------------------------------------------------
# The check listener, past nginx: a proxy that is not careful


def check(s, lines, url=None, method="GET", target="/check", body=b"",
          base=None):
    url = url or s.site.url("wiki")
    if base is None:
        base = [("Host", "check"), ("X-Original-URL", url),
                ("X-Original-Method", "GET"), ("X-Real-IP", "127.0.0.1")]
    return raw.unix(s.site.dir / "run/check.sock",
                    raw.head(method, target, base + lines, body))


def mine(s, host="wiki"):
    return ("Cookie", s.person.browser.cookie_line(s.site.host(host)))


def told(url=None, **drop):
    """The person's request with the facts that a proxy tells, but for some:
    drop = value or None or list, by header."""
    def send(s):
        facts = {"Host": "check", "X-Original-URL": s.site.url("wiki"),
                 "X-Original-Method": "GET", "X-Real-IP": "127.0.0.1"}
        if url is not None:
            facts["X-Original-URL"] = url(s) if callable(url) else url
        host = "desk" if "desk" in str(facts["X-Original-URL"]) else "wiki"
        for k, v in drop.items():
            facts[k.replace("_", "-")] = v
        lines = [(k, v) for k, values in facts.items()
                 for v in (values if isinstance(values, list) else [values])
                 if v is not None]
        return check(s, [mine(s, host)], base=lines)
    return send


def at(host, path, scheme="https://"):
    return lambda s: scheme + s.site.host(host) + path


CHECKS = [
    ("no X-Original-URL", told(X_Original_URL=None), 403),
    ("two X-Original-URL", lambda s: told(X_Original_URL=[
        s.site.url("wiki"), s.site.url("wiki")])(s), 403),
    ("two, the first one public", lambda s: told(X_Original_URL=[
        s.site.url("open"), s.site.url("wiki")])(s), 403),
    ("two in one line", lambda s: told(lambda s: "%s, %s" % (
        s.site.url("open"), s.site.url("wiki")))(s), 403),
    ("an empty one", told(""), 403),
    ("a path only", told("/"), 403),
    ("http", told(at("wiki", "/", "http://")), 403),
    ("HTTPS in capitals", told(at("wiki", "/", "HTTPS://")), 403),
    ("no scheme", told(at("wiki", "/", "//")), 403),
    ("no path", told(at("wiki", "")), 403),
    ("a user", told(at("wiki", "/", "https://a@")), 403),
    ("a user of our name", lambda s: told("https://%s@evil.example/" %
                                          s.site.host("wiki"))(s), 403),
    ("another host", told("https://evil.example/"), 403),
    ("another port", told("https://wiki.e2e.localhost/"), 403),
    ("port 0", told("https://wiki.e2e.localhost:0/"), 403),
    ("a port of letters", told("https://wiki.e2e.localhost:x/"), 403),
    ("a port too large", told("https://wiki.e2e.localhost:65536/"), 403),
    ("an address in brackets", told("https://[::1]/"), 403),
    ("a host with an underscore", told("https://wi_ki.e2e.localhost/"), 403),
    ("a host with a blank", told("https://wiki .e2e.localhost/"), 403),
    ("a host with %", told("https://wiki%2ee2e.localhost/"), 403),
    ("two dots at its end", told(lambda s: "https://wiki.e2e.localhost..:%d/"
                                 % s.site.port), 403),
    ("a subdomain", lambda s: told("https://x." + s.site.host("wiki") + "/")(
        s), 403),
    ("a host in UTF-8", told("https://wïki.e2e.localhost/"), 403),
    ("a question mark for a path", told(at("wiki", "?x")), 403),
    ("a backslash", told(at("wiki", "\\@evil.example/")), 403),
    ("the login's host", told(at("login", "/")), 403),
    ("over 16 KiB", told(at("wiki", "/" + "a" * 17000)), 403),
    ("no method, where rules look at it",
     told(at("desk", "/method"), X_Original_Method=None), 403),
    ("two methods, where rules look at it",
     told(at("desk", "/method"), X_Original_Method=["GET", "GET"]), 403),
    ("a method override", told(at("desk", "/method"),
                               X_HTTP_Method_Override="DELETE"), 403),
    ("another method override", told(at("desk", "/method"),
                                     X_Method_Override="GET"), 403),
    ("no address, where rules look at it",
     told(at("desk", "/network"), X_Real_IP=None), 403),
    ("two addresses", told(at("desk", "/network"),
                           X_Real_IP=["192.0.2.1", "127.0.0.1"]), 403),
    ("a list of addresses", told(at("desk", "/network"),
                                 X_Real_IP="192.0.2.1, 127.0.0.1"), 403),
    ("an address with a port", told(at("desk", "/network"),
                                    X_Real_IP="192.0.2.1:80"), 403),
    ("an octal address", told(at("desk", "/network"),
                              X_Real_IP="0300.0.2.1"), 403),
    ("an address of letters", told(at("desk", "/network"),
                                   X_Real_IP="localhost"), 403),
    ("17 Cookie lines", lambda s: check(s, [mine(s)] + [
        ("Cookie", "a=b")] * 16), 403),
    ("POST", lambda s: check(s, [mine(s)], method="POST"), 405),
    ("a body", lambda s: check(s, [mine(s), ("Content-Length", "1")],
                               body=b"x"), 400),
    ("chunks", lambda s: check(s, [mine(s), (
        "Transfer-Encoding", "chunked")], body=b"0\r\n\r\n"), 501),
    ("another path", lambda s: check(s, [mine(s)], target="/check/"), 404),
    ("the path in capitals", lambda s: check(s, [mine(s)], target="/CHECK"),
     404),
    ("an encoded path", lambda s: check(s, [mine(s)], target="/%63heck"),
     404),
    ("absolute form", lambda s: check(s, [mine(s)],
                                      target="http://check/check"), 400),
    ("no Host", lambda s: check(s, [mine(s)], base=[
        ("X-Original-URL", s.site.url("wiki"))]), 400),
    ("two Hosts", lambda s: check(s, [mine(s), ("Host", "check")]), 400),
    ("NUL in a header", lambda s: check(s, [mine(s), (
        "X-Any", b"a\x00b")]), 400),
    ("a folded header", lambda s: check(s, [mine(s), b"X-Any: a\r\n b"]),
     400),
    ("a blank before the colon", lambda s: check(s, [mine(s), b"X-Any : a"]),
     400),
    ("a header without a name", lambda s: check(s, [mine(s), b": a"]), 400),
    ("101 headers", lambda s: check(s, [mine(s)] + [("X-Any", "a")] * 101),
     431),
    ("40 KiB of headers", lambda s: check(s, [mine(s), (
        "X-Any", "a" * 40000)]), 431),
    ("HTTP/2 in clear", lambda s: raw.unix(
        s.site.dir / "run/check.sock",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), (400, 505)),
]


@pytest.mark.parametrize("name,send,status", CHECKS,
                         ids=[c[0] for c in CHECKS])
def test_check_listener(scene, name, send, status):
    before = rows(scene.site)
    r = send(scene)
    assert r.status == status or (isinstance(status, tuple) and
                                  r.status in status), r
    assert not r.header("remote-user") and not r.header("set-cookie"), r
    if status == 403 and "Cookie lines" not in name:
        assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}",
                            r.header("x-countersign-reference")), r
    assert rows(scene.site, before) == before


def test_check_listener_that_is_good(scene):
    a = told()(scene)
    assert a.status == 200 and a.header("remote-user") == scene.person.name
    a = told(lambda s: "https://WIKI.e2e.localhost.:%d/x" % s.site.port)(
        scene)
    assert a.status == 200, "one dot at the end and capitals: the same host"


@pytest.mark.skipif(not ROOT, reason="needs root to become another user")
@pytest.mark.parametrize("socket", ["check.sock", "pages.sock"])
def test_peer_that_is_not_listed(scene, socket):
    path = scene.site.dir / "run" / socket
    assert raw.as_nobody(path) == "PermissionError", "by its mode"
    mode = path.stat().st_mode
    said = len(scene.site.daemon.said())
    try:
        path.chmod(0o666)
        got = raw.as_nobody(path)
    finally:
        path.chmod(mode & 0o777)
    assert got in ("b''", "ConnectionResetError", "BrokenPipeError"), got
    until("the daemon names the peer", lambda: "uid 65534" in
          scene.site.daemon.said()[said:])


# ----------------------------------------------------------------------
# Forged headers, through nginx

FORGED = ["Remote-User", "remote-user", "REMOTE-USER", "Remote_User",
          "REMOTE_USER", "Remote-Groups", "Remote-Name", "Remote-Email",
          "remote_groups"]


@pytest.mark.parametrize("name", FORGED)
@pytest.mark.parametrize("host", ["wiki", "open", "desk"])
def test_forged_identity(scene, host, name):
    path = "/public" if host == "desk" else "/"
    r = scene.person.browser.once("GET", scene.site.url(host, path), headers={
        name: ["forged-person", "forged-again"]})
    assert r.status == 200 and "forged" not in r.text, r


@pytest.mark.parametrize("headers", [
    {"X-Original-URL": "https://open.e2e.localhost/"},
    {"X-Original-Url": ["/public", "/public"]},
    {"X-Original-Method": "OPTIONS"},
    {"X-Forwarded-Host": "open.e2e.localhost", "X-Forwarded-Uri": "/public"},
    {"X-Forwarded-For": "192.0.2.1"}, {"X-Real-IP": "192.0.2.1"},
    {"Forwarded": "for=192.0.2.1;host=open.e2e.localhost"},
    {"X-Rewrite-URL": "/public"}, {"X-Accel-Redirect": "/public"}],
    ids=lambda h: next(iter(h)))
def test_forged_facts(scene, headers):
    stranger = scene.stranger.new_browser()
    for path, status in (("/closed", 403), ("/", 302), ("/network", 302)):
        r = stranger.once("GET", scene.site.url("desk", path),
                          headers=headers)
        assert r.status == status, (path, r)
    r = scene.person.browser.once("GET", scene.site.url("wiki"),
                                  headers=headers)
    assert r.status == 200 and scene.person.name in r.text
    assert "192.0.2.1" not in [
        v for n, v in json.loads(r.text)["headers"]
        if n.lower() in ("x-real-ip", "x-forwarded-for")], r


@pytest.mark.parametrize("host", [
    "evil.example", "login.e2e.localhost.evil.example", "localhost", "",
    "wiki.e2e.localhost@evil.example", "wiki.e2e.localhost, evil.example"])
def test_forged_host(scene, host):
    """nginx has a server that refuses; it never becomes our word."""
    conn = scene.stranger.browser.connect(scene.site.host("wiki"))
    a = raw.exchange(conn, raw.head("GET", "/", [
        ("Host", host), ("Connection", "close")]))
    assert a.status in (400, 421), a
    conn = scene.stranger.browser.connect(scene.site.host("wiki"))
    a = raw.exchange(conn, raw.head("GET", "https://%s/" % host, [
        ("Host", scene.site.host("wiki")), ("Connection", "close")]))
    assert a.status in (302, 400, 421), a
    if a.status == 302:
        assert a.header("location").startswith(scene.site.url("wiki")), a


# ----------------------------------------------------------------------
# Paths, where rules look at them: denied, or what the rule says

PATHS = ["/%2fclosed", "//closed", "/public/%2e%2e/closed", "/closed%2fx",
         "/open/..%2fclosed", "/open%2f..%2fclosed", "/open/..;/closed",
         "/open;x/../closed", "/%63losed", "/close%64", "/CLOSED",
         "/Closed/x", "/open/%5c..%5cclosed", "/open\\..\\closed",
         "/%2563losed", "/closed%00", "/open/%00", "/%c0%afclosed",
         "/open/%ff", "/open/%0d%0aX:y", "/open/%", "/open/%zz",
         "/open//../closed", "/./closed", "/open/./../closed", "/open/.",
         "/open/..", "/OPEN/x", "/open%3b", "/open/%23/../../closed"]


@pytest.mark.parametrize("path", PATHS)
def test_path(scene, path):
    """Never let through but by the rule of the path that the application
    would read; raw, for no client library may tidy it."""
    conn = scene.stranger.browser.connect(scene.site.host("desk"))
    a = raw.exchange(conn, raw.head("GET", path, [
        ("Host", scene.site.host("desk")), ("Accept", "text/html"),
        ("Connection", "close")]))
    assert a.status in (302, 400, 403), a
    if a.status == 302:
        # what is left is somebody who has to log in: not public, not closed
        assert "closed" not in path.lower() and "%" not in path, a


def test_path_without_rules_is_untouched(scene):
    for path in ("/a%2fb", "//x", "/x;jsessionid=1", "/%25", "/A%5cb"):
        conn = scene.person.browser.connect(scene.site.host("wiki"))
        a = raw.exchange(conn, raw.head("GET", path, [
            ("Host", scene.site.host("wiki")), ("Connection", "close"),
            mine(scene)]))
        assert a.status == 200 and '"path": "%s"' % path in a.text, a


# ----------------------------------------------------------------------
# The pages: addresses


def page(path, host="login", method="GET", **headers):
    def send(s):
        p = path(s) if callable(path) else path
        return s.stranger.new_browser().once(
            method, s.site.url(host, p),
            headers={k.replace("_", "-"): v for k, v in headers.items()})
    return send


def start_target(s, host="wiki"):
    """A target as it is sealed for a visitor."""
    r = s.stranger.new_browser().once("GET", s.site.url(host))
    return urllib.parse.parse_qs(urllib.parse.urlsplit(
        r.header("location")).query)["to"][0]


PAGES = [
    ("no such page", page("/nothing"), 404, "no page at this address"),
    ("two slashes", page("//login"), 404, "no page"),
    ("capitals", page("/LOGIN"), 404, "no page"),
    ("dots", page("/x/../login"), 404, "no page"),
    ("encoded", page("/%6cogin"), 404, "no page"),
    ("an endpoint of nobody", page("/f/nobody/x"), 404, "no page"),
    ("an endpoint that it has not", page("/f/phone/acs"), 404, "no page"),
    ("the parent of endpoints", page("/f/"), 404, "no page"),
    ("a set-up link of garbage", page("/enrol/garbage"), 404,
     "not valid any more"),
    ("an empty set-up link", page("/enrol/"), 404, ""),
    ("a set-up link that never was", page("/enrol/" + "A" * 22), 404,
     "not valid any more"),
    ("a set-up link of 8 KiB", page("/enrol/" + "A" * 8000), 404,
     "not valid any more"),
    ("PUT", page("/login", method="PUT"), 405, ""),
    ("DELETE", page("/logout", method="DELETE"), 405, ""),
    ("PROPFIND", page("/login", method="PROPFIND"), 405, ""),
    ("a method of 3 KiB", page("/login", method="A" * 3000), (400, 405), ""),
    ("a prefetch", page("/login", Sec_Purpose="prefetch"), 401, ""),
    ("an image", page("/login", Sec_Fetch_Mode="no-cors"), 401, ""),
    ("a script", page("/login", Sec_Fetch_Mode="cors"), 401, ""),
    ("a log-out token of garbage", page("/logout?csn-token=garbage"), 200,
     "expired"),
    ("an empty log-out token", page("/logout?csn-token="), 200, "expired"),
    ("a log-out token that is a target", page(
        lambda s: "/logout?csn-token=" + start_target(s)), 200, "expired"),
    ("a query of bad escapes", page("/login?to=%zz"), 400, "not one that"),
    ("a query with NUL", page("/login?x=%00"), 400, "not one that"),
    ("a query of invalid UTF-8", page("/login?x=%ff"), 400, "not one that"),
    ("a query with a name twice", page("/login?to=a&to=b"), 400,
     "not one that"),
    ("a query of 100 fields", page("/login?" + "&".join(
        "a%d=b" % i for i in range(100))), 400, "not one that"),
    ("no such page there", page("/.countersign/x", "wiki"), 404, "no page"),
    ("encoded there", page("/.countersign/%73tart", "wiki"), 404, "no page"),
    ("dots there", page("/x/../.countersign/start", "wiki"), 421, ""),
    ("a ticket of garbage", page("/.countersign/enter?t=x", "wiki"), 400,
     "not one that"),
    ("no ticket", page("/.countersign/enter", "wiki"), 400, "not one that"),
    ("two tickets", page("/.countersign/enter?t=%s&t=%s" % (
        "A" * 22, "B" * 22), "wiki"), 400, "not one that"),
    ("a ticket of 4 KiB", page("/.countersign/enter?t=" + "A" * 4000,
                               "wiki"), 400, "not one that"),
    ("POST to hand over", page("/.countersign/enter?t=" + "A" * 22, "wiki",
                               method="POST"), (400, 405), ""),
    ("a forged reference", page("/.countersign/denied?ref=%3Cb%3E", "wiki"),
     403, "No access"),
    ("the login's address at an application", page("/login", "open"), 200,
     '"path": "/login"'),
    ("an application's at the login", page("/.countersign/start"), 404, ""),
]


@pytest.mark.parametrize("name,send,status,text", PAGES,
                         ids=[p[0] for p in PAGES])
def test_page(scene, name, send, status, text):
    before, count = rows(scene.site), logins(scene.site)
    r = send(scene)
    assert r.status == status or (isinstance(status, tuple) and
                                  r.status in status), r
    assert text in (r.page.text if "<html" in r.text else r.text), r
    assert r.header("allow") == ("GET, HEAD, POST" if r.status == 405 else
                                 ""), r
    assert NAME + "=" not in r.header("set-cookie"), r
    assert "<b>" not in r.page.classes.get("reference", "")
    assert rows(scene.site, before) == before and logins(scene.site) == count


def test_ticket_that_never_was(scene):
    """An old link: the application's root decides."""
    r = scene.stranger.new_browser().once("GET", scene.site.url(
        "wiki", "/.countersign/enter?t=" + "A" * 22))
    assert r.status == 303 and r.header("location") == scene.site.url("wiki")


@pytest.mark.parametrize("host", [
    "evil.example", "wiki.e2e.localhost", "login.e2e.localhost",
    "evil.e2e.localhost:1", "", "[::1]", "a b", "login.e2e.localhost:x"])
def test_pages_listener_of_a_host_not_ours(scene, host):
    for path in ("/login", "/.countersign/start", "/.countersign/denied"):
        a = raw.unix(scene.site.dir / "run/pages.sock", raw.head(
            "GET", path, [("Host", host), ("X-Real-IP", "127.0.0.1")]))
        assert a.status in (400, 421), a
        assert "ocation:" not in str(a.data)


# ----------------------------------------------------------------------
# Return targets of every evil shape


def evil_targets(s):
    good = start_target(s)
    return [
        "https://evil.example/", "https%3A%2F%2Fevil.example%2F",
        "//evil.example", "/\\evil.example", "javascript:alert(1)",
        "data:text/html,x", "", "x", "A" * 200, "A" * 7000,
        s.site.url("wiki"), s.site.url("wiki") + "@evil.example",
        good[:-1], good[:40], good + "A", altered(good, 0),
        altered(good, 20), altered(good, len(good) // 2), altered(good, -3),
        good.swapcase(), good + "==", " " + good, good + "%0d%0aX:y",
        cookie(s.person, "wiki"), start_target_of(s.other_site, s.other)]


def start_target_of(site, person):
    r = person.new_browser().once("GET", site.url("wiki"))
    return urllib.parse.parse_qs(urllib.parse.urlsplit(
        r.header("location")).query)["to"][0]


@pytest.mark.parametrize("i", range(25))
def test_return_target(scene, i):
    """An evil target is none: the login goes where it goes without one, and
    somebody logged in lands on a page of ours."""
    to = evil_targets(scene)[i]
    s, before = scene, rows(scene.site)
    quoted = to if "%" in to else urllib.parse.quote(to, safe="")
    b = s.stranger.new_browser()
    r = b.once("GET", s.site.url("login", "/login?to=" + quoted))
    assert r.status in (200, 400), r
    assert not r.header("location") and "evil" not in r.text, r
    r = s.person.browser.copy().once(
        "GET", s.site.url("login", "/login?to=" + quoted))
    assert r.status in (200, 400) and "evil" not in r.text, r
    r = b.once("GET", s.site.url("wiki", "/.countersign/start?to=" + quoted))
    assert r.status == 303 and r.header("location") == s.site.url("wiki") \
        or r.status == 400, r
    assert rows(s.site, before) == before


def test_target_of_another_host(scene):
    """Sealed by us, but shown to an application it does not belong to."""
    to = start_target(scene, "desk")
    r = scene.stranger.new_browser().once("GET", scene.site.url(
        "wiki", "/.countersign/start?to=" + to))
    assert r.status == 303 and r.header("location") == scene.site.url("wiki")


@pytest.mark.parametrize("url", [
    "/" + "a" * 3000, "/?" + "a" * 5000, "/x?to=https://evil.example",
    "/%0d%0aSet-Cookie:x=y", "/?x=\"><script>", "/?<>'\"`{}|^"])
def test_target_that_is_odd_but_ours(scene, url):
    """It comes back byte for byte, or the visitor gets a plain 401."""
    conn = scene.stranger.browser.connect(scene.site.host("wiki"))
    a = raw.exchange(conn, raw.head("GET", url, [
        ("Host", scene.site.host("wiki")), ("Accept", "text/html"),
        ("Connection", "close")]))
    assert a.status in (302, 401, 403, 400), a
    if a.status == 302:
        assert len(a.header("location")) < 8000
        assert "<script" not in a.header("location")


# ----------------------------------------------------------------------
# Forms


def form(change, **headers):
    """The stranger's open page, sent with something changed. `change` gets
    the fields as pairs and gives pairs or bytes."""
    def send(s):
        url, values = s.stranger.browser.filled(s.page, {
            "username": s.stranger.name, "password": "wrong"})
        body = change(values)
        if not isinstance(body, bytes):
            body = urllib.parse.urlencode(body).encode()
        h = {"Content-Type": "application/x-www-form-urlencoded"}
        h.update({k.replace("_", "-"): v for k, v in headers.items()})
        return s.stranger.browser.copy().once("POST", url, body, h,
                                              initiator=s.page.url)
    return send


def same(values):
    return values


def put(name, value):
    return lambda values: [(n, value if n == name else v)
                           for n, v in values]


def drop(name):
    return lambda values: [(n, v) for n, v in values if n != name]


def tail(extra):
    return lambda values: urllib.parse.urlencode(values).encode() + extra


FORMS = [
    ("1 MiB", tail(b"&x=" + b"a" * (1 << 20)), {}, 413, ""),
    ("70 KiB", tail(b"&x=" + b"a" * 70000), {}, 413, ""),
    ("JSON", lambda v: b'{"username":"x"}',
     {"Content_Type": "application/json"}, 400, "not one that"),
    ("multipart", same, {"Content_Type": "multipart/form-data; boundary=x"},
     400, "not one that"),
    ("plain text", same, {"Content_Type": "text/plain"}, 400,
     "not one that"),
    ("no type", same, {"Content_Type": None}, 400, "not one that"),
    ("two types", same, {"Content_Type": [
        "application/x-www-form-urlencoded"] * 2}, 400, "not one that"),
    ("invalid UTF-8", tail(b"&x=%ff%fe"), {}, 400, "not one that"),
    ("raw invalid UTF-8", tail(b"&x=\xff"), {}, 400, "not one that"),
    ("a surrogate", tail(b"&x=%ed%a0%80"), {}, 400, "not one that"),
    ("NUL", tail(b"&x=a%00b"), {}, 400, "not one that"),
    ("NUL in the name", put("username", "a\0b"), {}, 400, "not one that"),
    ("a raw NUL", tail(b"&x=\0"), {}, 400, "not one that"),
    ("a bad escape", tail(b"&x=%zz"), {}, 400, "not one that"),
    ("a cut escape", tail(b"&x=%4"), {}, 400, "not one that"),
    ("65 fields", tail(b"".join(b"&a%d=b" % i for i in range(65))), {}, 400,
     "not one that"),
    ("the password twice", tail(b"&password=other"), {}, 400,
     "not one that"),
    ("the round twice", tail(b"&csn-round=other"), {}, 400, "not one that"),
    ("nothing", lambda v: b"", {}, 400, "not one that"),
    ("ampersands", lambda v: b"&" * 1000, {}, 400, "not one that"),
    ("no round", drop("csn-round"), {}, 400, "not one that"),
    ("an empty round", put("csn-round", ""), {}, 400, "not one that"),
    ("a round of garbage", put("csn-round", "garbage"), {}, 400,
     "not one that"),
    ("a round of 2 KiB", put("csn-round", "A" * 2000 + ".x"), {}, 400,
     "not one that"),
    ("another site's form", same, {"Origin": "https://evil.example",
                                   "Sec_Fetch_Site": "cross-site"}, 403,
     "not one that"),
    ("an application's form", same, {
        "Origin": "https://wiki.e2e.localhost",
        "Sec_Fetch_Site": "same-site"}, 403, "not one that"),
    ("Origin null", same, {"Origin": "null"}, 403, "not one that"),
    ("an Origin of another port", same, {
        "Origin": "https://login.e2e.localhost"}, 403, "not one that"),
    ("cross-site without an Origin", same, {
        "Origin": None, "Sec_Fetch_Site": "cross-site"}, 403,
     "not one that"),
]


@pytest.mark.parametrize("name,change,headers,status,text", FORMS,
                         ids=[f[0] for f in FORMS])
def test_form(scene, name, change, headers, status, text):
    before, count = rows(scene.site), logins(scene.site)
    r = form(change, **headers)(scene)
    assert r.status == status, r
    assert text in r.page.text, r
    assert not r.header("set-cookie"), r
    assert "wrong" not in r.text, "what was typed is not repeated"
    assert rows(scene.site, before) == before and logins(scene.site) == count


@pytest.mark.parametrize("name,fields", [
    ("nothing typed", {"username": "", "password": ""}),
    ("no password", {"username": "alice", "password": ""}),
    ("no name", {"username": "", "password": "x"}),
    ("a name of 4 KiB", {"username": "a" * 4000, "password": "x"}),
    ("a password of 4 KiB", {"username": "alice", "password": "x" * 4000}),
    ("a filter", {"username": "*)(uid=*", "password": "x"}),
    ("a star", {"username": "*", "password": "pw-alice"}),
    ("a DN", {"username": "uid=alice,ou=people,dc=example,dc=com",
              "password": "pw-alice"}),
    ("a name with a newline", {"username": "alice\nbob",
                               "password": "pw-alice"}),
    ("markup", {"username": "<script>alert(1)</script>\"'&",
                "password": "x"}),
    ("a look-alike", {"username": "\u0430lice", "password": "pw-alice"}),
    ("right to left", {"username": "\u202eecila", "password": "pw-alice"}),
    ("two people of that name", {"username": "twin",
                                 "password": "pw-dup1"}),
])
def test_form_whose_answer_is_no(scene, name, fields):
    """Well-formed, and refused in words: the round is over, no proof."""
    count = logins(scene.site)
    p = Person(scene.site, "x", "x")
    r = p.browser.submit(p.ask(scene.site.url("wiki")), fields)
    assert r.status == 200 and r.page.screen == 2, r
    assert r.page.title.startswith("Error:"), r
    assert "<script>alert" not in r.text
    assert r.page.form.inputs["password"].get("value", "") == ""
    assert logins(scene.site) == count
    assert p.browser.once("GET", scene.site.url("wiki")).status == 302


def test_and_both_go_on(scene):
    """After all of the above: the open page still logs in, and who was in is
    still in."""
    assert scene.person.browser.get(scene.site.url("wiki")).status == 200
    r = scene.stranger.type_password(scene.page)
    r = scene.stranger.enrol(r)
    assert r.url == scene.site.url("wiki", "/asked-for"), r
