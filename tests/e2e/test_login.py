# SPDX-License-Identifier: Apache-2.0
"""A login from its first page to the application, and on to the next one."""
import json
import re


def told(response):
    """What reached the application."""
    assert response.status == 200, response
    rq = json.loads(response.text)
    rq["all"] = [(n.lower(), v) for n, v in rq["headers"]]
    rq["one"] = dict(rq["all"])
    return rq


def test_whole_login(site, person):
    url = site.url("wiki", "/page?x=1&y=%2F")
    r = person.ask(url)
    assert "wiki.e2e.localhost" in r.page.classes["host"]
    assert "Example Remote Access" in r.page.title
    r = person.type_password(r)
    assert r.page.screen == 11 and r.page.key
    assert person.name in r.page.classes["who"]
    r = person.enrol(r)
    assert r.url == url
    rq = told(r)
    assert rq["path"] == "/page?x=1&y=%2F"
    assert rq["one"]["remote-user"] == person.name
    assert rq["one"]["remote-name"] == "User " + person.name
    assert rq["one"]["remote-email"] == person.name + "@example.com"
    assert "everybody" in rq["one"]["remote-groups"].split(",")
    assert "cookie" not in rq["one"], "no cookie of ours reaches it"
    assert [e["event"] for e in site.audit(subject=person.name)] == [
        "factor-granted", "enrolled", "factor-granted", "login"]


def test_key_stays_through_typing_errors(site, person):
    r = person.type_password(person.ask(site.url("wiki")))
    key = r.page.key
    for code in ("000000", "12345", "abcdef", ""):
        r = person.browser.submit(r, {"code": code})
        assert r.status == 200 and r.page.screen == 11, r
        assert r.page.key == key
        assert r.page.roles["alert"], "what was wrong is said"
    r = person.enrol(r)
    assert r.url == site.url("wiki")


def test_second_host_without_a_new_login(site, person):
    person.login()
    r = person.browser.get(site.url("desk", "/other"))
    assert told(r)["path"] == "/other"
    assert len(r.went) == 5, r.went     # there, start, login, enter, there
    # each host has a cookie of its own, and none is good elsewhere
    name = "__Host-countersign"
    values = {h: person.browser.jar[h][name].value
              for h in ("login.e2e.localhost", "wiki.e2e.localhost",
                        "desk.e2e.localhost")}
    assert len(set(values.values())) == 3
    for at in ("wiki", "desk"):
        for value in values.values():
            if value == values[at + ".e2e.localhost"]:
                continue
            stranger = person.new_browser()
            r = stranger.once("GET", site.url(at), headers={
                "Cookie": "%s=%s" % (name, value)})
            assert r.status == 302, r


def test_again_with_a_code(site, person):
    person.login()
    other = person.new_browser()
    r = person.type_password(person.ask(site.url("wiki"), other),
                             browser=other)
    assert r.page.screen == 6 and not r.page.key, r
    assert "not right" not in r.page.text, "never 'wrong' on first show"
    r = person.type_code(r, browser=other)
    assert r.url == site.url("wiki")


def test_full_width_digits_and_blanks(site, person):
    r = person.type_password(person.ask(site.url("wiki")))
    person.enrol(r)
    other = person.new_browser()
    r = person.type_password(person.ask(site.url("wiki"), other),
                             browser=other)
    code = person.device.code()
    wide = "".join(chr(ord(c) + 0xfee0) for c in code)
    r = person.type_code(r, "  %s %s-%s " % (wide[:2], wide[2:4], wide[4:]),
                         browser=other)
    assert r.url == site.url("wiki"), r


def test_wrong_password_says_no_more_than_unknown_name(site, person):
    b = person.browser
    seen = []
    for name in (person.name, "nobody-of-that-name"):
        r = person.type_password(person.ask(site.url("wiki")), "wrong", name)
        assert r.status == 200 and r.page.screen == 2, r
        assert r.page.title.startswith("Error:")
        text = r.page.text.replace(r.page.reference, "")
        seen.append((re.sub(r"\d+:\d+", "", text),
                     sorted(r.page.form.inputs)))
        assert r.page.form.inputs["username"]["value"] == name
        assert r.page.form.inputs["password"].get("value", "") == ""
    assert seen[0] == seen[1]
    assert b.cookies(site.host("login")), "the exchange goes on"


def test_name_in_capitals_is_the_same_person(site, person):
    r = person.type_password(person.ask(site.url("notes")),
                             name=person.name.upper())
    assert told(r)["one"]["remote-user"] == person.name


def test_not_allowed(site, person):
    """The right person at a host that asks for a group."""
    person.login()
    r = person.browser.get(site.url("desk", "/staff/x"))
    assert r.status == 403 and r.page.screen == 19, r
    assert person.name in r.page.text and r.page.reference
    why = site.command("why", r.page.reference)
    assert person.name in why.stdout and "desk-staff" in why.stdout


def test_public_and_denied_paths(site, person):
    b = person.browser
    for path in ("/public", "/open", "/open/x?y=z"):
        rq = told(b.once("GET", site.url("desk", path)))
        assert "remote-user" not in rq["one"], rq
    for path in ("/closed", "/closed/x"):
        r = b.once("GET", site.url("desk", path))
        assert r.status == 403 and r.page.screen == 19, r
        assert r.header("x-countersign-reference") == r.page.reference
    for path in ("/public/x", "/opened", "/"):
        assert b.once("GET", site.url("desk", path)).status == 302
    rq = told(b.once("GET", site.url("open", "/x")))
    assert "remote-user" not in rq["one"]


