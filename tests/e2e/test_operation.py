# SPDX-License-Identifier: Apache-2.0
"""Running it: reload, throttles, enrolment, the command, logs, readiness."""
import contextlib
import json
import os
import re
import signal
import socket
import sqlite3
import threading
import urllib.parse

import pytest

from people import Person
from servers import SANITIZED, TOP, Device, Process, until

# ----------------------------------------------------------------------
# SIGHUP


@pytest.fixture
def own(make_site):
    return make_site()


def test_reload_during_a_login(own, somebody):
    p = somebody(own)
    r = p.ask(own.url("wiki"))
    own.write(lambda t: t.replace("Example Remote Access", "Another Name"))
    assert "read again" in own.reload()
    r = p.type_password(r)
    assert r.page.screen == 11 and "Another Name" in r.page.title
    assert "read again" in own.reload()
    assert p.enrol(r).url == own.url("wiki")
    assert "read again" in own.reload()
    assert p.browser.once("GET", own.url("wiki")).status == 200


BROKEN = {
    "misspelt": (lambda t: t.replace("policies:", "polices:"), "polices"),
    "cut": (lambda t: t[:len(t) // 2] + "{", "countersign.yml:"),
    "no such factor": (lambda t: t.replace("corp then phone",
                                           "corp then fone"), "fone"),
    "no such plugin": (lambda t: t.replace("plugin: totp", "plugin: topt"),
                       "topt"),
    "empty": (lambda t: "", "countersign.yml"),
    "another store": (lambda t: t.replace("state/state.db", "state/x.db"),
                      "restart"),
    "open to others": (None, "others"),
}


LISTENERS = {   # what a reload cannot give a listener, and was silent about
    "address": ("client_address: X-Real-IP", "client_address: X-Client"),
    "mode": ("mode: 0660", "mode: 0600"),
    "peers": ("dialect: nginx", "dialect: nginx\n    peers: [root]"),
    "dialect": ("dialect: nginx", "dialect: haproxy"),
}


@pytest.mark.parametrize("how", LISTENERS)
def test_reload_that_changes_a_listener(own, how):
    """Who takes a peer off the list must know that it still gets in."""
    good = own.conf.read_text()
    for _ in range(2):
        said = own.reload()
        until("it was read", lambda: "read again" in own.daemon.said())
        assert "restart only" not in said, said
    before = len(own.daemon.said())
    own.conf.write_text(good.replace(*LISTENERS[how], 1))
    for n in (1, 2):        # and each time that it is still so
        own.reload()
        until("it is said", lambda: own.daemon.said()[before:].count(
            "`listen` change with a restart only") == n)
    own.conf.write_text(good)
    own.reload()


@pytest.mark.parametrize("how", BROKEN)
def test_bad_reload_during_a_login(own, somebody, how):
    p, q = somebody(own), somebody(own)
    p.login()
    r = q.type_password(q.ask(own.url("wiki")))
    edit, word = BROKEN[how]
    good = own.conf.read_text()
    if edit is None:
        own.conf.chmod(0o666)
    else:
        own.conf.write_text(edit(good))
    said = own.reload()
    until("it is said that nothing changed", lambda: "stays in force" in
          own.daemon.said())
    assert word in own.daemon.said(), said
    assert q.enrol(r).url == own.url("wiki")
    assert p.browser.once("GET", own.url("wiki")).status == 200
    assert own.ready()
    own.conf.write_text(good)
    own.conf.chmod(0o600)
    assert "read again" in own.reload()


def test_reload_that_changes_the_policy_of_a_login(own, somebody):
    """Its exchange restarts, with the same target (S4); a session is judged
    by today's policy at the next check."""
    p, q = somebody(own), somebody(own)
    q.login()
    r = p.ask(own.url("wiki", "/x"))
    own.write(lambda t: t.replace(
        "    allow: { groups: [everybody] }\n",
        "    allow: { groups: [staff] }\n"))
    assert "read again" in own.reload()
    r = p.type_password(r)
    assert r.page.screen == 2, "from the start again: %s" % r
    assert "wiki.e2e.localhost" in r.page.classes["host"]
    r = q.browser.once("GET", own.url("wiki"))
    assert r.status == 403 and r.page.screen == 19, r


def test_reload_that_takes_a_way_out(own, somebody):
    """A session's proofs count for what the file says now."""
    p = somebody(own)
    p.login()
    own.write(lambda t: t.replace("""  - name: wiki
    match: { host: "%s" }
    require:
      - corp then phone
""" % own.host("wiki"), """  - name: wiki
    match: { host: "%s" }
    deny: true
  - name: never
    match: { host: never.e2e.localhost }
    require:
      - corp then phone
""" % own.host("wiki")))
    assert "read again" in own.reload(), own.daemon.said()
    assert p.browser.once("GET", own.url("wiki")).status == 403
    assert p.browser.get(own.url("desk")).status == 200


# ----------------------------------------------------------------------
# Throttling

LIMITED = "{ per_person: 3, per_source: 10000 }"


def test_throttled_by_person(make_site, somebody):
    site = make_site(throttle=LIMITED)
    p, q = somebody(site), somebody(site)
    r = p.ask(site.url("wiki"))
    for _ in range(3):
        r = p.type_password(r, "wrong")
        assert r.page.screen == 2, r
    r = p.type_password(r)
    assert r.status == 429 and r.page.screen == 25, r
    assert int(r.header("retry-after")) > 0
    assert "has not been disabled" in r.page.text and r.page.reference
    assert re.search(r"again after \d\d:\d\d", r.page.text), r.page.text
    other = p.new_browser(source="127.0.0.77")
    r = p.type_password(p.ask(site.url("wiki"), other), browser=other)
    assert r.status == 429, "from anywhere: %s" % r
    # the same for a name that does not exist
    u = Person(site, "nobody-of-that-name", "x")
    ur = u.ask(site.url("wiki"))
    for _ in range(3):
        ur = u.type_password(ur)
        assert ur.page.screen == 2
    ur = u.type_password(ur)
    assert ur.status == 429 and ur.page.screen == 25, ur

    def without(text, reference):
        return re.sub(r"\d+", "", text.replace(reference, ""))
    assert without(r.page.text, r.page.reference) == without(
        ur.page.text, ur.page.reference)
    # others are not touched
    assert q.login().url == site.url("wiki")
    # the operator lifts it
    listed = [t for t in site.json("throttle", "list")
              if t["subject"] == p.name]
    assert len(listed) == 1 and listed[0]["factor"] == "corp", listed
    assert "nobody-of-that-name" not in json.dumps(
        site.json("throttle", "list")), "never a name that was typed"
    site.command("throttle", "lift", listed[0]["key"])
    assert p.login().url == site.url("wiki")
    assert site.audit(event="throttle-lifted")


def test_throttled_codes(make_site, somebody):
    """The second factor has a limit of its own; a right first factor does
    not lift it. Who is where they logged in before goes on."""
    site = make_site(throttle=LIMITED)
    p = somebody(site)
    p.login()
    b = p.new_browser(source="127.0.0.88")
    r = p.type_password(p.ask(site.url("wiki"), b), browser=b)
    for _ in range(3):
        assert r.page.screen == 6, r
        r = p.type_code(r, p.device.wrong(), b)
    r = p.type_code(r, browser=b) if r.page.screen == 6 else r
    assert r.status == 429 and r.page.screen == 25, r
    assert b.once("GET", site.url("wiki")).status == 302
    r = p.type_password(p.ask(site.url("wiki"), b), browser=b)
    if r.page.screen == 6:
        r = p.type_code(r, browser=b)
    assert r.status == 429, r
    assert p.login(browser=p.new_browser()).url == site.url("wiki")


def test_throttled_by_source(make_site, somebody):
    site = make_site(throttle="{ per_person: 100, per_source: 4 }")
    people = [somebody(site, source="127.0.0.88") for _ in range(5)]
    for p in people[:4]:
        r = p.type_password(p.ask(site.url("wiki")), "wrong")
        assert r.page.screen == 2, r
    p = people[4]
    r = p.type_password(p.ask(site.url("wiki")))
    assert r.status == 429 and r.page.screen == 25, r
    other = p.new_browser(source="127.0.0.89")
    assert p.login(browser=other).url == site.url("wiki")


def test_parallel_guesses(make_site, somebody):
    """Of many at once no more than the limit are ever looked at (P4)."""
    site = make_site(throttle="{ per_person: 4, per_source: 10000 }")
    p = somebody(site)
    pages = []
    for _ in range(12):
        b = p.new_browser()
        pages.append((b, p.ask(site.url("wiki"), b)))
    gate, out = threading.Barrier(12), []

    def guess(b, page):
        gate.wait()
        out.append(p.type_password(page, "wrong", browser=b).page.screen)
    threads = [threading.Thread(target=guess, args=x) for x in pages]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(out) == 12 and set(out) <= {2, 25}, out
    assert out.count(2) <= 4, out
    looked = [e for e in site.audit(event="login-failed")
              if e["reason"] == "credential"]
    assert len(looked) <= 4, looked


# ----------------------------------------------------------------------
# Enrolment by the operator


def link_for(site, p):
    made = site.json("enrol-link", p.name, "--factor", "phone")
    assert made["url"].startswith(site.url("login", "/enrol/")), made
    return made["url"]


def test_link_for_somebody(make_site, somebody):
    """It is made all the same: a directory may be down, or a person come by
    a provider that cannot be asked."""
    site = make_site(enrol="link")
    p = somebody(site)

    def link(name):
        r = site.command("--json", "enrol-link", name, "--factor", "phone")
        made = json.loads(r.stdout)
        assert made["subject"] == name.lower() and made["url"], made
        return made["known"], r.stderr
    assert link(p.name) == ("yes", "")
    known, said = link("Mistyped" + p.name)
    assert known == "no" and "warning: nobody is known as `mistyped%s`" \
        % p.name in said, said


def test_by_link_only(make_site, somebody):
    site = make_site(enrol="link")
    p, q = somebody(site), somebody(site)
    r = p.type_password(p.ask(site.url("wiki")))
    assert r.status == 403 and r.page.screen == 14, r
    assert "Service desk, ext. 7000" in r.page.text and r.page.reference
    url = link_for(site, p)
    assert url.split("/")[-1] not in (site.dir / "audit.json").read_text()
    # it replaces no step, and belongs to one person
    r = q.browser.get(url)
    assert r.page.screen == 2, r
    r = q.type_password(r)
    assert r.status == 403 and r.page.screen in (13, 14, 18), r
    # the right one, in a browser of nobody
    r = p.browser.get(url)
    assert r.page.screen == 2, r
    r = p.type_password(r)
    assert r.page.screen == 11, r
    r = p.browser.submit(r, {"code": "000000"})
    assert r.page.screen == 11, "a wrong code does not use it up"
    r = p.enrol(r)
    assert r.status == 200 and r.page.screen == 20, r
    assert p.browser.get(site.url("wiki")).status == 200
    assert site.audit(subject=p.name, event="enrolled")[-1]["reason"] == \
        "by link"
    # used up, for anybody
    for b in (p.browser, p.new_browser(), q.browser):
        r = b.get(url)
        assert r.status == 404 and r.page.screen == 13, r
        said = site.json("why", r.page.reference)
        assert [(e["event"], e["reason"]) for e in said] == [
            ("link-refused", "it was used up, or its time is over")], said
        # what strangers know of links does not stand there
        assert url.split("/")[-1] not in json.dumps(said)


def test_link_for_another_than_who_is_logged_in(site, somebody):
    p, q = somebody(site), somebody(site)
    q.login()
    r = q.browser.get(link_for(site, p))
    assert r.status == 403 and r.page.screen == 13, r
    assert q.name in r.page.text and p.name not in r.page.text


def test_reset_leaves_a_link_required(site, somebody):
    """The first thief after a reset gets nothing (E3)."""
    p = somebody(site)
    p.login()
    items = site.json("factor", "phone", "list", "--user", p.name)["items"]
    assert len(items) == 1 and items[0]["used"], items
    assert p.device.secret not in json.dumps(items)
    site.command("factor", "phone", "reset", "--user", p.name)
    assert site.json("factor", "phone", "list", "--user",
                     p.name)["items"] == []
    b = p.new_browser()
    r = p.type_password(p.ask(site.url("wiki"), b), browser=b)
    assert r.status == 403 and r.page.screen == 14, r
    until("the old session is out too", lambda: p.browser.once(
        "GET", site.url("wiki")).status == 302, 3)
    p.browser = p.new_browser()
    r = p.type_password(p.browser.get(link_for(site, p)))
    assert r.page.screen == 11, r
    assert p.enrol(r).page.screen == 20
    events = [e["event"] for e in site.audit(subject=p.name)]
    assert "factor-operation" in events and "enrol-link" in events


def test_enrol_network(make_site, somebody):
    site = make_site(enrol="\n    first_login: { networks: elsewhere }")
    p = somebody(site)
    r = p.type_password(p.ask(site.url("wiki")))
    assert r.status == 403 and r.page.screen == 14, r
    site.write(enrol="\n    first_login: { networks: here }")
    assert "read again" in site.reload()
    assert p.login().url == site.url("wiki")


# ----------------------------------------------------------------------
# The command beside the daemon


def test_explain(site):
    x = site.json("explain", "--url", site.url("wiki", "/x"))
    assert x["policy"] == "wiki" and x["kind"] == "require"
    assert x["ways"][0]["words"] == ["corp then phone"]
    x = site.json("explain", "--url", site.url("desk", "/closed/x"))
    assert x["kind"] == "deny" and "address was not told" in x["why"], \
        "a rule of this host looks at it"
    x = site.json("explain", "--url", site.url("desk", "/closed/x"), "--ip",
                  "127.0.0.1")
    assert x["policy"] == "desk-closed" and x["kind"] == "deny"
    x = site.json("explain", "--url", site.url("desk", "/network"), "--ip",
                  "192.0.2.9")
    assert x["policy"] == "desk-elsewhere"
    x = site.json("explain", "--url", site.url("desk", "/a%2fb"), "--ip",
                  "127.0.0.1")
    assert x["kind"] == "deny" and "%2F" in x["path_fault"]
    x = site.json("explain", "--url", site.url("wiki"), "--user", "alice",
                  "--groups", "everybody")
    assert x["allowed"] is True
    text = site.command("explain", "--url", site.url("wiki")).stdout
    assert "corp then phone" in text and "{" not in text


def test_explain_from_where(make_site):
    """A bypass is open from its network, and to nobody it is not for."""
    site = make_site(policies="""
  - name: bypass
    match: { host: bypass.example.com }
    require:
      - corp then phone
      - corp where network here and not group staff
""")
    r = site.command("check")
    assert "from the network `here` one proof is enough" in \
        r.stdout + r.stderr, r

    def ways(address, groups=""):
        x = site.json("explain", "--url", "https://bypass.example.com/",
                      "--ip", address, "--user", "alice", "--groups",
                      groups)
        return [w["open"] for w in x["ways"]]
    assert ways("127.0.0.9") == [True, True]
    assert ways("127.0.0.9", "staff") == [True, False]
    assert ways("192.0.2.1") == ways("2001:db8::1") == [True, False]


@pytest.mark.parametrize("argv,status", [
    ([], 2), (["nonsense"], 2), (["explain"], 2), (["why"], 2),
    (["sessions"], 2), (["sessions", "revoke"], 2), (["throttle"], 2),
    (["--nonsense"], 2), (["enrol-link", "alice"], 2),
    (["sessions", "revoke", "xyz"], 1),
    (["explain", "--url", "ftp://x/"], 1),
    # a slip of the pen is not explained as something else
    (["explain", "--url", "https://x/", "--ip", "127.0.0"], 1),
    (["explain", "--url", "https://x/", "--method", "get"], 1),
    (["explain", "--url", "https://x/", "--groups", "staff,stuff"], 1),
    (["throttle", "lift", "x"], 1), (["factor", "nobody"], 1),
    (["factor", "phone", "explode", "--user", "alice"], 1),
    (["enrol-link", "alice", "--factor", "corp"], 1),
    (["sessions", "list", "--realm", "nowhere"], 1),
    (["sessions", "revoke", "--user", "a\nb"], 1),
    (["why", "0000-0000"], 1),
    (["keys", "retire", "--ring", "records", "--id", "999"], 1),
    (["--help"], 0), (["--version"], 0), (["check"], 0), (["plugins"], 0),
    (["keys", "list"], 0), (["throttle", "list"], 0)],
    ids=lambda a: " ".join(a) if isinstance(a, list) else "")
def test_exit_status(site, argv, status):
    r = site.command(*argv, check=False)
    assert r.returncode == status, r
    if status:
        assert r.stderr.strip() and not r.stdout.strip(), r
    else:
        assert r.stdout.strip(), r


def test_options_of_other_commands(site):
    """One that a command does not take is not passed over: what was to be
    tried only would be done."""
    devices = site.dir / "devices"
    devices.write_text("otpauth://totp/x:alice?secret=" + "A" * 32 + "\n")
    before = site.json("sessions", "list")
    for argv, option in (
            (["restore", "/nonexistent", "--dry-run"], "--dry-run"),
            (["sessions", "revoke", "--user", "alice", "--dry-run"],
             "--dry-run"), (["sessions", "list", "--drop"], "--drop"),
            (["keys", "rotate", "--ring", "cookies", "--dry-run"],
             "--dry-run"), (["backup", "/nonexistent", "--check"], "--check"),
            (["init", "--dry-run"], "--dry-run"),
            (["why", "7KQ4-M2XD", "--user", "alice"], "--user"),
            (["people", "erase", "alice", "--keep", "from"], "--keep")):
        r = site.command(*argv, check=False)
        assert r.returncode == 2 and "takes no " + option in r.stderr, r
    assert site.json("sessions", "list") == before
    r = site.command("import-devices", "phone", "--file", devices,
                     "--dry-run")
    assert "1 devices would be taken" in r.stdout, r
    r = site.command("factor", "phone", "list", "--user", "alice", "--json")
    assert r.stdout.count('"id"') == 0, r


def test_help(site):
    """Of all, and of each: it does nothing else. On standard output, so that
    it can be read by pages."""
    r = site.command("--help")
    names = re.findall(r"^  ([a-z][a-z-]+) +\S", r.stdout, re.M)
    assert len(names) > 20 and r.stderr == "", r
    for name in names:
        for words in ([name, "--help"], ["-h", name], [name, "x", "--help"]):
            r = site.command(*words)
            lines = r.stdout.splitlines()
            assert lines[0].startswith("usage: countersign %s" % name) and \
                "countersign(1)" in lines[-1] and r.stderr == "", r
            used = re.findall(r"countersign (\S+)", "\n".join(lines[:-1]))
            assert set(used) == {name}, r
    for words in (["keys", "rotate"], ["keys", "rotate", "--ring", "cookie"],
                  ["people", "show"], ["report", "phone"]):
        r = site.command(*words, check=False)
        assert r.returncode == 2 and r.stdout == "" and \
            r.stderr.startswith("usage: countersign " + words[0]), r


def test_empty_arguments(site, somebody):
    """What a script's variable did not hold is not "all", nor "none":
    `adopt old ""` would drop all that `old` has."""
    p = somebody(site)
    p.login(site.url("wiki"))
    for words in (["adopt", "phone", ""], ["adopt", "--dry-run", "phone", ""],
                  ["sessions", "revoke", "", "--user", p.name],
                  ["browsers", "revoke", "", "--user", p.name],
                  ["report", "unenrolled", ""], ["check", ""]):
        r = site.command(*words, check=False)
        assert r.returncode == 2 and "an argument is empty" in r.stderr, r
    for words in (["sessions", "revoke", "--user", ""],
                  ["browsers", "revoke", "--user", ""],
                  ["factor", "phone", "reset", "--user", ""],
                  ["people", "erase", "x", "--realm", "nowhere"]):
        assert site.command(*words, check=False).returncode == 1, words
    assert p.browser.once("GET", site.url("wiki")).status == 200


def test_parameters_of_operations(site, somebody):
    """One that an operation does not take would leave its default."""
    p = somebody(site)
    p.login(site.url("wiki"))
    for words, said in ((["temporary", "hour=1"], "takes no `hour`; it takes"),
                        (["temporary", "hours=1", "hours=2"], "twice"),
                        (["list", "all"], "takes no `all`"),
                        (["rename", "=x"], "takes no ``")):
        r = site.command("factor", "phone", *words, "--user", p.name,
                         check=False)
        assert r.returncode == 1 and said in r.stderr, r
    r = site.command("factor", "phone", "list", "--user", p.name, "--json")
    assert r.stdout.count('"id"') == 1, r
    r = site.command("factor", "phone", "rename", "--user", p.name,
                     *["name=%d" % i for i in range(17)], check=False)
    assert r.returncode == 2, r
    r = site.command("factor", "phone", "temporary", "--user", p.name,
                     "hours=1", "uses=2")
    assert "-" in r.stdout, r
    # here it would be refused, which whoever gives it out has to know
    assert "counts nowhere: `recover_by`" in r.stderr, r
    r = site.command("factor", "phone", "temporary", "--user", "nobody",
                     check=False)
    assert r.returncode == 1 and "enrol-link" in r.stderr, r


def test_exit_status_of_faults(site):
    bad = site.dir / "bad.yml"
    bad.write_text("version: 1\nnonsense: true\n")
    bad.chmod(0o600)
    for argv in (["check", bad], ["-c", bad, "throttle", "list"],
                 ["-c", bad, "init"]):
        r = site.command(*argv, check=False)
        assert r.returncode == 3, r
        assert "%s:2:1:" % bad in r.stderr, r


def record_keys(site):
    """The keys that seal what factors keep: flags, version, then the id."""
    with contextlib.closing(sqlite3.connect(
            "file:%s?mode=ro" % (site.dir / "state/state.db"),
            uri=True)) as db:
        rows = db.execute("SELECT k, v, exp FROM kv").fetchall()
    kept = [(k, v) for k, v, _ in rows if bytes(k).startswith(b"k/")]
    assert kept, "nothing is kept: %s" % [bytes(k)[:2] for k, _, _ in rows]
    return {int.from_bytes(v[2:6], "big") for _, v in kept}


def test_keys_rotate_beside_the_daemon(make_site, somebody):
    """Old cookies stay good, new ones are of the new key, at once after a
    reload; the key that seals records is not retired."""
    site = make_site()
    p = somebody(site)
    p.login()
    before = site.json("keys", "list")
    site.command("keys", "rotate", "--ring", "cookies")
    site.command("keys", "rotate", "--ring", "records")
    after = site.json("keys", "list")
    assert len(after) == len(before) + 2
    assert [e["reason"] for e in site.audit(event="keys-changed")] == [
        "rotate cookies", "rotate records"]
    assert "uid" in site.audit(event="keys-changed")[0]["details"]["by"]
    assert "read again" in site.reload()
    assert p.browser.once("GET", site.url("wiki")).status == 200
    other = p.new_browser()
    assert p.login(browser=other).url == site.url("wiki")
    # what lies in the store is sealed anew, with nobody doing anything
    new = [k for k in after if k["ring"] == "records"][-1]["id"]
    until("records under the new key", lambda: record_keys(site) == {new})
    old = [k for k in before if k["ring"] == "records"][0]
    r = site.command("keys", "retire", "--ring", "records", "--id",
                     str(old["id"]), check=False)
    assert r.returncode == 1 and "records" in r.stderr, r
    assert p.browser.once("GET", site.url("wiki")).status == 200


def test_explain_factor(site):
    """Presets are seen, secrets are not."""
    told = site.json("explain-factor", "corp")
    assert told["plugin"] == "ldap"
    settings = {s["name"]: s["value"] for s in told["settings"]}
    assert settings["id"] == "entryUUID (flavour generic)", settings
    options = {o["option"]: o for o in told["options"]}
    assert options["bind_password"]["from"].startswith("file:")
    assert "svcpw" not in str(told)
    r = site.command("explain-factor", "corp").stdout
    assert "entryUUID" in r, r


def test_factor_tries_itself(site, make_site):
    """Reachable, trusted, and who somebody is, without a password."""
    told = site.json("test", "corp", "--user", "alice")
    assert told["good"] is True, told
    assert told["answer"] == "found" and told["subject"] == "alice", told
    assert {"group": "cn=everybody,ou=groups,dc=example,dc=com"} in \
        told["groups"], told
    assert told["groups_known"] is True and len(told["subject_id"]) == 36
    assert "cn=everybody" in site.command("test", "corp", "--user",
                                          "alice").stdout
    r = site.command("test", "corp", "--user", "nobody-here", check=False)
    assert r.returncode == 1 and "not found" in r.stdout, r
    r = site.command("test", "phone", "--user", "alice", check=False)
    assert r.returncode == 1 and "cannot look anybody up" in r.stderr, r
    down = make_site(ldap="ldaps://127.0.0.1:1")
    r = down.command("test", "corp", check=False)
    assert r.returncode == 1 and "127.0.0.1:1" in r.stdout + r.stderr, r


def test_why(site, person):
    r = person.type_password(person.ask(site.url("wiki")), "wrong")
    ref = r.page.reference
    assert ref and r.header("x-countersign-reference") == ref
    text = site.command("why", ref).stdout
    for word in (ref, person.name, "corp", "wiki", "127.0.0.1"):
        assert word in text, text
    assert site.command("why", ref.lower().replace("-", "")).stdout


def test_why_for_a_month(own, somebody):
    """One event a day, each file rotated away by the next day's."""
    p, log = somebody(own), own.dir / "audit.json"
    r = p.type_password(p.ask(own.url("wiki")), "wrong")
    ref = r.page.reference
    for day in range(30, 0, -1):
        line = json.dumps({"time": "2026-11-%02dT03:00:00.000Z" %
                           (31 - day), "event": "login-failed",
                           "reference": ref, "reason": "day %d" % day},
                          separators=(",", ":"))
        (own.dir / ("audit.json.%d" % day)).write_text(
            '{"event":"login","reference":"AAAA-AAAA"}\n' + line +
            '\n{"event":"cut')
    found = own.json("why", ref)
    assert [e["reason"] for e in found] == [
        "day %d" % d for d in range(30, 0, -1)] + ["credential"], found
    r = own.command("why", "0000-0000", check=False)
    assert r.returncode == 1 and "older than the log is kept" in r.stderr, r
    assert log.exists()


# ----------------------------------------------------------------------
# Logs


def test_audit_lines(site, person):
    """Each line is one JSON object with a time and an event; a login can be
    followed; nothing secret is in any log."""
    r = person.type_password(person.ask(site.url("wiki")), "wr0ng-pass-w0rd")
    r = person.type_password(r)
    secret = r.page.key
    r = person.browser.submit(r, {"code": "314159"})
    person.device = Device(secret)
    code = person.device.code()
    person.type_code(r, code)
    person.browser.get(site.url("wiki", "/.countersign/logout"),
                       initiator=site.url("wiki"))
    events = site.audit(subject=person.name)
    assert [(e["event"], e.get("factor")) for e in events] == [
        ("login-failed", "corp"), ("factor-granted", "corp"),
        ("login-failed", "phone"), ("enrolled", "phone"),
        ("factor-granted", "phone"), ("login", None), ("logout", None)]
    for e in events:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
                            e["time"]) and e["realm"] == "corp"
        assert e["client"] == "127.0.0.1" and e["user_agent"] == "e2e"
    for text in ((site.dir / "audit.json").read_text(),
                 site.daemon.said(), site.nginx.said()):
        for word in ("wr0ng-pass-w0rd", "314159", secret, person.password,
                     "svcpw", "__Host-countersign="):
            assert word not in text, word
    mode = (site.dir / "audit.json").stat().st_mode & 0o777
    assert mode == 0o600


def test_audit_examples(site, person):
    """The lines of docs/operating.md are those that are written: the same
    members in the same order."""
    text = (TOP / "docs/operating.md").read_text()
    block = re.search(r"```json\n(.*?)```", text, re.S).group(1)
    shown = [json.loads(line) for line in block.splitlines()]
    r = person.type_password(person.ask(site.url("wiki")))
    r = person.browser.submit(r, {"code": "000000"})
    person.enrol(r)
    assert site.command("sessions", "revoke", "--user", person.name)

    def refused():
        # a line may also count what others were refused a moment ago
        person.browser.once("GET", site.url("desk", "/closed/x"))
        return [e for e in site.audit(event="access-denied",
                                      policy="desk-closed")
                if "details" not in e]
    until("the refusal is written", refused, pause=0.2)
    for e in shown:
        written = [w for w in site.audit(event=e["event"])
                   if e.get("reason") == w.get("reason") and
                   e.get("factor") == w.get("factor")]
        assert written, (e, site.audit(event=e["event"]))
        assert list(e) == list(written[-1]), (e, written[-1])
        assert set(e.get("details", ())) == set(
            written[-1].get("details", ())), (e, written[-1])


def test_audit_hostile_text(site, person):
    """A name or agent that would break a log, or fool its reader."""
    p = Person(site, "x\u202e\u0000"[:2] + '","event":"login', "pw",
               agent='a"\\\u001b[31m'.encode().decode("latin-1").replace(
                   "\x1b", "?"))
    p.type_password(p.ask(site.url("wiki")))
    for line in (site.dir / "audit.json").read_text().splitlines():
        e = json.loads(line)
        assert "\u202e" not in line and "\x1b" not in line
        assert e.get("subject") != p.name, "a name that nobody has"


def test_audit_reopened_after_rotation(own, somebody):
    p = somebody(own)
    p.login()
    log = own.dir / "audit.json"
    old = own.dir / "audit.json.1"
    log.rename(old)
    size = old.stat().st_size
    own.reload()
    p.login(browser=p.new_browser())
    assert old.stat().st_size == size
    assert own.audit(subject=p.name, event="login")


# ----------------------------------------------------------------------
# Health


def test_health(site, person):
    assert site.metric("/healthz") == (200, "alive\n")
    assert site.metric("/readyz")[0] == 200
    assert site.metric("/nothing")[0] == 404

    def count(name):
        return int(re.search(r"^countersign_%s (\d+)$" % name,
                             site.metric()[1], re.M).group(1))
    before = {n: count(n) for n in ("checks_allowed_total",
                                    "factors_granted_total")}
    person.login()
    assert count("factors_granted_total") == \
        before["factors_granted_total"] + 2
    assert count("checks_allowed_total") > before["checks_allowed_total"]
    assert person.name not in site.metric()[1]


def test_systemd_is_told(make_site):
    site = make_site()
    site.daemon.stop()
    path = str(site.dir / "notify")
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.bind(path)
    sock.settimeout(60)
    d = Process(site.dir / "notified.log", *site.daemon.child.args,
                env=dict(SANITIZED, NOTIFY_SOCKET=path))
    site.daemon = d

    def told():
        return sock.recv(4096).decode()
    assert "READY=1" in told(), d.said()
    d.kill(signal.SIGHUP)
    assert "RELOADING=1" in told()
    assert "READY=1" in told()
    d.kill()
    assert "STOPPING=1" in told()
    assert d.child.wait(60) == 0


def test_nobody_can_look_into_it(site):
    """No core, not dumpable: other processes of its user cannot attach."""
    pid = site.daemon.child.pid
    limits = open("/proc/%d/limits" % pid).read()
    assert re.search(r"Max core file size\s+0\s+0", limits)
    assert os.stat("/proc/%d/mem" % pid).st_uid == 0


def test_no_secret_in_urls(site, person):
    """What a browser shows in its address bar opens nothing by itself."""
    went = []
    r = person.ask(site.url("wiki"))
    went += r.went
    r = person.type_password(r)
    r = person.enrol(r)
    went += r.went
    for url in went:
        q = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)
        assert set(q) <= {"to", "t"}, url
        stranger = person.new_browser()
        got = stranger.get(url)
        assert person.name not in got.page.text
        assert stranger.once("GET", site.url("wiki")).status == 302
