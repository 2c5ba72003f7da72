# SPDX-License-Identifier: Apache-2.0
"""A round is answered once: doubled, replayed, from elsewhere, out of order.

The same browser always gets on; nobody else ever does.
"""
import threading
import urllib.parse

from servers import Device
from state import logins


def same_answer(a, b):
    """One answer twice: status, where to, and what the page says."""
    assert (a.status, a.header("location")) == (b.status,
                                                b.header("location")), (a, b)
    assert a.page.screen == b.page.screen and a.page.text == b.page.text
    assert a.page.key == b.page.key


def both(browser, url, values, initiator):
    """Two clicks at once, from two connections of one browser."""
    out, gate = [None, None], threading.Barrier(2)

    def click(i):
        gate.wait()
        out[i] = browser.copy().once("POST", url, values,
                                     initiator=initiator)
    threads = [threading.Thread(target=click, args=(i,)) for i in (0, 1)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return out


def test_double_click_on_the_password(site, person):
    r = person.ask(site.url("wiki"))
    url, values = person.browser.filled(r, {
        "username": person.name, "password": person.password})
    a, b = both(person.browser, url, values, r.url)
    assert a.page.screen == 11, a
    same_answer(a, b)
    assert len(site.audit(subject=person.name,
                          event="factor-granted")) == 1


def test_double_click_on_the_code(site, person):
    """The code is used once, both clicks get the session, of one login."""
    r = person.type_password(person.ask(site.url("wiki")))
    person.enrol(r)
    browser = person.new_browser()
    r = person.type_password(person.ask(site.url("wiki"), browser),
                             browser=browser)
    url, values = browser.filled(r, {"code": person.device.code()})
    before = len(site.audit(subject=person.name, event="login"))
    a, b = both(browser, url, values, r.url)
    assert a.status == b.status == 303, (a, b)
    same_answer(a, b)
    assert a.header("set-cookie") == b.header("set-cookie")
    assert len(site.audit(subject=person.name, event="login")) == before + 1
    browser.keep(site.host("login"), [v for n, v in b.headers
                                      if n.lower() == "set-cookie"])
    assert browser.get(site.url("wiki")).url == site.url("wiki")


def test_reload_of_each_answer(site, person):
    """Reload sends the form again."""
    b = person.browser
    r = person.ask(site.url("wiki"))
    url, values = b.filled(r, {"username": person.name,
                               "password": person.password})
    first = b.once("POST", url, values, initiator=r.url)
    for _ in range(3):
        again = b.once("POST", url, values, initiator=r.url)
        same_answer(first, again)
    r = person.enrol(again)
    assert r.url == site.url("wiki")


def test_back_to_the_password_and_on(site, person):
    """Back, and the old form is sent again with the same or another
    password: the answer of its round, never an error, never a guess."""
    b = person.browser
    r = person.ask(site.url("wiki"))
    page = person.type_password(r)
    assert page.page.screen == 11
    denied = len(site.audit(event="login-failed"))
    again = person.type_password(r, password="another")
    same_answer(page, again)
    assert len(site.audit(event="login-failed")) == denied
    assert person.enrol(page).url == site.url("wiki")
    # with the session there, an old form of this exchange leads straight on
    again = person.type_password(r)
    assert again.url == site.url("wiki") or again.page.screen in (11, 21), \
        again
    # and the round of the code, as a reload would
    url, values = b.filled(page, {"code": "000000"})
    again = b.go("POST", url, values, initiator=page.url)
    assert again.url == site.url("wiki"), again


def test_wrong_once_then_back(site, person):
    """A wrong password, Back, the right one into the old form: that round is
    over, its answer comes again; the form of that answer is good."""
    r = person.ask(site.url("wiki"))
    wrong = person.type_password(r, password="wrong")
    again = person.type_password(r)
    same_answer(wrong, again)
    assert person.type_password(again).page.screen == 11


def test_another_browser_sends_the_form(site, person):
    """Without this browser's cookies a form is worth nothing."""
    r = person.ask(site.url("wiki"))
    url, values = person.browser.filled(r, {
        "username": person.name, "password": person.password})
    before = logins(site)
    stranger = person.new_browser()
    got = stranger.once("POST", url, values, initiator=r.url)
    assert got.page.screen in (22, 23, 24), got
    assert logins(site) == before
    # one that is at a login of its own
    person.ask(site.url("wiki"), stranger)
    got = stranger.once("POST", url, values, initiator=r.url)
    assert got.page.screen in (22, 23), got
    assert logins(site) == before
    # nothing was used up
    assert person.type_password(r).page.screen == 11


def test_cookies_blocked(site, person):
    """A young form that comes back without any cookie of ours."""
    r = person.ask(site.url("wiki"))
    url, values = person.browser.filled(r, {
        "username": person.name, "password": person.password})
    got = person.new_browser().once("POST", url, values, initiator=r.url)
    assert got.page.screen == 24 and "cookie" in got.page.text.lower(), got


def test_out_of_order(site, person):
    """A code into the password's round, a password into the code's."""
    b = person.browser
    r = person.ask(site.url("wiki"))
    url, values = b.filled(r, {"username": person.name,
                               "password": person.password})
    first = dict(values)
    got = b.once("POST", url, {"csn-round": first["csn-round"],
                               "csn-age": first["csn-age"],
                               "to": first["to"], "code": "123456"},
                 initiator=r.url)
    assert got.status == 200 and got.page.screen == 2, got
    r = person.type_password(got)
    assert r.page.screen == 11
    url, values = b.filled(r, {"code": ""})
    got = b.once("POST", url, [v for v in values if v[0] != "code"] + [
        ("username", person.name), ("password", person.password)],
        initiator=r.url)
    assert got.status == 200 and got.page.screen == 11, got
    assert b.once("GET", site.url("wiki")).status == 302
    assert person.enrol(got).url == site.url("wiki")


def test_cookies_rolled_back(site, person):
    """The cookies of an earlier state with the token of a later one, and the
    reverse: the history never exceeds a linear run."""
    r = person.ask(site.url("wiki"))
    early = person.browser.copy()
    page = person.type_password(r)
    late = person.browser.copy()
    url, values = late.filled(page, {"code": "000000"})
    got = early.once("POST", url, values, initiator=page.url)
    assert got.page.screen in (21, 22, 23), got
    url, values = early.filled(r, {"username": person.name,
                                   "password": person.password})
    got = early.once("POST", url, values, initiator=r.url)
    assert got.page.screen == 11 and got.page.key == page.page.key, \
        "the answer that was kept, not a new one"
    assert person.enrol(page).url == site.url("wiki")


def test_round_of_another_exchange(site, person):
    """Two tabs: the id of one with the token of the other."""
    a = person.ask(site.url("wiki"))
    b = person.ask(site.url("desk"))
    _, one = person.browser.filled(a, {})
    _, two = person.browser.filled(b, {})
    id_one = dict(one)["csn-round"].partition(".")[0]
    token_two = dict(two)["csn-round"].partition(".")[2]
    before = logins(site)
    url, values = person.browser.filled(a, {
        "csn-round": "%s.%s" % (id_one, token_two),
        "username": person.name, "password": person.password})
    got = person.browser.once("POST", url, values, initiator=a.url)
    assert got.status in (200, 400) and got.page.screen in (21, 22, 34), got
    assert logins(site) == before


def test_ten_tabs(site, person):
    """Each is a login of its own; the oldest may be dropped, and says so in
    words; the cookies stay within what proxies take."""
    pages = [person.ask(site.url("wiki", "/%d" % i)) for i in range(10)]
    line = person.browser.cookie_line(site.host("login"))
    assert len(line) < 7000
    r = person.type_password(pages[9])
    r = person.enrol(r)
    assert r.url == site.url("wiki", "/9")
    for i in (8, 4, 0):
        r = person.type_password(pages[i])
        # this browser is logged in: its session wins, or the page says that
        # it has expired and leads on by one button
        if r.page.screen == 22:
            r = person.browser.click(r, "Log in to wiki.e2e.localhost")
        elif r.page.screen == 6:
            r = person.type_code(r)
        assert r.url == site.url("wiki", "/%d" % i), (i, r)


def test_two_enrolments_at_once(site, person):
    """Two browsers of one person, each with a key on its page: one device."""
    other = person.new_browser()
    a = person.type_password(person.ask(site.url("wiki")))
    b = person.type_password(person.ask(site.url("wiki"), other),
                             browser=other)
    assert a.page.screen == b.page.screen == 11
    assert a.page.key != b.page.key
    first = person.enrol(a)
    assert first.url == site.url("wiki")
    device = person.device
    r = person.type_code(b, Device(b.page.key).code(),
                         browser=other)
    assert r.url != site.url("wiki"), r
    assert other.once("GET", site.url("wiki")).status == 302
    assert len(site.audit(subject=person.name, event="enrolled")) == 1
    r = person.type_password(person.ask(site.url("wiki"), other),
                             browser=other)
    assert r.page.screen == 6
    assert person.type_code(r, device.code(), other).url == site.url("wiki")


def test_ticket_is_good_once_and_here(site, person):
    """The hand-over: used, at another host, in another browser."""
    person.login()
    b = person.browser
    r = b.once("GET", site.url("desk"))                  # 302 to start
    r = b.once("GET", r.header("location"))              # 303 to login
    r = b.once("GET", r.header("location"))              # 303 to enter
    enter = r.header("location")
    assert "/.countersign/enter?t=" in enter
    ticket = urllib.parse.urlsplit(enter).query
    # another browser
    stranger = person.new_browser()
    got = stranger.once("GET", enter)
    assert got.page.screen == 24 and not stranger.cookies(
        site.host("desk")), got
    # it was taken there, so it is used up: the rightful browser goes on
    got = b.get(enter)
    assert got.url == site.url("desk"), got
    # a fresh one, at another host
    b.cookies(site.host("desk")).pop("__Host-countersign")
    r = b.once("GET", site.url("desk", "/x"))
    r = b.once("GET", r.header("location"))
    r = b.once("GET", r.header("location"))
    ticket = urllib.parse.urlsplit(r.header("location")).query
    got = b.once("GET", site.url("notes", "/.countersign/enter?" + ticket))
    assert got.page.screen == 24, got
    assert "__Host-countersign" not in b.cookies(site.host("notes"))
    assert site.audit(event="hand-over-refused")
