# SPDX-License-Identifier: Apache-2.0
"""People renamed, merged, forgotten: by the operator, beside the daemon."""
import json
import signal
import subprocess
import time

import pytest

import state
from people import Person
from servers import BUILD, SANITIZED, plugins, until

PEOPLE = "ou=people,dc=example,dc=com"


def called(p):
    return "uid=%s,%s" % (p.name, PEOPLE)


def married(directory, p, name):
    """The directory calls the same entry something else."""
    directory.modify("dn: %s\nchangetype: modrdn\nnewrdn: uid=%s\n"
                     "deleteoldrdn: 1\n" % (called(p), name))


def test_shown(site, somebody):
    p = somebody(site)
    p.login()
    said = site.command("people", "show", p.name, "--json").stdout
    x = json.loads(said)
    assert x["subject"] == p.name and x["known"] and x["last_login"], x
    assert [e["factor"] for e in x["enrolled"]] == ["phone"], x
    assert x["enrolled"][0]["how"] == "at first login"
    assert [i["factor"] for i in x["ids"]] == ["corp"] and x["ids"][0]["id"]
    assert len(x["sessions"]) == 1 and len(x["devices"]) == 1, x
    assert p.device.secret not in said
    text = site.command("people", "show", p.name).stdout
    assert "last_login: 20" in text and p.device.secret not in text
    assert site.audit(event="person-shown", subject=p.name)[-1]["details"][
        "by"].startswith("uid ")
    x = site.json("people", "show", "nobody-at-all")
    assert not x["known"] and x["devices"] == []


def test_renamed_keeps_her_phone(site, directory, somebody):
    """E8: the directory has her under another name, which is refused until
    somebody says that it is she."""
    p = somebody(site)
    p.login()
    old, p.name = p.name, p.name + "-sato"
    married(directory, Person(site, old, ""), p.name)
    b = p.new_browser()
    r = p.type_password(p.ask(site.url("wiki"), b), browser=b)
    assert r.status == 403, r
    # what would come of it changes nothing
    before = state.rows(site)
    x = site.json("people", "rename", old, p.name, "--dry-run")
    assert x["done"] is False and x["records_of_factors"] == 1, x
    assert state.rows(site, before) == before
    assert not site.audit(event="person-moved", subject=old)
    x = site.json("people", "rename", old, p.name)
    assert x["done"] and x["sessions_ended"] == 1, x
    e = site.audit(event="person-moved", subject=old)[-1]
    assert e["details"]["to"] == p.name and "uid" in e["details"]["by"], e
    # the sessions of the old name have ended, on this node too
    until("the old session is out", lambda: p.browser.once(
        "GET", site.url("wiki")).status == 302, 3)
    b = p.new_browser()
    r = p.type_password(p.ask(site.url("wiki"), b), browser=b)
    assert r.page.screen == 6, r
    r = p.type_code(r, browser=b)
    assert r.url == site.url("wiki") and p.name in r.text, r
    r = site.command("people", "rename", old, p.name, check=False)
    assert r.returncode == 1 and "done already" in r.stderr, r
    # the old name is nobody's, and not free for whoever has its password
    assert site.json("people", "show", old)["link_required"]


def test_merged(site, somebody):
    a, b = somebody(site), somebody(site)
    a.login()
    b.login()
    r = site.command("people", "rename", a.name, b.name, check=False)
    assert r.returncode == 1 and "people merge" in r.stderr, r
    before = state.rows(site)
    r = site.command("people", "merge", a.name, b.name, check=False)
    assert r.returncode == 1 and "two sets of devices at `phone`" in r.stderr
    assert "two different accounts of `corp`" in r.stderr, r
    assert "--keep from" in r.stderr and state.rows(site, before) == before
    r = site.command("people", "merge", a.name, b.name, "--keep", "both",
                     check=False)
    assert r.returncode == 1 and "`from` or `into`" in r.stderr, r
    site.json("people", "merge", a.name, b.name, "--keep", "into")
    assert site.audit(event="person-moved", subject=a.name)[-1]["details"][
        "merged"] == "yes"
    fresh = b.new_browser()
    r = b.type_password(b.ask(site.url("wiki"), fresh), browser=fresh)
    r = b.type_code(r, browser=fresh)
    assert r.url == site.url("wiki"), r
    # who still has the other's password may not enrol by it
    fresh = a.new_browser()
    r = a.type_password(a.ask(site.url("wiki"), fresh), browser=fresh)
    assert r.status == 403 and r.page.screen == 14, r


def test_erased(site, somebody):
    p, q = somebody(site), somebody(site)
    p.login()
    q.login()
    b = p.new_browser()
    b.get(site.url("wiki"))
    x = site.json("people", "erase", p.name, "--dry-run")
    assert x["done"] is False and x["records_of_factors"] == 1, x
    x = site.json("people", "erase", p.name)
    assert x["done"] and x["sessions_ended"] == 1, x
    until("she is out", lambda: p.browser.once(
        "GET", site.url("wiki")).status == 302, 3)
    x = site.json("people", "show", p.name)
    assert not x["known"] and x["last_login"] is None, x
    e = site.audit(event="person-erased")[-1]
    assert p.name not in json.dumps(e) and e["details"]["account"], e
    assert q.browser.once("GET", site.url("wiki")).status == 200
    r = site.command("people", "erase", p.name, check=False)
    assert r.returncode == 1 and "nothing is kept" in r.stderr, r


def test_wrong_usage(site):
    for words in (["show"], ["rename", "a"], ["merge", "a"], ["erase"],
                  ["rename", "a", "b", "--keep", "from"],
                  ["show", "a", "--dry-run"], []):
        r = site.command("people", *words, check=False)
        assert r.returncode == 2 and "people merge FROM INTO" in r.stderr, r
    r = site.command("people", "rename", "a", "A", check=False)
    assert r.returncode == 1 and "same name" in r.stderr, r
    r = site.command("people", "list", check=False)
    assert r.returncode == 2 and "--file" in r.stderr, r


@pytest.mark.parametrize("op", ["rename", "erase"])
def test_killed_and_run_again(site, somebody, op):
    """kill -9 at any moment, beside the daemon: run again, it is done."""
    killed = 0
    for i in range(12):
        p = somebody(site)
        p.login()
        words = [op, p.name] + ([p.name + "-x"] if op == "rename" else [])
        child = subprocess.Popen(
            [str(BUILD / "gateway/countersign"), "-c", str(site.conf),
             "--plugins", str(plugins()), "people"] + words,
            env=SANITIZED, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        time.sleep(i * 0.008)
        child.send_signal(signal.SIGKILL)
        killed += child.wait() == -signal.SIGKILL
        r = site.command("people", *words, check=False)
        assert r.returncode == 0 or "done already" in r.stderr, r
        x = site.json("people", "show", p.name)
        assert x["devices"] == [] and x["sessions"] == [], x
        if op == "rename":
            x = site.json("people", "show", p.name + "-x")
            assert len(x["devices"]) == 1 and len(x["ids"]) == 1, x
    assert killed