def test_landing_page(site, person):
    person.login()
    r = person.browser.get(site.url("login"))
    assert r.status == 200 and r.page.screen == 20, r
    assert person.name in r.page.text
    r = person.browser.get(site.url("login", "/login"))
    assert r.page.screen == 20, r


def test_post_with_a_body(site, person):
    person.login()
    body = b"\x00\xff" * 30000
    r = person.browser.once("POST", site.url("wiki", "/upload"), body,
                            {"Content-Type": "application/octet-stream"},
                            initiator=site.url("wiki"))
    rq = told(r)
    assert rq["method"] == "POST" and rq["body"].encode("latin-1") == body
    # and a body in chunks, which the check must not see
    conn = person.browser.connect(site.host("wiki"))
    conn.sendall(b"POST /chunks HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\n"
                 b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                 b"5\r\nhello\r\n0\r\n\r\n" % (
                     site.host("wiki").encode(),
                     person.browser.cookie_line(
                         site.host("wiki")).encode()))
    text = b"".join(iter(lambda: conn.recv(65536), b"")).decode()
    assert text.startswith("HTTP/1.1 200 ") and '"body": "hello"' in text


def test_websocket(site, person):
    ask = (b"GET /socket HTTP/1.1\r\nHost: %s\r\n%sUpgrade: websocket\r\n"
           b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
           b"Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\r\n")
    conn = person.browser.connect(site.host("wiki"))
    conn.sendall(ask % (site.host("wiki").encode(), b""))
    head = conn.recv(65536).decode()
    assert head.startswith("HTTP/1.1 401 "), head
    assert "ocation:" not in head
    person.login()
    conn = person.browser.connect(site.host("wiki"))
    conn.sendall(ask % (site.host("wiki").encode(), b"Cookie: %s\r\n" %
                        person.browser.cookie_line(
                            site.host("wiki")).encode()))
    head = conn.recv(65536).decode()
    assert head.startswith("HTTP/1.1 101 "), head
    assert "X-User: " + person.name in head
    conn.sendall(b"through\n")
    assert conn.recv(100) == b"through\n"


def test_scripts_get_401_without_a_redirect(site, person):
    b, url = person.browser, site.url("wiki", "/api")
    for headers, mode in (
            ({"X-Requested-With": "XMLHttpRequest"}, "navigate"),
            ({}, "cors"), ({}, "same-origin"), ({}, "no-cors"),
            ({"Sec-Fetch-Mode": None, "Sec-Fetch-Dest": None,
              "Accept": "application/json"}, "navigate"),
            ({"Sec-Fetch-Mode": None, "Sec-Fetch-Dest": None,
              "Accept": "*/*"}, "navigate"),
            ({"Sec-Purpose": "prefetch"}, "navigate"),
            ({"Purpose": "prefetch"}, "navigate"),
            ({"Sec-Fetch-Dest": "image"}, "navigate")):
        r = b.once("GET", url, headers=headers, mode=mode)
        assert r.status == 401, (headers, mode, r)
        assert not r.header("location") and not r.header("set-cookie"), r
        assert r.header("www-authenticate"), r
        assert r.header("cache-control") == "no-store", r
    r = b.once("GET", url, headers={"Sec-Fetch-Mode": None,
                                    "Sec-Fetch-Dest": None})
    assert r.status == 302, "an old browser that asks for a page"


def test_head_and_options_are_checked(site, person):
    for method in ("HEAD", "OPTIONS", "PUT", "DELETE", "PROPFIND"):
        r = person.browser.once(method, site.url("wiki"), mode="cors")
        assert r.status == 401, (method, r)


def test_application_answers_pass_untouched(site, person):
    person.login()
    for status in (401, 403, 404, 500, 503):
        r = person.browser.once("GET", site.url("wiki",
                                                "/status/%d" % status))
        assert r.status == status and '"method": "GET"' in r.text, r


def test_languages(site, somebody):
    p = somebody(site, language="ja,en;q=0.5")
    r = p.ask(site.url("wiki"))
    assert r.page.html["lang"] == "ja" and "ログイン" in r.page.h1
    r = p.browser.click(r, "English")
    assert r.page.html["lang"] == "en" and "Log in" in r.page.h1
    r = p.ask(site.url("desk"))
    assert r.page.html["lang"] == "en", "the choice is kept"
    r = p.type_password(p.browser.click(r, "日本語"))
    assert r.page.html["lang"] == "ja" and r.page.screen == 11, r
    key = r.page.key
    r = p.browser.click(r, "English")
    assert r.page.html["lang"] == "en" and r.page.key == key, r
    assert p.enrol(r).url == site.url("desk")


def test_headers_as_guacamole_reads_them(make_site, somebody):
    site = make_site(more="headers: guacamole")
    p = somebody(site)
    r = p.login(site.url("wiki", "/guacamole/"))
    for forged in ("REMOTE_USER", "Remote-User", "remote_user"):
        r = p.browser.once("GET", r.url, headers={forged: "forged"})
        rq = told(r)
        assert "forged" not in r.text
        assert rq["one"]["remote_user"] == p.name
        assert "everybody" in rq["one"]["remote_groups"]


def test_names_beyond_ascii(site, directory, somebody):
    """Percent-encoded UTF-8 in a header, as it is on our pages."""
    p = somebody(site)
    dn = "uid=%s,ou=people,dc=example,dc=com" % p.name
    directory.modify("dn: %s\nchangetype: modify\nreplace: cn\n"
                     "cn:: 5bGx55SwIOWkqumDjg==\n" % dn)
    r = p.type_password(p.ask(site.url("wiki")))
    assert "山田 太郎" in r.page.classes["who"]
    rq = told(p.enrol(r))
    assert rq["one"]["remote-name"] == \
        "%E5%B1%B1%E7%94%B0 %E5%A4%AA%E9%83%8E"
