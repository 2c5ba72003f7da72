# SPDX-License-Identifier: Apache-2.0
"""A grace that ends soon: spoken of at each login, set up now or later."""
import datetime

import pytest

from servers import Device, Site
from test_pages import chromium  # noqa: F401


def grace(days):
    return (datetime.date.today() + datetime.timedelta(days)).isoformat()


def edited(days):
    def edit(text):
        return text.replace("""    require:
      - corp then phone
    allow: { groups: [everybody] }
""", """    require:
      - corp then phone
      - corp where unenrolled phone until %s
""" % grace(days))
    return edit


@pytest.fixture(scope="module")
def graced(directory):
    s = Site(directory, enrol="{ first_login: true, remind: 14d }",
             start=False)
    s.write(edit=edited(5))
    s.command("init")
    s.start()
    yield s
    s.close()


def test_later_and_now(graced, somebody):
    p = somebody(graced)
    r = p.type_password(p.ask(graced.url("wiki")))
    assert r.page.screen == 10, r
    assert "From" in r.page.text and "days left" in r.page.text, r
    # nobody is in before the answer
    assert p.browser.get(graced.url("wiki")).page.screen == 2
    r = p.browser.submit(r, {}, "Later")
    assert r.url == graced.url("wiki") and p.name in r.text, r
    # at each login, and not in between
    assert p.name in p.browser.get(graced.url("wiki")).text
    other = p.new_browser()
    r = p.type_password(p.ask(graced.url("wiki"), other), browser=other)
    assert r.page.screen == 10, r
    r = other.submit(r, {}, "Set up now")
    assert r.page.screen == 11, r
    r = p.enrol(r, browser=other)
    assert r.url == graced.url("wiki"), r
    # enrolled: the grace is over for this person
    third = p.new_browser()
    r = p.type_password(p.ask(graced.url("wiki"), third), browser=third)
    assert r.page.screen == 6, r


def test_later_opens_nothing_by_itself(graced, somebody):
    """The word is heard where all was proved, nowhere else."""
    p = somebody(graced)
    r = p.ask(graced.url("desk"))       # no grace there
    r = p.type_password(r)
    assert r.page.screen == 11, r
    url, values = p.browser.filled(r, {"code": "000000"})
    r = p.browser.go("POST", url, values + [("csn-later", "1")],
                     initiator=r.url)
    assert r.page.screen == 11, r
    url, values = p.browser.filled(r, {"code": ""})
    r = p.browser.go("POST", url, values + [("csn-later", "1"),
                                            ("csn-factor", "phone")],
                     initiator=r.url)
    assert r.page.screen == 11, r


def test_not_yet(make_site, somebody):
    s = make_site(enrol="{ first_login: true, remind: 14d }", start=False)
    s.write(edit=edited(20))
    s.command("init")
    s.start()
    p = somebody(s)
    r = p.type_password(p.ask(s.url("wiki")))
    assert r.url == s.url("wiki") and p.name in r.text, r


@pytest.mark.parametrize("size,language,words", [
    ("desk", "en", "two minutes"), ("phone", "ja", "2分ほど")])
def test_in_a_browser(graced, somebody, chromium, size,  # noqa: F811
                      language, words):
    c = chromium(size, language)
    p = somebody(graced)
    c.open(graced.url("wiki"))
    c.submit(username=p.name, password=p.password)
    assert c.screen() == 10 and words in c.text(), c.text()
    c.judged("reminder")
    c.follow("button.main")
    assert c.screen() == 11
    device = Device(c.one(".key").text.replace(" ", "").replace("\n", ""))
    c.submit(code=device.code())
    assert c.driver.current_url == graced.url("wiki"), c.text()
