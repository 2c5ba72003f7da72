# SPDX-License-Identifier: Apache-2.0
"""Every proxy, real, with the configuration that is shipped for it.

The whole login; headers that somebody forges; paths and hosts of odd shapes;
websocket, bodies, cookies; the daemon down, and hanging (features C9, C47,
security.md R1 to R6).
"""
import json
import re
import time

import pytest

import raw
from browser_h2 import Browser2
from people import Person
from proxies import KINDS, ProxySite
from servers import HERE, Process, until



class Behind:
    """A site, somebody who is logged in, and somebody who is not."""

    def __init__(self, directory, kind):
        self.site = ProxySite(directory, kind)
        self.person = Person(self.site, next(directory.fresh), "pw-u")
        try:
            self.first = self.person.login()
        except BaseException:
            self.site.close()
            raise
        self.stranger = Person(self.site, "nobody", "x")

    def ask(self, lines=(), target="/", host="wiki", method="GET",
            body=b"", person=True, sent_host=None, patience=20):
        """Raw bytes, for no client library may tidy them."""
        browser = (self.person if person else self.stranger).browser
        netloc = self.site.host(host)
        conn = browser.connect(netloc, patience)
        cookie = browser.cookie_line(netloc)
        all_lines = [("Host", sent_host or netloc),
                     ("Accept", "text/html"), ("Connection", "close")]
        if cookie and not any(n == "Cookie" for n, _ in lines):
            all_lines.append(("Cookie", cookie))
        if body:
            all_lines.append(("Content-Length", str(len(body))))
        return raw.exchange(conn, raw.head(
            method, target, all_lines + list(lines), body))


@pytest.fixture(scope="module", params=KINDS)
def behind(request, directory):
    b = Behind(directory, request.param)
    yield b
    b.site.close()


def reached(a):
    """The application answered, not the proxy and not we."""
    return '"method"' in a.text


def seen(a, name):
    """What the application got under a name, in whatever spelling, with
    hyphens, underscores or dots: PHP makes one name of them."""
    text = a.text[a.text.index("{"):a.text.rindex("}") + 1]
    return [v for n, v in json.loads(text)["headers"]
            if re.sub("[_.]", "-", n.lower()) == name]


# ----------------------------------------------------------------------


def test_login(behind):
    r, site = behind.first, behind.site
    assert r.url == site.url("wiki") and '"method": "GET"' in r.text, r
    a = behind.ask(target="/a/b?c=d%20e")
    assert a.status == 200 and '"path": "/a/b?c=d%20e"' in a.text, a
    assert seen(a, "remote-user") == [behind.person.name], a
    assert seen(a, "remote-groups") == ["everybody"], a
    # the second application needs no new login
    r = behind.person.browser.get(site.url("desk", "/x"))
    assert r.status == 200 and r.url == site.url("desk", "/x"), r


def test_target_is_kept(behind, directory):
    person = Person(behind.site, next(directory.fresh), "pw-u")
    url = behind.site.url("wiki", "/page?q=1&r=%E3%81%82")
    assert person.login(url).url == url


def test_scripts_get_401(behind):
    r = behind.stranger.browser.once("GET", behind.site.url("wiki", "/api"),
                                     mode="cors", headers={"Accept": "*/*"})
    assert r.status == 401 and not r.header("location"), r
    # with words for who reads it
    assert "You are not logged in" in r.text and "ログイン" in r.text, r
    assert "no-store" in r.header("cache-control"), r


