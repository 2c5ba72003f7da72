# SPDX-License-Identifier: Apache-2.0
"""The help desk: somebody found, looked at, helped; never an administrator."""
import json
import re

import pytest

import state
import test_account
from people import Person
from servers import Device, Site, until
from test_notify import MAIL
from test_pages import chromium  # noqa: F401

GROUPS = "ou=groups,dc=example,dc=com"
PEOPLE = "ou=people,dc=example,dc=com"
DESK = """groups:
  helpers: {{ corp: "cn=helpers,{g}" }}
  admins: {{ corp: "cn=admins,{g}" }}
"""
MORE = """desk:
  require: [ corp then phone ]
  allow: {{ groups: [helpers] }}
  fresh: {{ phone: 10m }}
  may: [look-up, unlock, end-sessions, temporary-code, enrol-link, reset]
  not_for: {{ groups: [admins], users: [{boss}] }}
notify:
  mail: {{ command: [{dir}/mail], from: no-reply@example.com }}
  people: [desk-action, temporary-code]
"""


class Company:
    def __init__(self, directory):
        self.names = [next(directory.fresh) for _ in range(4)]
        for g, n in (("helpers", self.names[0]), ("admins", self.names[1])):
            directory.add("dn: cn=%s,%s\nobjectClass: groupOfNames\ncn: %s\n"
                          "member: uid=%s,%s\n" % (g, GROUPS, g, n, PEOPLE))
        self.site = Site(directory, start=False, phone=(
            "    recovery_codes: 10\n    recover_by: [recovery-code, desk]"),
            enrol="{ first_login: true, link: { valid: 3d, uses: 1 } }",
            throttle="{ per_person: 3, per_source: 10000 }")
        self.post = self.site.dir / "post"
        self.post.mkdir()
        (self.site.dir / "mail").write_text(MAIL.format(dir=self.post))
        (self.site.dir / "mail").chmod(0o755)
        self.site.write(edit=lambda t: t.replace(
            "groups:\n", DESK.format(g=GROUPS), 1), more=MORE.format(
                boss=self.names[2], dir=self.site.dir))
        self.site.command("init")
        self.site.start()
        self.helper = self.person(0)
        self.login(self.helper)

    def person(self, i):
        return Person(self.site, self.names[i], "pw-u")

    def login(self, p, browser=None):
        """With the recovery codes kept."""
        r = p.type_password(p.ask(self.site.url("wiki"), browser),
                            browser=browser)
        if r.page.screen == 11:
            r = p.enrol(r, browser)
            r = (browser or p.browser).submit(r, {"kept": "1"})
        else:
            r = p.type_code(r, browser=browser)
        assert r.url == self.site.url("wiki"), r
        return r

    def desk(self, who=None):
        p = who or self.helper
        r = p.browser.get(self.site.url("login", "/desk"))
        if r.page.screen in (6, 17):
            r = p.type_code(r)
        return r

    def find(self, text):
        return self.helper.browser.submit(self.desk(), {"find": text})


@pytest.fixture(scope="module")
def company(directory):
    c = Company(directory)
    yield c
    c.site.close()


def test_found_and_looked_at(company, somebody):
    p = somebody(company.site)
    company.login(p)
    r = company.desk()
    assert r.page.screen == 33, r
    r = company.find(p.name)
    assert "corp/" + p.name in r.page.text, r
    assert "Authenticator app" in r.page.text and "Last logged in" in \
        r.page.text
    assert p.device.secret not in r.text and p.name not in r.url
    e = company.site.audit(event="desk-looked-up", subject=p.name)[-1]
    assert e["details"]["by"] == company.helper.name, e
    r = company.find("nobody-at-all")
    assert "Nobody of that name" in r.page.text, r
    e = company.site.audit(event="desk-looked-up")[-1]
    assert "nobody-at-all" not in json.dumps(e) and e["reason"] == "nobody"
    # somebody of the directory who never came
    q = somebody(company.site)
    assert "Never logged in" in company.find(q.name).page.text
    # by what a page showed
    r = p.browser.get(company.site.url("desk", "/staff"))
    assert r.status == 403 and r.page.reference, r
    r = company.find(r.page.reference.lower().replace("-", " "))
    assert "corp/" + p.name in r.page.text, r


