# SPDX-License-Identifier: Apache-2.0
"""The daemon and an Active Directory, Samba's: servers and KDC by its own DNS,
the service account by a ticket, no password of ours in the configuration."""
import pathlib
import shutil
import socket
import subprocess

import pytest

from people import Person
from servers import (BUILD, CONFIGURATION, LOGS, PEERS, ROOT, SANITIZED,
                     Process, Site, data, plugins, run, until)
from test_login import told

BASE = "DC=ad,DC=example,DC=com"
ADDR = "127.0.0.2"
OURS, AD = CONFIGURATION.partition("    url: {ldap}\n")[::2]
AD = OURS + """\
    flavour: ad
    domain: ad.example.com
    ca: file:{ca}
    principal: svc@AD.EXAMPLE.COM
    keytab: file:svc.keytab.b64
    nested_groups: true
    password_change: true
""" + AD.partition("    group_mode: memberof\n")[2]
AD = AD.replace('"cn=everybody,ou=groups,dc=example,dc=com"',
                '"CN=Domain Users,CN=Users,%s"' % BASE).replace(
                    '"cn=staff,ou=groups,dc=example,dc=com"',
                    '"CN=g-top,CN=Users,%s"' % BASE)


def why_not():
    if not ROOT:
        return "Active Directory's ports need root"
    if not pathlib.Path("/usr/share/samba/setup/provision.ldif").exists():
        return "samba-ad-dc and samba-ad-provision are not installed"
    if run("unshare", "-m", "true", check=False).returncode != 0:
        return "a resolv.conf of its own needs a mount namespace"
    return None


class Domain:
    """tests/peers/samba.sh; one at a time, for its ports are what they
    are."""

    def __init__(self):
        self.claim = socket.socket(socket.AF_UNIX)
        until("another run's Samba ends", self.claimed, 300)
        self.dir = pathlib.Path(subprocess.check_output(
            ["mktemp", "-d", "/var/tmp/csn-ad-XXXXXX"], text=True).strip())
        self.ca, self.tls_port = self.dir / "tls/ca.crt", 636
        LOGS[self.dir / "samba.log"] = 0
        self.script("start")

    def claimed(self):
        try:
            self.claim.bind("\0countersign-test-samba")
        except OSError:
            return False
        return True

    def script(self, op):
        run("bash", PEERS / "samba.sh", op, self.dir, env={"ADDR": ADDR},
            seconds=600)

    def close(self):
        self.script("stop")
        shutil.rmtree(self.dir, ignore_errors=True)
        self.claim.close()


class AdSite(Site):
    TEXT = AD

    def write(self, edit=None, **settings):
        keytab = self.dir / "svc.keytab.b64"
        if not keytab.exists():
            shutil.copy(self.directory.dir / "svc.keytab.b64", keytab)
            keytab.chmod(0o600)
            (self.dir / "resolv.conf").write_text("nameserver %s\n" % ADDR)
        super().write(edit, **settings)

    def inside(self):
        """What runs with the domain's own DNS."""
        return ("unshare", "-m", "sh", "-c", 'mount --bind "$0" '
                '"$(readlink -f /etc/resolv.conf)" && exec "$@"',
                self.dir / "resolv.conf")

    def launch_daemon(self):
        self.daemon = Process(
            self.dir / "daemon.log", *self.inside(),
            BUILD / "gateway/countersignd", "-c", self.conf, "--plugins",
            plugins(), "--data", data(), env=dict(SANITIZED, TZ="UTC"))

    def tried(self, *argv):
        return run(*self.inside(), BUILD / "gateway/countersign", "-c",
                   self.conf, "--plugins", plugins(), *argv, check=False,
                   env=SANITIZED)


@pytest.fixture(scope="module")
def domain():
    why = why_not()
    if why:
        pytest.skip(why)
    d = Domain()
    yield d
    d.close()


@pytest.fixture(scope="module")
def ad(domain):
    s = AdSite(domain)
    yield s
    s.close()


def person(site, name, password=None):
    return Person(site, name, password or "Pw.%s.12345" % name)


def entered(site, name, typed=None, where="notes"):
    p = person(site, name)
    return p.type_password(p.ask(site.url(where)), name=typed)


@pytest.mark.parametrize("typed", ["alice", "ALICE", "alice@ad.example.com",
                                   "AD\\alice"])
def test_one_person_whatever_is_typed(ad, typed):
    r = entered(ad, "alice", typed)
    assert r.url == ad.url("notes"), r
    rq = told(r)
    assert rq["one"]["remote-user"] == "alice", rq
    groups = rq["one"]["remote-groups"].split(",")
    assert sorted(groups) == ["everybody", "staff"], groups


def test_group_within_groups_opens(ad):
    p = person(ad, "alice")
    assert p.login(ad.url("desk", "/staff")).status == 200
    p = person(ad, "bob")
    r = p.enrol(p.type_password(p.ask(ad.url("desk", "/staff"))))
    assert r.status == 403, r


@pytest.mark.parametrize("name,words", [
    ("disabled", "this account is disabled"),
    ("acctexp", "this account is expired"),
    ("hours", "this account is disabled")])
def test_told_after_the_right_password(ad, name, words):
    r = entered(ad, name)
    assert r.page.screen == 16 and words in r.page.text, r
    p = person(ad, name, "not-it")
    r = p.type_password(p.ask(ad.url("notes")))
    assert r.page.screen == 2 and words not in r.page.text, r


def test_locked_looks_like_wrong(ad):
    p = person(ad, "locked", "not-it")
    for _ in range(4):
        r = p.type_password(p.ask(ad.url("notes")))
        assert r.page.screen == 2, r
    r = entered(ad, "locked")
    assert r.page.screen == 2 and "locked for now" in r.page.text, r


@pytest.mark.parametrize("name", ["chg-must", "chg-old"])
def test_changed_within_the_login(ad, name):
    p = person(ad, name)
    r = p.type_password(p.ask(ad.url("notes")))
    assert r.page.screen == 15, r
    new = "Fresh.98765-" + name
    fields = {"password": p.password, "new-password": "short",
              "new-password-again": "short"}
    r = p.browser.submit(r, fields)
    assert r.page.screen == 15 and "too short" in r.page.text, r
    r = p.browser.submit(r, dict(fields, **{"new-password": new,
                                            "new-password-again": new}))
    assert r.status == 200 and r.url == ad.url("notes"), r
    p = person(ad, name, new)
    r = p.type_password(p.ask(ad.url("notes")))
    assert r.status == 200 and r.url == ad.url("notes"), r


def test_the_operator_tries_it(ad):
    r = ad.tried("test", "corp")
    assert r.returncode == 0, r.stdout + r.stderr
    assert "dc1.ad.example.com:636 answers" in r.stdout + r.stderr, r


def test_gone_and_back(ad, domain):
    domain.script("stop")
    p = person(ad, "alice")
    r = p.type_password(p.ask(ad.url("notes")))
    assert r.status == 503 and "not working" in r.page.text, r
    domain.script("start")

    def back():
        q = person(ad, "alice")
        return q.type_password(q.ask(ad.url("notes"))).url == ad.url("notes")
    until("logins work again", back, 30)
