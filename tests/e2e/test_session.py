# SPDX-License-Identifier: Apache-2.0
"""Sessions: step-up, freshness, leaving, ending from outside."""
from servers import until, within

NAME = "__Host-countersign"


def in_(site, person, host="wiki", browser=None):
    """Is this browser let in there, as it stands?"""
    r = (browser or person.browser).once("GET", site.url(host))
    assert r.status in (200, 302), r
    return r.status == 200


def test_step_up_asks_for_the_rest_only(site, person):
    person.login()                       # has a device now
    b = person.new_browser()
    r = person.type_password(person.ask(site.url("notes"), b), browser=b)
    assert r.url == site.url("notes")
    before = site.json("sessions", "list", "--user", person.name)
    notes = b.cookies("notes.e2e.localhost")[NAME].value
    r = b.get(site.url("wiki"))
    assert r.page.screen in (6, 17), "only the code is asked: %s" % r
    assert person.name in r.page.classes["who"]
    assert "password" not in r.page.form.inputs
    r = person.type_code(r, browser=b)
    assert r.url == site.url("wiki")
    after = site.json("sessions", "list", "--user", person.name)
    assert {s["id"] for s in before} == {s["id"] for s in after}, \
        "a step-up keeps the session"
    assert b.cookies("notes.e2e.localhost")[NAME].value == notes
    assert in_(site, person, "notes", b), "the old cookie is still good"
    assert site.audit(subject=person.name, event="step-up")


def test_step_up_without_a_device_begins_anew(site, person):
    """Who has no second factor walks the whole way to enrol: a carried proof
    enrols nothing (E2)."""
    r = person.type_password(person.ask(site.url("notes")))
    assert r.url == site.url("notes")
    r = person.browser.get(site.url("wiki"))
    assert r.page.screen in (2, 17) and "password" in r.page.form.inputs, r
    r = person.browser.submit(r, {"username": person.name,
                                  "password": person.password})
    assert r.page.screen == 11, r
    assert person.enrol(r).url == site.url("wiki")


def test_step_up_pins_the_person(site, somebody):
    """Another person's proof ends the exchange, and the session stays what
    it was."""
    p, q = somebody(site), somebody(site)
    for x in (p, q):
        x.login()
    b = p.new_browser()
    p.type_password(p.ask(site.url("notes"), b), browser=b)
    r = b.get(site.url("wiki"))
    r = b.submit(r, {"code": q.device.code()})
    assert r.page.screen in (6, 17), "q's code is a wrong code of p's: %s" % r
    assert not in_(site, p, "wiki", b) and in_(site, p, "notes", b)


def test_fresh_asks_only_what_is_too_old(site, person):
    person.login()
    url = site.url("desk", "/fresh/x")
    r = person.browser.get(url)
    assert r.url == url, "just proved: fresh enough"
    until("the code grows too old for this page", lambda: person.browser.once(
        "GET", url).status == 302, 30)
    assert in_(site, person, "wiki"), "elsewhere it is still good"
    r = person.browser.get(url)
    assert r.page.screen == 17 and "password" not in r.page.form.inputs, r
    assert "fresh" in r.page.text
    r = person.type_code(r)
    assert r.url == url and r.status == 200, r


# ----------------------------------------------------------------------
# Leaving


def test_log_out_from_the_application(site, person):
    """A link of the application ends the session here and everywhere it was
    handed over to."""
    person.login()
    person.browser.get(site.url("desk"))
    other = person.browser.copy()        # a thief's copy of all cookies
    r = person.browser.get(site.url("wiki", "/.countersign/logout"),
                           initiator=site.url("wiki"))
    assert r.status == 200 and r.page.screen == 29, r
    assert "Log in again" in r.page.text
    assert r.header("clear-site-data")
    for b in (person.browser, other):
        for host in ("wiki", "desk"):
            assert not in_(site, person, host, b)
    r = other.get(site.url("wiki"))
    assert r.page.screen == 2, "and no session at the login host"
    assert site.audit(subject=person.name, event="logout")