def test_who_is_let_in(company, somebody):
    p = somebody(company.site)
    company.login(p)
    r = company.desk(p)
    assert r.status == 403 and r.page.screen == 19, r
    anon = p.new_browser()
    r = anon.get(company.site.url("login", "/desk"))
    assert r.page.screen == 2, r
    url = company.site.url("login", "/desk")
    r = anon.go("POST", url, [("find", p.name)], initiator=url)
    assert p.name not in r.text and r.page.screen != 33, r


def test_a_form_of_another_site(company, somebody):
    """CSRF: neither from elsewhere nor without this session's token."""
    p = somebody(company.site)
    company.login(p)
    b = company.helper.browser
    r = company.find(p.name)
    url, values = b.filled(r, {}, "Log out everywhere")
    before = state.rows(company.site)
    x = b.go("POST", url, values, initiator="https://evil.example.org/")
    assert "have ended" not in x.text, x     # its cookie stayed at home
    x = b.go("POST", url, [v for v in values if v[0] != "csn-token"],
             initiator=r.url)
    assert "Find somebody" in x.page.text, x
    for odd in ("reset", "reset:corp", "end:phone", "rm:phone", "link:"):
        x = b.go("POST", url, [v for v in values if v[0] != "csn-wish"] +
                 [("csn-wish", odd)], initiator=r.url)
        assert x.status == 400, (odd, x)
    changed = {k for k, v in state.rows(company.site).items()
               if before.get(k) != v}
    assert all(k[0] in "drax" for k in changed), changed
    assert p.browser.once("GET", company.site.url("wiki")).status == 200


def test_sessions_and_waits(company, somebody):
    p = somebody(company.site)
    company.login(p)
    # not where she has logged in before: there she would go on
    b = p.new_browser(source="127.0.0.88")
    r = p.ask(company.site.url("wiki"), b)
    for _ in range(4):
        r = p.type_password(r, "wrong", browser=b)
    assert r.status == 429, r
    r = company.helper.browser.submit(company.find(p.name), {},
                                      "Unlock after failed tries")
    assert "can try again now" in r.page.text, r
    r = company.helper.browser.submit(r, {}, "Log out everywhere")
    assert "have ended" in r.page.text, r
    until("she is out", lambda: p.browser.once(
        "GET", company.site.url("wiki")).status == 302, 3)
    b = p.new_browser(source="127.0.0.88")
    r = p.type_password(p.ask(company.site.url("wiki"), b), browser=b)
    assert r.page.screen == 6, r
    for event in ("desk-unlocked", "desk-sessions-ended"):
        e = company.site.audit(event=event, subject=p.name)[-1]
        assert e["details"]["by"] == company.helper.name, e
    until("she was told", lambda: len([
        f for f in company.post.glob("mail.*")]) >= 2)


