# SPDX-License-Identifier: Apache-2.0
"""What people are told by mail: by a program, never on a login's path."""
import email
import email.policy
import re
import signal

import pytest

import state
from servers import Device, Site, until
from test_account import page, wish
from test_recovery import shown

MAIL = """#!/bin/sh
n=$(date +%s%N)
printf '%s\\n' "$@" >"{dir}/args.$n"
cat >"{dir}/part.$n"
mv "{dir}/part.$n" "{dir}/mail.$n"
"""
ALL = "[device-added, device-removed, recovery-code-used, " \
    "browser-remembered]"


class Post:
    """A site whose mail program leaves letters in a folder."""

    def __init__(self, directory, **settings):
        self.site = Site(directory, start=False, more="", phone=(
            "    recovery_codes: 10\n    recover_by: recovery-code"),
            **settings)
        self.dir = self.site.dir / "post"
        self.dir.mkdir()
        self.program = self.site.dir / "mail"
        self.becomes(MAIL.format(dir=self.dir))
        self.site.write(more="""notify:
  mail: {{ command: ["{p}", -t, "{{to}}"], from: no-reply@example.com }}
  people: {all}
remember: {{ phone: 30d }}""".format(p=self.program, all=ALL))
        self.site.command("init")
        self.site.start()

    def becomes(self, text):
        self.program.write_text(text)
        self.program.chmod(0o755)

    def letters(self):
        return [email.message_from_bytes(f.read_bytes(),
                                         policy=email.policy.default)
                for f in sorted(self.dir.glob("mail.*"))]

    def one(self, p, word):
        """The letter to this person with that word in its subject."""
        return until("a letter to %s: %s" % (p.name, word), lambda: next(
            (m for m in self.letters() if word in m["subject"] and
             p.name in m.get_content()), None))

    def metric(self, name):
        return int(re.search(r"^countersign_%s (\d+)$" % name,
                             self.site.metric()[1], re.M)[1])


@pytest.fixture(scope="module")
def post(directory):
    p = Post(directory)
    yield p
    p.site.close()


def test_letters(post, somebody):
    """A device, a recovery code, a reset: each to its owner, in words."""
    p = somebody(post.site)
    r = p.type_password(p.ask(post.site.url("wiki")))
    r = p.enrol(r)
    codes = shown(r.page)
    r = p.browser.submit(r, {"kept": "1"})
    assert r.url == post.site.url("wiki"), r
    m = post.one(p, "A device was added")
    assert m["to"] == "%s@example.com" % p.name, m["to"]
    assert "no-reply@example.com" in m["from"]
    assert "Example Remote Access" in m["from"]
    assert m["auto-submitted"] == "auto-generated" and m["message-id"]
    body = m.get_content()
    assert "new device for “Authenticator app”" in body
    assert "Account: " + p.name in body and "Address: 127.0.0.1" in body
    assert "Asia/Tokyo" in body and "Service desk, ext. 7000" in body
    assert p.device.secret not in body
    assert not any(c in body for c in codes)
    args = next(post.dir.glob("args.*")).read_text().split("\n")
    assert args[:2] == ["-t", "%s@example.com" % p.name], args

    b = p.new_browser()
    r = p.type_password(p.ask(post.site.url("wiki"), b), browser=b)
    r = b.submit(r, {"code": ""}, "Use a recovery code")
    r = b.submit(r, {"recovery-code": codes[0]})
    r = b.submit(r, {})
    assert r.url == post.site.url("wiki"), r
    post.one(p, "A recovery code was used")
    post.site.command("factor", "phone", "reset", "--user", p.name)
    m = post.one(p, "A device was removed")
    assert "Address" not in m.get_content()
    until("nothing is left", lambda: not [
        k for k in state.rows(post.site) if k.startswith("q/")])
    assert post.metric("notices_lost_total") == 0


def test_own_doing(post, somebody):
    """What one does at /account, and a browser that is remembered."""
    p = somebody(post.site)
    r = p.type_password(p.ask(post.site.url("wiki")))
    p.browser.submit(p.enrol(r), {"kept": "1"})
    post.one(p, "A device was added")
    b = p.new_browser()
    r = p.type_password(p.ask(post.site.url("wiki"), b), browser=b)
    b.submit(r, {"code": p.device.code(), "csn-remember": "1"})
    m = post.one(p, "A browser is remembered")
    assert "Address: 127.0.0.1" in m.get_content()
    r = wish(b, page(post.site, b), "add:phone")
    r = p.type_code(r, browser=b)
    r = b.submit(r, {"code": Device(r.page.key).code()})
    assert "was added" in r.page.text, r
    until("a second letter", lambda: len([
        m for m in post.letters() if p.name in m.get_content() and
        "A device was added" in m["subject"]]) == 2)
    r = wish(b, page(post.site, b), "remove:phone")
    assert "was removed" in r.page.text, r
    post.one(p, "A device was removed")


