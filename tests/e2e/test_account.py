# SPDX-License-Identifier: Apache-2.0
"""/account: one's own sessions, devices, codes and browsers."""
import re

import pytest

from servers import Device, Site, until
from test_pages import chromium  # noqa: F401

# short: each login waits for a code that was not used yet
PERIOD = 10
CODES = "    recovery_codes: 10\n    recover_by: [recovery-code, desk]\n" \
    "    devices: 3\n    period: %ds" % PERIOD


@pytest.fixture(scope="module")
def own(directory):
    s = Site(directory, phone=CODES)
    s.period = PERIOD
    # two catalogues that say the same differently
    assert "stay English" not in s.daemon.said()
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


# -- changes -----------------------------------------------------------


def codes_of(response):
    return re.findall(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", response.text)


def devices(site, person):
    """Names by id, as the operator sees them."""
    items = site.json("factor", "phone", "list", "--user",
                      person.name)["items"]
    return {i["id"]: i["title"] for i in items
            if i["id"] != "recovery-codes"}


def confirmed(site, person, browser, value):
    """A wish, as far as behind its code."""
    r = wish(browser, page(site, browser), value)
    assert r.page.screen == 17 and "code first" in r.page.text, r
    return person.type_code(r, browser=browser)


def add(site, person, browser, name):
    """A further device, with its code; the app of it."""
    r = confirmed(site, person, browser, "add:phone")
    assert r.page.screen == 11, r
    key = Device(r.page.key, PERIOD)
    wrong = browser.submit(r, {"name": name, "code": key.wrong()})
    assert wrong.page.screen == 11 and wrong.page.key == r.page.key, wrong
    done = browser.submit(wrong, {"name": name, "code": key.code()})
    assert done.page.screen == 32 and "was added" in done.page.text, done
    return key


def test_devices(own, somebody):
    p = somebody(own)
    enrolled(own, p)
    tablet = add(own, p, p.browser, "My {help} <tablet>")
    assert sorted(devices(own, p).values()) == [
        "Authenticator app", "My {help} <tablet>"]
    assert "My {help} <tablet>" in page(own, p.browser).page.text
    # of these last minutes: no further code
    first = [i for i, n in devices(own, p).items()
             if n == "Authenticator app"][0]
    r = wish(p.browser, page(own, p.browser), "rename:phone:" + first)
    r = p.browser.submit(r, {"name": "Old phone"})
    assert "has a new name" in r.page.text and "Old phone" in r.page.text, r
    r = wish(p.browser, page(own, p.browser), "remove:phone:" + first)
    assert "was removed" in r.page.text and "Old phone" not in r.page.text
    assert list(devices(own, p).values()) == ["My {help} <tablet>"]
    # what is gone may be removed again, and the other one opens
    token = dict(r.page.form.fields)["csn-token"]
    r = p.browser.go("POST", own.url("login", "/account"), [
        ("csn-token", token), ("csn-wish", "remove:phone:" + first)],
        initiator=r.url)
    assert r.page.screen == 32 and len(devices(own, p)) == 1, r
    p.device = tablet
    p.login(browser=p.new_browser())
    said = [e["reason"].split()[0] for e in own.audit(
        subject=p.name, event="account-change")]
    assert said == ["add", "add", "rename", "remove"], said
    text = page(own, p.browser).page.text
    for words in ("a device was added", "a device was renamed",
                  "a device was removed"):
        assert words in text, text


def test_password_is_not_enough(own, somebody):
    """E5: a session without a second factor changes nothing, nor does one
    that was stolen."""
    p = somebody(own)
    enrolled(own, p)
    thief = p.new_browser()
    r = p.type_password(p.ask(own.url("notes"), thief), browser=thief)
    assert r.url == own.url("notes")
    before = devices(own, p)
    stolen = p.browser.copy()
    for b in (thief, stolen):
        first = page(own, b)
        for value in ("add:phone", "codes:phone", "remove:phone",
                      "rename:phone"):
            r = wish(b, first, value)
            assert r.page.screen == 17, r
            r = b.submit(r, {"code": p.device.wrong()})
            assert r.page.screen == 17 and r.page.roles["alert"], r
    assert devices(own, p) == before
    assert not own.audit(subject=p.name, event="account-change")
    # and what one browser has proved is not another's
    add(own, p, p.browser, "Mine")
    r = wish(stolen, page(own, stolen), "remove:phone")
    assert r.page.screen == 17, r


def test_recovery_code_will_do(own, somebody):
    p = somebody(own)
    codes = enrolled(own, p)
    r = wish(p.browser, page(own, p.browser), "codes:phone")
    r = p.browser.submit(r, {"code": ""}, "Use a recovery code")
    r = p.browser.submit(r, {"recovery-code": codes[0]})
    r = p.browser.submit(r, {})
    assert r.page.screen == 12, r
    fresh = codes_of(r)
    assert len(fresh) == 10 and not set(fresh) & set(codes)
    again = p.browser.submit(r, {})
    assert again.page.screen == 12, again
    url, values = p.browser.filled(again, {"kept": "1"})
    r = p.browser.go("POST", url, values, initiator=url)
    assert "new recovery codes count now" in r.page.text, r
    # twice sent is done once
    r = p.browser.go("POST", url, values, initiator=url)
    assert "new recovery codes count now" in r.page.text, r
    assert "10 recovery codes left" in r.page.text
    assert len(own.audit(event="plugin:recovery-codes-made")) >= 2


def test_last_device(own, somebody):
    p = somebody(own)
    codes = enrolled(own, p)
    r = confirmed(own, p, p.browser, "remove:phone")
    assert r.page.screen == 32 and "your only device" in r.page.text, r
    assert len(devices(own, p)) == 1
    r = p.browser.submit(r, {}, "Remove it")
    assert "was removed" in r.page.text and devices(own, p) == {}, r
    # a password alone sets up nothing new (E1)
    b = p.new_browser()
    r = p.type_password(p.ask(own.url("wiki"), b), browser=b)
    assert r.page.screen == 8 and "have removed" in r.page.text, r
    r = b.submit(b.submit(r, {"recovery-code": codes[0]}), {})
    assert r.url == own.url("wiki"), r
    r = wish(b, page(own, b), "add:phone")
    r = b.submit(b.submit(r, {"recovery-code": codes[1]}), {})
    assert r.page.screen == 11, r
    key = Device(r.page.key, PERIOD)
    r = b.submit(r, {"code": key.code()})
    assert "was added" in r.page.text and len(devices(own, p)) == 1, r


def test_devices_of_somebody_else(own, somebody):
    p, q = somebody(own), somebody(own)
    enrolled(own, p)
    enrolled(own, q)
    add(own, p, p.browser, "Second")
    theirs = list(devices(own, q))[0]
    r = page(own, p.browser)
    for value in ("remove:phone:" + theirs, "rename:phone:" + theirs,
                  "remove:corp:x", "add:corp", "codes:phone:x"):
        p.browser.go("POST", own.url("login", "/account"), [
            r.page.form.fields[0], ("csn-wish", value)], initiator=r.url)
    assert list(devices(own, q)) == [theirs] and len(devices(own, p)) == 2


def test_ended_meanwhile(own, somebody):
    """Logged out in the middle, or everything revoked: the change ends."""
    p = somebody(own)
    enrolled(own, p)
    r = confirmed(own, p, p.browser, "add:phone")
    key = Device(r.page.key, PERIOD)
    own.command("sessions", "revoke", "--user", p.name)
    r = p.browser.submit(r, {"code": key.code()})
    assert r.page.screen in (22, 2) and len(devices(own, p)) == 1, r
    # the feed is at most a second behind
    until("the session has ended", lambda: p.browser.get(
        own.url("wiki")).page.screen == 2)
    p.login()
    r = confirmed(own, p, p.browser, "add:phone")
    key = Device(r.page.key, PERIOD)
    p.browser.cookies("login.e2e.localhost").pop("__Host-countersign")
    r = p.browser.submit(r, {"code": key.code()})
    assert r.page.screen in (22, 2) and len(devices(own, p)) == 1, r


def test_two_tabs(own, somebody):
    """Of two tabs with a new device each, none counts twice and none
    replaces the other."""
    p = somebody(own)
    enrolled(own, p)
    first = confirmed(own, p, p.browser, "add:phone")
    second = wish(p.browser, page(own, p.browser), "add:phone")
    assert second.page.screen == 11 and second.page.key != first.page.key
    code = Device(second.page.key, PERIOD).code()
    r = p.browser.submit(second, {"code": code})
    assert "was added" in r.page.text, r
    code = Device(first.page.key, PERIOD).code()
    p.browser.submit(first, {"code": code})
    assert len(devices(own, p)) == 2


# -- remembered browsers -----------------------------------------------


@pytest.fixture(scope="module")
def remembering(directory):
    s = Site(directory, phone=CODES, more="remember: { phone: 30d }")
    s.period = PERIOD
    assert "stay English" not in s.daemon.said()
    yield s
    s.close()


def remembered(site, person, browser, url=None):
    """In by password and code, and the box is ticked."""
    url = url or site.url("wiki")
    r = person.type_password(person.ask(url, browser), browser=browser)
    assert r.page.screen == 6 and "30 days" in r.page.text, r
    r = browser.submit(r, {"code": person.device.code(),
                           "csn-remember": "1"})
    assert r.url == url, r


def leave(site, browser):
    """Logged out here, and the browser keeps its other cookies."""
    r = browser.get(site.url("login", "/logout"))
    browser.submit(r, {})


def asked(site, person, browser, url=None):
    """The screen behind the password, or 0: it leads on."""
    r = person.type_password(person.ask(url or site.url("wiki"), browser),
                             browser=browser)
    return r.page.screen if r.url.startswith(site.url("login", "")) else 0


def test_remembered(remembering, somebody):
    s, p = remembering, somebody(remembering)
    codes = enrolled(s, p)
    b = p.new_browser()
    r = p.type_password(p.ask(s.url("wiki"), b), browser=b)
    wrong = b.submit(r, {"code": p.device.wrong(), "csn-remember": "1"})
    assert "checked" in wrong.page.form.inputs["csn-remember"], wrong
    b.submit(wrong, {"code": p.device.code()})      # and taken out again
    leave(s, b)
    assert asked(s, p, b) == 6
    b = p.new_browser()
    remembered(s, p, b)
    leave(s, b)
    assert asked(s, p, b) == 0
    said = s.audit(subject=p.name, event="factor-remembered")
    assert len(said) == 1 and said[0]["factor"] == "phone"
    # neither where a fresh code is asked, nor the device itself
    assert b.get(s.url("desk", "/fresh/x")).page.screen == 17
    r = b.get(s.url("desk", "/device/x"))
    assert r.page.screen == 17 and "csn-remember" not in r.page.form.inputs
    # it changes nothing at /account, and shows there
    r = page(s, b)
    assert "Remembered browsers" in r.page.text, r
    r = wish(b, r, "add:phone")
    assert r.page.screen == 17 and "csn-remember" not in r.page.form.inputs
    # another browser, another person, an older copy of nothing
    assert asked(s, p, p.new_browser()) == 6
    q = somebody(s)
    enrolled(s, q)
    c = q.new_browser()
    c.jar = b.copy().jar
    for jar in c.jar.values():
        jar.pop("__Host-countersign", None)
    assert asked(s, q, c) == 6
    # a recovery code is for who has lost something: it remembers nothing
    b = p.new_browser()
    r = p.type_password(p.ask(s.url("wiki"), b), browser=b)
    r = b.submit(r, {"code": "", "csn-remember": "1"},
                 "Use a recovery code")
    r = b.submit(b.submit(r, {"recovery-code": codes[0]}), {})
    leave(s, b)
    assert asked(s, p, b) == 6


def test_remembered_is_forgotten(remembering, somebody):
    """By its owner, by an operator, by logging out everywhere, by a reset;
    and what rests on it ends."""
    s, p = remembering, somebody(remembering)
    enrolled(s, p)
    first, second = p.new_browser(), p.new_browser()
    remembered(s, p, first)
    remembered(s, p, second)
    leave(s, first)
    assert asked(s, p, first) == 0
    ids = [b["id"] for b in s.json("browsers", "list", "--user", p.name)]
    assert len(ids) == 2
    mine = page(s, p.browser)
    r = wish(p.browser, mine, "forget:phone:" + ids[1])
    r = p.type_code(r)
    assert "is forgotten" in r.page.text, r
    assert first.once("GET", s.url("wiki")).status == 302, "its session too"
    assert asked(s, p, first) == 6
    assert second.once("GET", s.url("wiki")).status == 200, "by its code"
    s.command("browsers", "revoke", "--user", p.name, ids[0])
    leave(s, second)
    assert asked(s, p, second) == 6
    assert s.json("browsers", "list", "--user", p.name) == []
    assert s.command("browsers", "revoke", "--user", p.name,
                     check=False).returncode == 1
    assert s.audit(subject=p.name, event="browsers-forgotten")
    for act in (lambda: s.command("sessions", "revoke", "--user", p.name),
                lambda: s.command("factor", "phone", "reset", "--user",
                                  p.name)):
        b = p.new_browser()
        remembered(s, p, b)
        leave(s, b)
        act()
        assert asked(s, p, b) in (6, 14)


def test_not_me_forgets_browsers(remembering, somebody):
    """Whoever it was may have had this browser remembered: none is any
    more, nor what rests on one, but for the session that says so."""
    s, p = remembering, somebody(remembering)
    enrolled(s, p)
    thief = p.new_browser()
    remembered(s, p, thief)
    leave(s, thief)
    assert asked(s, p, thief) == 0, "the password was enough"
    r = wish(p.browser, page(s, p.browser), "not-me")
    assert "forgotten all remembered browsers" in r.page.text, r
    assert s.json("browsers", "list", "--user", p.name) == []
    assert thief.once("GET", s.url("wiki")).status == 302
    assert asked(s, p, thief) == 6
    assert page(s, p.browser).page.screen == 32


def test_remembered_page(remembering, somebody, chromium):  # noqa: F811
    for size, language in (("desk", "en"), ("slim", "ja")):
        c, s = chromium(size, language), remembering
        p = somebody(s)
        enrolled(s, p)
        c.open(s.url("wiki"))
        c.submit(username=p.name, password=p.password)
        c.judged("remember")
        c.one("[name=csn-remember]").click()
        c.submit(code=p.device.code())
        c.open(s.url("login", "/account"))
        c.judged("remembered")
        press(c, {"en": "Forget", "ja": "取り消す"}[language])
        c.submit(code=p.device.code())
        assert s.json("browsers", "list", "--user", p.name) == []
        c.judged("forgotten")


def press(chromium, text):
    """A button or link of the page, by its words."""
    found = [e for e in chromium.driver.find_elements(
        "css selector", "main button, main a") if e.text == text]
    assert found, (text, chromium.text())
    chromium.leave(found[0].click)


WORDS = {
    "en": {"add": "Add a device", "name": "Work phone", "rename": "Rename",
           "app": "Authenticator app",
           "codes": "Make new codes", "remove": "Remove",
           "added": "The device was added.", "not_me": "This was not me",
           "out": "Log out everywhere else", "end": "Log out there"},
    "ja": {"add": "端末を追加", "name": "仕事用", "rename": "名前を変更",
           "app": "認証アプリ",
           "codes": "新しいコードを作成する", "remove": "削除",
           "added": "端末を追加しました。", "not_me": "心当たりがない",
           "out": "ほかのすべてのブラウザーからログアウト",
           "end": "ログアウトさせる"},
}


@pytest.mark.parametrize("size,language,script", [
    ("desk", "en", True), ("desk", "ja", True), ("slim", "en", True),
    ("slim", "ja", True), ("desk", "en", False)])
def test_in_a_browser(own, somebody, chromium, size,  # noqa: F811
                      language, script):
    c, words = chromium(size, language, script), WORDS[language]
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
    press(c, words["add"])
    assert c.screen() == 17, c.text()
    c.focused("code")
    c.judged("account-code")
    c.submit(code=p.device.code())
    assert c.screen() == 11, c.text()
    c.judged("account-add")
    device = Device("".join(c.one(".key").text.split()), PERIOD)
    c.submit(name=words["name"], code=device.code())
    assert c.screen() == 32 and words["added"] in c.text(), c.text()
    assert words["name"] in c.text()
    c.judged("account-added")
    # a reload sends nothing again
    c.driver.refresh()
    assert c.screen() == 32 and len(devices(own, p)) == 2
    press(c, words["codes"])
    assert c.screen() == 12, c.text()
    c.judged("account-codes")
    c.one("[name=kept]").click()
    c.submit()
    assert c.screen() == 32, c.text()
    press(c, words["rename"])
    # which one it is, as the list calls it
    assert words["app"] in c.one(".message").text, c.text()
    c.judged("account-rename")
    c.submit(name="Old one")
    press(c, words["remove"])
    assert c.screen() == 32 and len(devices(own, p)) == 1, c.text()
    press(c, words["remove"])
    assert len(devices(own, p)) == 1
    c.judged("account-last")
    c.open(own.url("login", "/account"))
    press(c, words["end"])
    c.judged("account-ended")
    c.driver.execute_script("scrollTo(0, 1e6)")
    c.judged("account-below")