def test_forgotten_phone(company, somebody):
    """A temporary code: shown once, for as many logins as were chosen, where
    `recover_by: desk` says so."""
    p = somebody(company.site)
    company.login(p)
    h = company.helper.browser
    ask = h.submit(company.find(p.name), {}, "Give a temporary code")
    r = h.submit(ask, {"hours": "1000", "uses": "3"}, "Give a temporary")
    assert "1 to 168 hours" in r.page.text, r
    r = h.submit(ask, {"hours": "1", "uses": "３"}, "Give a temporary")
    code = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}",
                     r.page.text)[0]
    assert "3 logins" in r.page.text, r
    log = (company.site.dir / "audit.json").read_text()
    assert code not in log and code not in company.site.daemon.said()
    assert code not in str(state.rows(company.site))
    for left in (2, 1, 0):
        b = p.new_browser()
        r = p.type_password(p.ask(company.site.url("wiki"), b), browser=b)
        r = b.submit(r, {"code": ""}, "No phone at hand?")
        assert "temporary code" in r.page.text, r
        r = b.submit(r, {"recovery-code": code.lower()})
        assert r.url == company.site.url("wiki"), r
        e = company.site.audit(event="plugin:temporary-code-used")[-1]
        assert int(e["details"]["left"]) == left, e
        if left == 1:
            # nor is it a way to what would outlast it (E5)
            r = test_account.wish(b, test_account.page(company.site, b),
                                  "add:phone")
            assert r.page.screen == 17, r
            r = b.submit(r, {"code": ""}, "Use a recovery code")
            r = b.submit(r, {"recovery-code": code})
            assert r.page.screen == 8 and r.page.roles["alert"], r
    # where the device itself is asked for it opens nothing
    r = b.get(company.site.url("desk", "/device/x"))
    assert r.page.screen == 17 and "No phone" not in r.page.text, r
    b = p.new_browser()
    r = p.type_password(p.ask(company.site.url("wiki"), b), browser=b)
    r = b.submit(r, {"code": ""}, "No phone at hand?")
    r = b.submit(r, {"recovery-code": code})
    assert r.page.screen == 8 and r.page.roles["alert"], r


def test_lost_phone(company, somebody):
    """Removed, then a link: the way back in without an administrator."""
    p = somebody(company.site)
    company.login(p)
    h = company.helper.browser
    r = h.submit(company.find(p.name), {}, "Remove all devices")
    assert "Make a set-up link now" in r.page.text, r
    r = h.submit(r, {}, "Make a set-up link")
    link = re.search(r"https://\S+/enrol/[\w-]{22}", r.page.text)[0]
    b = p.new_browser()
    r = p.type_password(p.ask(company.site.url("wiki"), b), browser=b)
    assert r.page.screen == 14, "only by the link: %s" % r
    p.browser = p.new_browser()
    r = p.type_password(p.browser.get(link))
    assert r.page.screen == 11, r
    r = p.browser.submit(p.enrol(r), {"kept": "1"})
    assert r.page.screen == 20, r


@pytest.mark.parametrize("size,language,words", [
    ("desk", "en", "Name or reference"), ("phone", "ja", "お問い合わせ番号")])
def test_in_a_browser(company, somebody, chromium, size,  # noqa: F811
                      language, words):
    c = chromium(size, language)
    p = somebody(company.site)
    company.login(p)
    h = company.helper
    c.open(company.site.url("login", "/desk"))
    c.submit(username=h.name, password=h.password)
    c.submit(code=h.device.code())
    assert c.screen() == 33 and words in c.text(), c.text()
    c.judged("desk")
    c.submit(find=p.name)
    assert p.name in c.text(), c.text()
    # the device's first name is a text, in the reader's language
    assert ("Authenticator app" in c.text()) == (language == "en"), c.text()
    c.judged("desk-person")
    c.follow("button[value='temporary:phone']")
    c.judged("desk-temporary")
    c.submit(hours="2")
    assert re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", c.text())
    c.judged("desk-code")


# The last one: the directory is down in it, and not asked again at once.
def test_never_for(company, somebody, directory):
    """Not for administrators, not for oneself, not where the directory does
    not say; and not by a button that another page had."""
    h = company.helper.browser
    p = somebody(company.site)
    company.login(p)
    usual = company.find(p.name)
    for name in (company.names[1], company.names[2]):
        r = company.find(name)
        assert "an administrator looks after it" in r.page.text, r
        assert "Log out everywhere" not in r.page.text
        url, values = h.filled(usual, {}, "Log out everywhere")
        who = dict(r.page.form.fields)["csn-who"]
        r = h.go("POST", url, [(k, who if k == "csn-who" else v)
                               for k, v in values], initiator=usual.url)
        assert "an administrator looks after it" in r.page.text, r
        assert not company.site.audit(event="desk-sessions-ended",
                                      subject=name)
    r = company.find(company.helper.name)
    assert "their own account" in r.page.text
    assert "Log out everywhere" not in r.page.text
    directory.stop()
    try:
        r = company.find(p.name)
        assert "an administrator looks after it" in r.page.text, r
    finally:
        directory.resume()
