# SPDX-License-Identifier: Apache-2.0
"""/account: one's own sessions, devices, codes and browsers."""
import re

import pytest

from servers import Site
from test_pages import chromium  # noqa: F401

CODES = "    recovery_codes: 10\n    recover_by: [recovery-code, desk]\n" \
    "    devices: 3"


@pytest.fixture(scope="module")
def own(directory):
    s = Site(directory, phone=CODES)
    yield s
    s.close()


def page(site, browser):
    """The page, as this browser has it."""
    r = browser.get(site.url("login", "/account"))
    assert r.status == 200 and r.page.screen == 32, r
    return r


def enrolled(site, person):
    """In by password and a new phone; the recovery codes."""
    r = person.type_password(person.ask(site.url("wiki")))
    r = person.enrol(r)
    assert r.page.screen == 12, r
    codes = re.findall(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", r.text)
    r = person.browser.submit(r, {"kept": "1"})
    assert r.url == site.url("wiki"), r
    return codes[:10]


def wish(browser, response, value):
    """A button of the page, by what it asks for."""
    form = response.page.form
    values = [b["value"] for b in form.buttons
              if b.get("name") == "csn-wish"]
    found = [v for v in values if v == value or v.startswith(value + ":")]
    assert found, (value, values)
    url = "https://" + response.url.split("/")[2] + form.action
    return browser.go("POST", url, form.fields + [("csn-wish", found[0])],
                      initiator=response.url)


def others(site, person):
    return [s["id"] for s in site.json("sessions", "list", "--user",
                                       person.name)]


def test_through_a_login(own, somebody):
    """Without a session it leads through a login and back."""
    p = somebody(own)
    enrolled(own, p)
    b = p.new_browser()
    r = b.get(own.url("login", "/account"))
    assert r.page.screen == 2, r
    r = p.type_code(p.type_password(r, browser=b), browser=b)
    assert r.url == own.url("login", "/account") and r.page.screen == 32, r
    assert p.name in r.page.text and "Authenticator app" in r.page.text
    assert "10 recovery codes left" in r.page.text
    assert r.header("cache-control") == "no-store"
    assert "script-src" not in r.header("content-security-policy")


def test_what_it_shows(own, somebody):
    p = somebody(own)
    enrolled(own, p)
    other = p.new_browser(agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64; "
                          "rv:140.0) Gecko/20100101 Firefox/140.0")
    p.login(browser=other)
    b = p.new_browser()
    p.type_password(p.ask(own.url("wiki"), b), password="wrong", browser=b)
    r = page(own, p.browser)
    text = r.page.text
    for words in ("This browser", "Firefox · Windows", "127.0.0.1",
                  "Logged in", "Authenticator app set up",
                  "A login failed"):
        assert words in text, (words, text)
    q = somebody(own)
    enrolled(own, q)
    r = page(own, q.browser)
    assert p.name not in r.page.text and "Firefox" not in r.page.text


def test_sessions_end(own, somebody):
    p = somebody(own)
    enrolled(own, p)
    second, third = p.new_browser(), p.new_browser()
    p.login(browser=second)
    p.login(browser=third)
    assert len(others(own, p)) == 3
    r = wish(p.browser, page(own, p.browser), "end")
    assert "That session has ended" in r.page.roles["status"], r
    assert len(others(own, p)) == 2
    # a reload of what was said, a while later, says nothing again elsewhere
    assert "has ended" not in page(own, second if len(
        [1 for b in (second, third)]) and second.get(own.url(
            "login", "/account")).page.screen == 32 else third).page.text
    r = wish(p.browser, page(own, p.browser), "end-others")
    assert len(others(own, p)) == 1, r
    assert page(own, p.browser)
    for b in (second, third):
        assert b.once("GET", own.url("wiki")).status == 302
    assert [e["event"] for e in own.audit(subject=p.name)
            if e["event"].startswith("session")] == [
                "session-ended", "sessions-ended"]


def test_not_me(own, somebody):
    p = somebody(own)
    enrolled(own, p)
    thief = p.new_browser()
    p.login(browser=thief)
    r = wish(p.browser, page(own, p.browser), "not-me")
    assert "has been told" in r.page.text and len(others(own, p)) == 1
    assert "You said: this was not me" in r.page.text
    assert own.audit(subject=p.name, event="not-me")
    assert p.name in own.daemon.said()


def test_forged(own, somebody):
    """Neither another site, nor without the token, nor by a link, nor for
    somebody else's session."""
    p, q = somebody(own), somebody(own)
    enrolled(own, p)
    enrolled(own, q)
    url = own.url("login", "/account")
    r = page(own, p.browser)
    token = dict(r.page.form.fields)["csn-token"]
    theirs = others(own, q)[0]
    want = [("csn-token", token), ("csn-wish", "end:" + theirs)]
    assert p.browser.go("POST", url, want, initiator=r.url).page.screen == 32
    assert others(own, q) == [theirs], "another person's session"
    ours = [("csn-token", token), ("csn-wish", "end-others")]
    second = p.new_browser()
    p.login(browser=second)
    evil = "https://evil.example.org/"
    assert p.browser.go("POST", url, ours, initiator=evil).status in (
        401, 403, 200)
    p.browser.get(url + "?csn-wish=end-others&csn-token=" + token)
    foreign = dict(page(own, q.browser).page.form.fields)["csn-token"]
    for t in (foreign, "", "x" * 40, token[:-4] + "AAAA"):
        p.browser.go("POST", url, [("csn-token", t)] + ours[1:],
                     initiator=url)
    assert len(others(own, p)) == 2
    for odd in ("", "end", "end:", "end:zz", "nothing", "end:" + "0" * 31):
        r = p.browser.go("POST", url, [ours[0], ("csn-wish", odd)],
                         initiator=url)
        assert r.status == 400, (odd, r)
    p.browser.go("POST", url, ours, initiator=url)
    assert len(others(own, p)) == 1


@pytest.mark.parametrize("size,language", [("desk", "en"), ("desk", "ja"),
                                           ("narrow", "en"),
                                           ("narrow", "ja")])
def test_in_a_browser(own, somebody, chromium, size,  # noqa: F811
                      language):
    c = chromium(size, language)
    p = somebody(own)
    enrolled(own, p)
    other = p.new_browser(agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 "
                          "like Mac OS X) Version/18.0 Safari/604.1")
    p.login(browser=other)
    c.open(own.url("login", "/account"))
    c.submit(username=p.name, password=p.password)
    c.submit(code=p.device.code())
    assert c.screen() == 32, c.text()
    c.judged("account")