def test_refused_with_a_reference(behind):
    a = behind.ask(target="/closed/x", host="desk")
    assert a.status == 403 and not reached(a), a
    assert re.search(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b", a.text), a
    # with words, whoever draws the page
    assert "text/html" in a.header("content-type") and "</h1>" in a.text, a


SPELLINGS = ("Remote-User", "remote-user", "REMOTE-USER", "Remote_User",
             "remote_user", "REMOTE_USER", "Remote-Groups", "remote_groups",
             "Remote_Groups", "Remote-Name", "Remote_Name", "Remote-Email",
             "remote_email", "REMOTE_EMAIL", "Remote.User", "remote.user",
             "REMOTE.USER", "Remote.Groups", "remote.name", "Remote.Email")


def test_forged_identity(behind):
    """R6: who is logged in is who we say, who is not is nobody."""
    for person in (True, False):
        for name in SPELLINGS:
            for lines in ([(name, "root")], [(name, "root"), (name, "x")]):
                a = behind.ask(lines, host="desk", target="/open/x",
                               person=person)
                assert reached(a) or a.status == 400, (name, a)
                if not reached(a):
                    continue
                for header in ("remote-user", "remote-groups", "remote-name",
                               "remote-email"):
                    got = seen(a, header)
                    assert "root" not in got and "x" not in got, (name, a)
    # and where somebody has to be logged in
    for name in SPELLINGS:
        a = behind.ask([(name, "root")])
        assert seen(a, "remote-user") == [behind.person.name], (name, a)
        assert "root" not in a.text, (name, a)


FORGED = [
    ("X-Original-URL", "https://%(open)s/"),
    ("X-Original-Method", "OPTIONS"),
    ("X-Forwarded-Host", "%(open)s"), ("X-Forwarded-Uri", "/public"),
    ("X-Forwarded-Uri", "/open/x"), ("X-Forwarded-Method", "OPTIONS"),
    ("X-Forwarded-Proto", "http"), ("X-Forwarded-For", "192.0.2.1"),
    ("X-Real-IP", "192.0.2.1"), ("Forwarded", "host=%(open)s;proto=https"),
    ("X-Rewrite-URL", "/public"), ("X-Original-URI", "/public"),
    ("X-Forwarded-Prefix", "/public"), ("X-Forwarded-Port", "443"),
    ("X-Countersign-Login", "https://%(open)s/"),
]


@pytest.mark.parametrize("name,value", FORGED,
                         ids=["%s-%d" % (f[0], i)
                              for i, f in enumerate(FORGED)])
def test_forged_forwarding(behind, name, value):
    """R1, R2: what the client says of the request does not open it, and does
    not close it either."""
    value = value % {"open": behind.site.host("open")}
    for target in ("/staff/x", "/network/x", "/closed/x"):
        for lines in ([(name, value)], [(name, value), (name, value)]):
            a = behind.ask(lines, target=target, host="desk", person=False)
            assert not reached(a), (target, a)
            assert a.status in (302, 400, 401, 403), a


PATHS = ["/%2fclosed", "//closed", "/public/%2e%2e/closed", "/closed%2fx",
         "/open/..%2fclosed", "/open%2f..%2fclosed", "/open/..;/closed",
         "/open;x/../closed", "/%63losed", "/close%64", "/CLOSED",
         "/open/%5c..%5cclosed", "/open/../closed", "/open/./../closed",
         "/%2563losed", "/closed%00", "/open/%00", "/%c0%afclosed",
         "/open/%ff", "/open/%", "/open/%zz", "/open//../closed",
         "/./closed", "/open/..", "/OPEN/x", "/open%3b",
         "/open/%23/../../closed", "/open/..%5cclosed", "/open#/closed",
         "/closed?/../open", "/closed#/../open"]


@pytest.mark.parametrize("path", PATHS)
def test_odd_paths(behind, path):
    """R5: what the application gets of the path falls under the rule that we
    decided by, or it gets nothing."""
    a = behind.ask(target=path, host="desk", person=False)
    assert a.status in (0, 200, 302, 308, 301, 400, 401, 403, 404), a
    if not reached(a):
        return
    got = re.search(r'"path": "([^"?]*)', a.text).group(1)
    assert got == "/public" or got == "/open" or got.startswith("/open/"), a
    assert "closed" not in got.lower() and "%" not in got, a


def test_odd_hosts(behind):
    """R3: hosts that are none of ours, or not plainly one of them."""
    wiki, desk = behind.site.host("wiki"), behind.site.host("desk")
    name, _, port = wiki.partition(":")
    for sent in ("evil.example.org", "evil@" + wiki, wiki + "@evil", "",
                 name + "..:" + port, wiki + "/x", "%77iki" + wiki[4:],
                 "[::1]:" + port, "127.0.0.1:" + port, wiki + "\t" + desk):
        a = behind.ask(sent_host=sent or None, person=False,
                       lines=[] if sent else [("Host", "x")])
        assert not reached(a), (sent, a)
    for target in ("https://%s/" % desk, "https://u@%s/" % wiki,
                   "http://evil.example.org/", "*", "wiki:443",
                   "https://%s@evil.example.org/" % wiki):
        a = behind.ask(target=target, person=False)
        assert not reached(a), (target, a)


def test_default_server_refuses(behind):
    """R3: a name that is nobody's is answered by nobody."""
    for name in ("countersign-probe.invalid", "127.0.0.1", "localhost"):
        a = behind.ask(sent_host=name, person=False)
        assert a.status in (0, 400, 404, 421), (name, a)


def test_websocket(behind):
    """A real 101, with our headers; a refusal without a session."""
    site = behind.site
    upgrade = [("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
               ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
               ("Remote-User", "root")]
    for person in (True, False):
        browser = (behind.person if person else behind.stranger).browser
        conn = browser.connect(site.host("desk"), 20)
        lines = [("Host", site.host("desk")), ("Connection", "Upgrade")]
        cookie = browser.cookie_line(site.host("desk"))
        if cookie:
            lines.append(("Cookie", cookie))
        conn.sendall(raw.head("GET", "/socket", lines + upgrade))
        data = b""
        while b"\r\n\r\n" not in data:
            piece = conn.recv(4096)
            assert piece, data
            data += piece
        head = data.split(b"\r\n\r\n")[0].decode("latin-1").lower()
        if not person:
            assert head.startswith(("http/1.1 302", "http/1.1 401")), head
            conn.close()
            continue
        assert head.startswith("http/1.1 101"), head
        assert "x-user: %s" % behind.person.name in head, head
        conn.sendall(b"hello\n")
        echo = data.split(b"\r\n\r\n", 1)[1]
        while b"hello" not in echo:
            piece = conn.recv(4096)
            assert piece, echo
            echo += piece
        conn.close()


def test_bodies(behind):
    body = b"x" * 50000
    a = behind.ask(method="POST", target="/form", body=body)
    assert a.status == 200 and a.text.count("x" * 50000) == 1, a.status
    assert '"method": "POST"' in a.text
    a = behind.ask(method="POST", target="/form", body=body, person=False)
    assert a.status in (302, 401) and not reached(a), a
    a = behind.ask(method="DELETE", target="/method/x", host="desk")
    assert a.status == 403, a
    a = behind.ask(method="PUT", target="/method/x", host="desk",
                   body=b"abc")
    assert a.status == 200 and '"method": "PUT"' in a.text, a


def test_cookies(behind):
    """C47: the application's own, and none of ours."""
    a = behind.ask()
    assert "".join(seen(a, "cookie")) == "", a
    line = behind.person.browser.cookie_line(behind.site.host("wiki"))
    for mine in ("a=b", "a=b; c=d"):
        for cookies in (mine + "; " + line, line + "; " + mine,
                        mine[:3] + "; " + line + mine[3:]):
            a = behind.ask([("Cookie", cookies)])
            assert a.status == 200, a
            got = "; ".join(seen(a, "cookie"))
            assert got.replace(" ", "") == mine.replace(" ", ""), (cookies, a)
    # what is public gets none of ours either
    a = behind.ask([("Cookie", line + "; a=b")], host="desk",
                   target="/open/x", person=False)
    assert reached(a) and "countersign" not in "".join(seen(a, "cookie")), a


def test_sessions_of_other_hosts(behind):
    """S1: a cookie of one host is none of another, at any proxy."""
    line = behind.person.browser.cookie_line(behind.site.host("wiki"))
    a = behind.ask([("Cookie", line)], host="desk", person=False,
                   target="/x")
    assert not reached(a) and a.status in (302, 401), a


def test_http2(behind, directory):
    """The same by HTTP/2, as browsers speak it: the whole login, a form with
    a body, forged headers, and a script."""
    site = behind.site
    person = Person(site, next(directory.fresh), "pw-u")
    person.browser = Browser2(str(site.ca))
    url = site.url("desk", "/page?q=1")
    r = person.login(url)
    assert '"path": "/page?q=1"' in r.text, r
    assert seen(r, "remote-user") == [person.name], r
    stranger = Browser2(str(site.ca))
    for name in ("remote-user", "remote_user", "Remote_User", "remote-name",
                 "remote_name", "remote_email"):
        for value in ("root", ["root", "root"]):
            headers = {name: value}
            r = person.browser.once("GET", site.url("desk"), headers=headers)
            assert r.status == 400 or seen(r, "remote-user") == [
                person.name] and "root" not in r.text, (name, r)
            r = stranger.once("GET", site.url("desk", "/open/x"),
                              headers=headers)
            assert r.status == 400 or "root" not in r.text, (name, r)
            r = stranger.once("GET", site.url("desk"), headers=headers)
            assert r.status in (302, 400), (name, r)
    for name, value in FORGED:
        r = stranger.once("GET", site.url("desk", "/staff/x"), headers={
            name: value % {"open": site.host("open")}})
        assert r.status in (302, 400, 401, 403), (name, r)
    # :authority is nobody's
    r = stranger.once("GET", site.url("desk", "/open/x"),
                      headers={"host": "evil.e2e.localhost"})
    assert r.status in (404, 421), r
    r = stranger.once("GET", site.url("desk", "/api"), mode="cors",
                      headers={"Accept": "*/*"})
    assert r.status == 401, r


# ----------------------------------------------------------------------
# the last ones: the daemon goes


def helps(a):
    """The page of words that is shown when nothing else can be."""
    return a.status == 503 and "Please try again in a few minutes" in a.text \
        and "数分後に" in a.text and "text/html" in a.header("content-type")


def test_application_down(behind):
    """Words again, and not those of a login that is down."""
    site = behind.site
    tcp = site.kind != "nginx"
    (site.tcp_app if tcp else site.app).stop()
    try:
        a = behind.ask()
        assert a.status in (502, 503, 504), a
        assert "This page is not working at the moment" in a.text, a
        assert "ページを表示できない" in a.text and "Login" not in a.text, a
        assert "text/html" in a.header("content-type"), a
        a = behind.ask(host="login", target="/login")
        assert a.status == 200, a
        # what is refused is refused, whether it is there or not
        a = behind.ask(person=False)
        assert a.status == 302, a
    finally:
        if tcp:
            site.start_tcp_app()
        else:
            (site.dir / "run/app.sock").unlink()
            site.app = Process(site.dir / "app.log", "/usr/bin/python3",
                               HERE / "app.py", site.dir / "run/app.sock")
    until("the application is back", lambda: behind.ask().status == 200)


def test_daemon_hangs(behind):
    """Refused, with words, and nobody waits long for it."""
    with behind.site.daemon.frozen():
        for person in (True, False):
            began = time.monotonic()
            a = behind.ask(person=person, patience=45)
            assert not reached(a) and helps(a), a
            # a few seconds; more only on a crowded machine, and less than
            # the half minute and more of proxies that are told nothing
            assert time.monotonic() - began < 25
    a = behind.ask()
    assert a.status == 200, a


def test_daemon_down(behind):
    behind.site.daemon.stop()
    try:
        for person in (True, False):
            for host, target in (("wiki", "/"), ("desk", "/open/x"),
                                 ("login", "/login")):
                a = behind.ask(host=host, target=target, person=person)
                assert not reached(a) and helps(a), (host, target, a)
    finally:
        behind.site.start_daemon()
    a = behind.ask()
    assert a.status == 200, a