def test_log_out_link_from_elsewhere_only_asks(site, person):
    person.login()
    for initiator in ("https://evil.example/", site.url("desk")):
        r = person.browser.get(site.url("wiki", "/.countersign/logout"),
                               initiator=initiator)
        assert r.page.screen == 29 and r.page.forms, r
        assert in_(site, person)
    r = person.browser.get(site.url("login", "/logout"),
                           initiator="https://evil.example/")
    assert r.page.forms and in_(site, person)
    r = person.browser.submit(r)
    assert "logged out" in r.page.text and not in_(site, person)


def test_log_out_form_of_another_site(site, person):
    person.login()
    r = person.browser.get(site.url("login", "/logout"))
    url, values = person.browser.filled(r, {})
    got = person.browser.once("POST", url, values,
                              initiator="https://evil.example/")
    assert in_(site, person), got
    got = person.browser.once("POST", url, [], initiator=r.url)
    assert in_(site, person), "without its token: %s" % got


def test_log_out_token_of_somebody_else(site, somebody):
    p, q = somebody(site), somebody(site)
    p.login(), q.login()
    r = p.browser.get(site.url("login", "/logout"))
    url, values = p.browser.filled(r, {})
    q.browser.once("POST", url, values, initiator=r.url)
    assert in_(site, p) and in_(site, q)


def test_log_out_everywhere(site, person):
    person.login()
    phone = person.new_browser()
    person.login(browser=phone)
    r = person.browser.get(site.url("login", "/logout"))
    r = person.browser.submit(r, button="all devices")
    assert "all devices" in r.page.text, r
    assert not in_(site, person)
    until("the other device is out too",
          lambda: not in_(site, person, "wiki", phone), 3)
    assert site.json("sessions", "list", "--user", person.name) == []
    # and a new login is good, in the same second
    assert person.login(browser=phone).url == site.url("wiki")


def test_logged_out_stays_logged_out(site, person):
    """The page never logs in again by itself, and says so again."""
    person.login()
    r = person.browser.get(site.url("login", "/logout"))
    person.browser.submit(r)
    r = person.browser.get(site.url("login", "/logout"))
    assert r.status == 200 and "logged out" in r.page.text, r


# ----------------------------------------------------------------------
# From outside


def test_revoked_by_the_operator(site, person):
    """Within a second, on the running daemon, by the store's feed."""
    def revoke():
        person.login()
        listed = site.json("sessions", "list", "--user", person.name)
        assert len(listed) == 1 and listed[0]["subject"] == person.name
        assert listed[0]["factors"] == ["corp", "phone"]
        site.command("sessions", "revoke", listed[0]["id"])
        return lambda: not in_(site, person)
    within(2, "the session ends", revoke)
    assert site.json("sessions", "list", "--user", person.name) == []
    r = person.browser.get(site.url("wiki"))
    assert r.page.screen == 2 and "logged out" in r.page.text, \
        "why one has to log in again"


def test_revoked_by_name(site, person):
    phone = person.new_browser()

    def revoke():
        person.login()
        person.login(browser=phone)
        site.command("sessions", "revoke", "--user", person.name.upper())
        return lambda: not in_(site, person) and \
            not in_(site, person, "wiki", phone)
    within(2, "both end", revoke)
    e = site.audit(subject=person.name, event="sessions-revoked")[-1]
    assert "uid" in e["details"]["by"]
    assert person.login().url == site.url("wiki")


def test_revoked_in_the_middle_of_a_step_up(site, person):
    """At completion the session must still live (S5)."""
    person.login()
    b = person.new_browser()
    person.type_password(person.ask(site.url("notes"), b), browser=b)
    r = b.get(site.url("wiki"))
    site.command("sessions", "revoke", "--user", person.name)
    r = person.type_code(r, browser=b)
    assert r.url != site.url("wiki") and not in_(site, person, "wiki", b), r
    until("the session ends", lambda: not in_(site, person, "notes", b))


def test_two_sessions_in_one_browser_are_none(site, somebody):
    p, q = somebody(site), somebody(site)
    p.login(), q.login()
    lines = [x.browser.cookies("login.e2e.localhost")[NAME].value
             for x in (p, q)]
    r = p.new_browser().once("GET", site.url("login", "/login"), headers={
        "Cookie": "; ".join("%s=%s" % (NAME, v) for v in lines)})
    assert p.name not in r.page.text and q.name not in r.page.text
    assert site.audit(event="two-sessions", reason="S3")
