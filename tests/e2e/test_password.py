# SPDX-License-Identifier: Apache-2.0
"""A password that has had its day: told, and changed within the login."""
import pytest

from people import Person
from servers import Device, Site
from test_pages import chromium  # noqa: F401

CHANGE = ("    password_change: true\n"
          "    password_policy: cn=rules,ou=policies,dc=example,dc=com")
WORDS = {
    "en": {"change-must": "replace your first password",
           "change-old": "has expired", "short": "it is too short"},
    "ja": {"change-must": "初期パスワード",
           "change-old": "有効期限が切れています", "short": "短すぎます"},
}


@pytest.fixture(scope="module")
def changing(directory):
    s = Site(directory, corp=CHANGE)
    yield s
    s.close()


def test_told_where_it_cannot_be_changed(site):
    for name, words in (("change-old", "has expired"),
                        ("change-must", "replaced with one of your own")):
        p = Person(site, name, "pw-" + name)
        r = p.type_password(p.ask(site.url("notes")))
        assert r.page.screen == 16 and words in r.page.text, r
        assert "Service desk" in r.page.text
        r = p.type_password(p.ask(site.url("notes")), password="not-it")
        assert r.page.screen == 2 and words not in r.page.text, r


@pytest.mark.parametrize("size,language,name", [
    ("desk", "en", "change-must"), ("phone", "ja", "change-old")])
def test_changed_in_a_browser(changing, chromium, size, language,  # noqa: F811
                              name):
    c = chromium(size, language)
    words, new = WORDS[language], "Fresh-and-long-" + name
    c.open(changing.url("wiki"))
    c.submit(username=name, password="pw-" + name)
    assert c.screen() == 15 and words[name] in c.text(), c.text()
    assert "10" in c.text(), "the rules stand before the fields"
    c.focused("password")
    fixed = c.one("[name=username]")
    assert fixed.get_attribute("value") == name
    assert fixed.get_attribute("readonly")
    for field, kind in (("password", "current-password"),
                        ("new-password", "new-password"),
                        ("new-password-again", "new-password")):
        assert c.one("[name=%s]" % field).get_attribute(
            "autocomplete") == kind
    c.judged("new-password")
    c.submit(**{"password": "pw-" + name, "new-password": "short",
                "new-password-again": "short"})
    assert c.screen() == 15 and words["short"] in c.text(), c.text()
    c.focused("new-password")
    assert c.one("[role=alert]").text
    c.judged("new-password-refused")
    c.submit(**{"password": "not-it", "new-password": new,
                "new-password-again": new})
    assert c.screen() == 15, c.text()
    c.focused("password")
    c.judged("old-password-wrong")
    c.submit(**{"password": "pw-" + name, "new-password": new,
                "new-password-again": new})
    assert c.screen() == 11, c.text()
    device = Device(c.one(".key").text.replace(" ", "").replace("\n", ""))
    c.submit(code=device.code())
    assert c.driver.current_url == changing.url("wiki") or \
        c.screen() == 19, c.text()
    told = changing.audit(event="plugin:password-changed")
    assert told and new not in str(changing.audit()), told
    p = Person(changing, name, new)
    r = p.type_password(p.ask(changing.url("notes")))
    assert r.page.screen == 0 and name in r.text, r


def test_later(changing):
    p = Person(changing, "change-soon", "pw-change-soon")
    r = p.type_password(p.ask(changing.url("notes")))
    assert r.page.screen == 15 and "expires in 1 day" in r.page.text, r
    r = p.browser.submit(r, {}, "Not now")
    assert r.status == 200 and "change-soon" in r.text, r
