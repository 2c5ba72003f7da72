# SPDX-License-Identifier: Apache-2.0
"""Recovery codes: shown behind the enrolment, used when the phone is away."""
import pytest

from servers import Device, Site
from test_pages import chromium  # noqa: F401

CODES = "    recovery_codes: 10\n    recover_by: [recovery-code, desk]"
WORDS = {"en": ("Your recovery codes", "Save as a file"),
         "ja": ("リカバリーコード", "ファイルに保存")}


@pytest.fixture(scope="module")
def coded(directory):
    s = Site(directory, phone=CODES)
    yield s
    s.close()


def shown(page):
    """The codes of a page."""
    codes = page.classes["keep"].split()
    if not codes or len(codes[0]) != 14:
        text = page.classes["keep"]
        codes = [text[i:i + 14] for i in range(0, len(text), 14)]
    assert len(codes) == 10 and len(set(codes)) == 10, page.text
    assert all(len(c) == 14 and c[4] == c[9] == "-" for c in codes), codes
    return codes


def save(site, person, field, initiator=None):
    url = site.url("login", "/login/save")
    return person.browser.go("POST", url, [("csn-keep", field)],
                             initiator=initiator or url)


def enrolled(site, person):
    """As far as the page with the codes; (answer, codes)."""
    r = person.type_password(person.ask(site.url("wiki")))
    r = person.enrol(r)
    assert r.status == 200 and r.page.screen == 12, r
    return r, shown(r.page)


def test_shown_once_and_saved(coded, somebody):
    p = somebody(coded)
    r, codes = enrolled(coded, p)
    # nobody is in before the box is ticked
    again = p.browser.submit(r, {})
    assert again.page.screen == 12 and shown(again.page) == codes, again
    field = dict(again.page.form.fields)["csn-keep"]
    saved = save(coded, p, field)
    assert saved.status == 200, saved
    assert saved.header("content-type") == "text/plain; charset=utf-8"
    assert saved.header("content-disposition") == \
        'attachment; filename="recovery-codes.txt"'
    assert saved.header("cache-control") == "no-store"
    lines = saved.text.split("\r\n")
    assert lines[:3] == ["Example Remote Access", coded.host("login"),
                         p.name]
    assert [n for n in lines if n in codes] == codes
    # from elsewhere, altered, or made up: nothing
    for value in (field[:80] + "AA" + field[82:], "", "x" * 70):
        r = save(coded, p, value)
        assert r.page.screen == 22 and codes[0] not in r.text, r
        assert not r.header("content-disposition")
    r = save(coded, p, field, initiator="https://evil.example.org/")
    assert r.status == 403 and codes[0] not in r.text, r
    r = p.browser.submit(again, {"kept": "1"})
    assert r.url == coded.url("wiki") and p.name in r.text
    assert coded.audit(event="plugin:recovery-codes-made"), coded.audit()
    text = (coded.dir / "audit.json").read_text() + coded.daemon.said()
    assert not any(c in text or c.replace("-", "") in text for c in codes)


def test_without_the_phone(coded, somebody):
    p = somebody(coded)
    r, codes = enrolled(coded, p)
    p.browser.submit(r, {"kept": "1"})
    other = p.new_browser()
    r = p.type_password(p.ask(coded.url("wiki"), other), browser=other)
    assert r.page.screen == 6, r
    r = other.submit(r, {"code": ""}, "Use a recovery code")
    assert r.page.screen == 8, r
    r = other.submit(r, {"recovery-code": "0000-0000-0000"})
    assert r.page.screen == 8 and r.page.roles["alert"], r
    wide = "".join(chr(ord(c) + 0xfee0) for c in
                   codes[4].lower().replace("-", ""))
    r = other.submit(r, {"recovery-code": wide})
    assert "9 recovery codes left" in r.page.text, r
    r = other.submit(r, {})
    assert r.url == coded.url("wiki") and p.name in r.text
    # it opens nothing where the device itself is asked for
    r = other.get(coded.url("desk", "/device/x"))
    assert r.page.screen == 17, r
    assert "recovery" not in [b.get("name") for b in r.page.form.buttons]
    r = other.submit(r, {"code": codes[5]})
    assert r.page.screen == 17 and r.page.roles["alert"], r
    # and once only
    third = p.new_browser()
    r = p.type_password(p.ask(coded.url("wiki"), third), browser=third)
    r = third.submit(r, {"code": ""}, "Use a recovery code")
    r = third.submit(r, {"recovery-code": codes[4]})
    assert r.page.screen == 8 and r.page.roles["alert"], r
    r = third.submit(r, {"recovery-code": codes[5]})
    assert "8 recovery codes left" in r.page.text, r