def test_imported_once(post, somebody):
    """A device of another system is told of once, however often its file is
    read, and not by a dry run."""
    path = post.site.dir / "devices"

    def brought_in(*people, dry=()):
        path.write_text("".join("otpauth://totp/Old:%s?secret=%s&issuer=Old\n"
                                % (p.name, 4 * "GEZDGNBV") for p in people))
        path.chmod(0o600)
        return post.site.command("import-devices", "phone", "--file", path,
                                 *dry).stdout
    first, last = somebody(post.site), somebody(post.site)
    assert "1 devices would be taken" in brought_in(first, dry=("dry",))
    assert "1 devices taken" in brought_in(first)
    post.one(first, "A device was added")
    assert "0 devices taken, 1 there already" in brought_in(first)
    assert "1 devices taken, 1 there already" in brought_in(first, last)
    post.one(last, "A device was added")    # letters leave in their order
    assert len([m for m in post.letters()
                if m["to"] == first.name + "@example.com"]) == 1


def test_in_japanese(post, somebody):
    p = somebody(post.site, language="ja")
    r = p.type_password(p.ask(post.site.url("wiki")))
    p.browser.submit(p.enrol(r), {"kept": "1"})
    m = post.one(p, "端末が登録されました")
    assert "「認証アプリ」の端末が新しく" in m.get_content()
    assert "ヘルプデスク 内線7000" in m.get_content()


def enrolled(post, p):
    r = p.type_password(p.ask(post.site.url("wiki")))
    r = p.browser.submit(p.enrol(r), {"kept": "1"})
    assert r.url == post.site.url("wiki"), r


def tried(post, p):
    """When the program was called for this person."""
    tries = post.dir / "tries"
    return [float(line.split()[1]) for line in tries.read_text().splitlines()
            if p.name in line] if tries.exists() else []


def test_no_login_waits(post, somebody):
    """A program that hangs, one that fails, one that is slow: logins go on,
    and the letter comes when it is right again."""
    good = MAIL.format(dir=post.dir)
    post.becomes("#!/bin/sh\nexec sleep 100\n")
    p, before = somebody(post.site), post.metric("notices_failed_total")
    enrolled(post, p)
    # who waits for a program that hangs goes on when it is given up
    assert post.metric("notices_failed_total") == before
    until("it was given up for now", lambda: "did not end in time" in
          post.site.daemon.said(), 30)
    until("it is counted", lambda: post.metric("notices_failed_total") >
          before)
    post.becomes("#!/bin/sh\necho \"$2 $(date +%%s.%%N)\" >>\"%s/tries\"\n"
                 "exit 75\n" % post.dir)
    q = somebody(post.site)
    enrolled(post, q)
    at = tried(post, q)
    assert all(b - a > 4.9 for a, b in zip(at, at[1:])), (
        "the second five seconds later", at)
    failed = post.metric("notices_failed_total")
    until("it was tried", lambda: post.metric("notices_failed_total") >
          failed, 30)
    post.becomes(good.replace("cat >", "sleep 1; cat >"))
    for who in (p, q):
        until("a letter at last", lambda: any(
            who.name in m.get_content() for m in post.letters()), 150)
    assert not [m for m in post.letters() if m["to"] is None]


def test_killed_meanwhile(post, somebody):
    """Nothing is lost when the daemon dies."""
    good = MAIL.format(dir=post.dir)
    post.becomes("#!/bin/sh\nexit 75\n")
    p = somebody(post.site)
    enrolled(post, p)
    post.site.daemon.kill(signal.SIGKILL)
    post.site.daemon.child.wait(60)
    post.becomes(good)
    post.site.start_daemon()
    m = until("the letter", lambda: next(
        (m for m in post.letters() if p.name in m.get_content()), None), 90)
    assert m["subject"]


def test_no_address(post, directory, somebody):
    p = somebody(post.site)
    directory.modify("dn: uid=%s,ou=people,dc=example,dc=com\n"
                     "changetype: modify\ndelete: mail\n" % p.name)
    enrolled(post, p)
    e = until("it is said", lambda: post.site.audit(
        event="notice-dropped", subject=p.name), 30)[0]
    assert e["reason"] == "there is no mail address"
    assert post.metric("notices_lost_total") >= 1
