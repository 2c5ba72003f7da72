# SPDX-License-Identifier: Apache-2.0
"""A factor that goes on under another name: nobody's phone is left behind."""
import base64
import contextlib
import random
import re
import signal
import sqlite3
import subprocess
import time

import pytest

from servers import BUILD, plugins


def renamed(text):
    """`phone` is called `app` from now on, everywhere."""
    text = re.sub(r"(?m)^  phone:$", "  app:", text)
    text = re.sub(r"(?m)^  phone: ", "  app: ", text)
    return text.replace("then phone", "then app").replace("phone: 10s",
                                                          "app: 10s")


def test_renamed(make_site, somebody):
    site = make_site()
    p = somebody(site)
    p.login()
    # the daemon refuses it while it runs, and goes on
    site.write(renamed)
    said = site.reload()
    assert "the factor `phone` of the plugin totp is gone" in said
    assert "and 1 people have enrolled it" in said
    assert "countersign adopt phone NEW" in said and "stays in force" in said
    p.browser = p.new_browser()
    p.login()
    # so do `check`, which says the same, and a start
    r = site.command("check", check=False)
    assert r.returncode == 3 and "adopt --drop phone" in r.stderr, r
    r = site.command("doctor", check=False)
    assert r.returncode == 2 and "countersign adopt phone NEW" in r.stdout
    site.daemon.stop()
    with pytest.raises(AssertionError, match="the factor `phone` of the"):
        site.start_daemon()
    # counted, and nothing done
    r = site.json("adopt", "--dry-run", "phone", "app")
    assert r == {"from": "phone", "to": "app", "people_enrolled": 1,
                 "ids_bound": 0, "records": r["records"], "clashes": 0,
                 "done": False}
    assert r["records"] >= 1 and not site.audit(event="factor-adopted")
    assert site.command("check", check=False).returncode == 3
    # done, and in the audit log
    assert site.json("adopt", "phone", "app")["done"]
    event, = site.audit(event="factor-adopted")
    assert event["factor"] == "phone" and event["details"]["to"] == "app"
    assert "uid" in event["details"]["by"]
    assert site.command("check").returncode == 0
    site.start_daemon()
    # the phone is the one it was, and nobody enrols anew
    p.browser = p.new_browser()
    r = p.type_password(p.ask(site.url("wiki")))
    assert r.page.screen == 6, r
    used = p.device.code()
    r = p.type_code(r, used)
    assert r.url == site.url("wiki") and r.status == 200, r
    # a code that was used is still used
    p.browser = p.new_browser()
    r = p.type_code(p.type_password(p.ask(site.url("wiki"))), used)
    assert r.page.screen == 6, r
    r = site.command("adopt", "phone", "app", check=False)
    assert r.returncode == 1 and "such are: none" in r.stderr, r


def test_dropped(make_site, somebody):
    """Another kind of factor in its place: by link only, not for the first
    who has the password."""
    site = make_site(
        enrol="{ first_login: true }",
        factors="  spare:\n    plugin: totp\n    issuer: Spare\n")
    site.write(lambda t: t.replace(
        "throttle:", "  spare: { first_login: true }\nthrottle:"))
    assert "read again" in site.reload()
    p = somebody(site)
    p.login()

    def without(text):
        text = re.sub(r"(?m)^  phone:\n(    .*\n)+", "", text)
        text = re.sub(r"(?m)^  phone: .*\n", "", text)
        return text.replace("then phone", "then spare").replace(
            "phone: 10s", "spare: 10s").replace(
            "throttle:", "  spare: { first_login: true }\nthrottle:")

    site.write(without)
    assert "adopt --drop phone" in site.reload()
    for argv, word in ((["phone", "corp"], "of the plugin ldap"),
                       (["phone", "nobody"], "no factor `nobody`"),
                       (["spare", "spare"], "such are: `phone`")):
        r = site.command("adopt", *argv, check=False)
        assert r.returncode == 1 and word in r.stderr, r
    for argv in (["phone"], [], ["--drop", "phone", "spare"]):
        assert site.command("adopt", *argv, check=False).returncode == 2
    assert site.json("adopt", "--drop", "--dry-run", "phone")[
        "people_enrolled"] == 1
    assert site.json("adopt", "--drop", "phone")["done"]
    assert site.audit(event="factor-dropped")
    assert "read again" in site.reload()
    # the session is over as after a reset, and a first login does not enrol
    r = p.browser.get(site.url("wiki"))
    assert r.page.screen == 2, r
    r = p.type_password(r)
    assert r.page.screen not in (6, 11), r
    link = site.json("enrol-link", p.name, "--factor", "spare")
    assert "http" in str(link)


@contextlib.contextmanager
def held(site):
    """A store in which nobody can write, for a while."""
    db = sqlite3.connect(site.dir / "state/state.db", isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        db.execute("ROLLBACK")
        db.close()


def test_killed_in_the_middle(make_site):
    """However often: it is gone on with, and every device is there once."""
    site = make_site()
    people = ["p%05d" % i for i in range(400)]
    path = site.dir / "devices.csv"
    key = base64.b32encode(b"12345678901234567890").decode()
    path.write_text("username,guac-totp-key-secret,guac-totp-key-confirmed\n" +
                    "".join("%s,%s,true\n" % (n, key) for n in people))
    path.chmod(0o600)
    site.command("import-devices", "phone", "--file", path)
    site.daemon.stop()
    site.write(renamed)
    kills, rnd = 0, random.Random(4)
    argv = [str(a) for a in (BUILD / "gateway/countersign", "-c", site.conf,
                             "--plugins", plugins(), "adopt", "phone",
                             "app")]
    for i in range(60):
        with held(site) if i == 0 else contextlib.nullcontext(), \
                subprocess.Popen(argv, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True) as child:
            # later and later: killed on any machine, and done in the end
            time.sleep(0.01 + 0.01 * i + rnd.uniform(0, 0.05))
            child.send_signal(signal.SIGKILL)
            out, err = child.communicate()
        if child.returncode == 0:
            break
        assert child.returncode == -signal.SIGKILL, (out, err)
        kills += 1
        r = site.command("check", check=False)
        if r.returncode == 0:
            break       # it was between its commit and its end: as counted
        assert r.returncode == 3, r
    else:
        assert site.json("adopt", "phone", "app")["done"]
    with sqlite3.connect(site.dir / "state/state.db") as db:
        def count(prefix):
            return db.execute(
                "SELECT count(*) FROM kv WHERE k >= ? AND k < ?",
                (prefix, prefix + b"\xff")).fetchone()[0]
        assert count(b"k/phone/") == 0 and count(b"k/app/") >= 400
        assert count(b"p/corp/") == 400
        assert count(b"store/adopting") == 0
    assert kills >= 1
    site.start_daemon()
    for name in rnd.sample(people, 5):
        r = site.command("factor", "app", "list", "--user", name, "--json")
        assert r.stdout.count('"id"') == 1, r