def test_new_ones(coded, somebody):
    p = somebody(coded)
    r, codes = enrolled(coded, p)
    p.browser.submit(r, {"kept": "1"})
    other = p.new_browser()
    r = p.type_password(p.ask(coded.url("wiki"), other), browser=other)
    r = other.submit(r, {"code": ""}, "Use a recovery code")
    r = other.submit(r, {"recovery-code": codes[0]})
    r = other.submit(r, {}, "Make new codes")
    assert r.page.screen == 12, r
    fresh = shown(r.page)
    assert not set(fresh) & set(codes)
    r = other.submit(r, {"kept": "1"})
    assert r.url == coded.url("wiki"), r
    third = p.new_browser()
    r = p.type_password(p.ask(coded.url("wiki"), third), browser=third)
    r = third.submit(r, {"code": ""}, "Use a recovery code")
    r = third.submit(r, {"recovery-code": codes[1]})
    assert r.page.screen == 8 and r.page.roles["alert"], r
    r = third.submit(r, {"recovery-code": fresh[1]})
    assert "9 recovery codes left" in r.page.text, r
    # who leaves at the page with the codes has enrolled nothing
    q = somebody(coded)
    enrolled(coded, q)
    q.browser = q.new_browser()
    r = q.type_password(q.ask(coded.url("wiki")))
    assert r.page.screen == 11, r


def test_operator_sees_how_many(coded, somebody):
    p = somebody(coded)
    r, codes = enrolled(coded, p)
    p.browser.submit(r, {"kept": "1"})
    out = coded.command("factor", "phone", "list", "--user", p.name).stdout
    assert "Recovery codes left" in out and "10" in out, out
    assert codes[0] not in out


@pytest.mark.parametrize("size,language", [("desk", "en"), ("phone", "ja")])
def test_in_a_browser(coded, somebody, chromium, size,  # noqa: F811
                      language):
    c = chromium(size, language)
    p = somebody(coded)
    c.open(coded.url("wiki"))
    c.submit(username=p.name, password=p.password)
    device = Device(c.one(".key").text.replace(" ", "").replace("\n", ""))
    c.submit(code=device.code())
    assert c.screen() == 12 and WORDS[language][0] in c.one("h1").text
    assert WORDS[language][1] in c.text()
    codes = [e.text for e in c.driver.find_elements("css selector",
                                                    ".keep li")]
    assert len(codes) == 10
    c.judged("recovery-codes")
    # the browser itself asks for the tick
    c.one("form button.main").click()
    assert c.screen() == 12
    c.one("[name=kept]").click()
    c.submit()
    assert p.name in c.text()
    c.open(coded.url("login", "/logout"))
    c.submit()
    c.open(coded.url("wiki"))
    c.submit(username=p.name, password=p.password)
    assert c.screen() == 6
    c.judged("code-with-recovery")
    c.follow("button[name=recovery]")
    assert c.screen() == 8
    c.focused("recovery-code")
    c.judged("recovery-code")
    c.submit(**{"recovery-code": "wrong"})
    assert c.screen() == 8
    c.judged("recovery-code-wrong")
    c.submit(**{"recovery-code": codes[0]})
    c.judged("recovery-left")
    c.submit()
    assert p.name in c.text()
