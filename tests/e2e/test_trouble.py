# SPDX-License-Identifier: Apache-2.0
"""What others do wrong: directory, store, keys, audit log, the daemon itself.

Each is a clear error, access is never wider, and afterwards all goes on.
"""
import contextlib
import shutil
import signal
import sqlite3
import time

import pytest

from disks import small_disk
from servers import (PEERS, SANITIZED, Device, Process, Site, Stub,
                     free_port, plugins, run, until)
from state import logins


def said_trouble(r):
    """Screen 28: in words, 503, when to try again, a reference."""
    assert r.status == 503 and r.page.screen == 28, r
    assert int(r.header("retry-after")) > 0
    assert "You did nothing wrong" in r.page.text and r.page.reference
    return r.page.reference


def tries(site, p, browser=None):
    """A password sent; the answer, and that it let nobody in."""
    before = logins(site)
    r = p.type_password(p.ask(site.url("wiki"), browser), browser=browser)
    assert logins(site) == before
    assert (browser or p.browser).once("GET", site.url("wiki")).status == 302
    return r


# ----------------------------------------------------------------------
# The directory

MODES = ["mute", "tls-mute", "wrong-name", "cut", "garbage", "hang-search",
         "hang-person", "busy", "huge", "wrong-id", "flood", "twice",
         "referral"]


@pytest.fixture(scope="module")
def lonely(directory):
    """A site whose directory is chosen by each test, by a reload."""
    s = Site(directory, patience="3s")
    yield s
    s.close()


def reloaded(site, **settings):
    site.write(**settings)
    assert "read again" in site.reload(), site.daemon.said()


def test_directory_down(lonely, somebody):
    reloaded(lonely, ldap="ldaps://127.0.0.1:%d" % free_port())
    p = somebody(lonely)
    for _ in range(3):
        ref = said_trouble(tries(lonely, p))
    e = lonely.audit(reference=ref)
    assert e and e[-1]["event"] == "login-error", e
    why = lonely.command("why", ref).stdout
    assert ref in why and "cannot be reached; is it up" in why, why
    # our trouble is nobody's failed try
    assert lonely.json("throttle", "list") in ([], None) or all(
        t["failures"] == 0 for t in lonely.json("throttle", "list"))


@pytest.mark.parametrize("mode", MODES)
def test_directory_that_misbehaves(lonely, directory, somebody, mode):
    stub = Stub(mode, directory)
    try:
        reloaded(lonely, ldap="ldaps://127.0.0.1:%d" % stub.port)
        p = somebody(lonely)
        p.name, p.password = "alice", "pw-alice"
        start = time.monotonic()
        r = tries(lonely, p)
        if mode in ("twice", "flood"):  # two entries are nobody
            assert r.page.screen == 2 and r.page.roles["alert"], r
        else:
            e = lonely.audit(reference=said_trouble(r))[-1]
            assert "directory server" in e["reason"], e
        assert time.monotonic() - start < 20
    finally:
        stub.close()


def test_directory_of_another_authority(lonely, directory, somebody):
    other = lonely.dir / "other"
    other.mkdir()
    run("bash", "-c", '. "$1/common.sh"; ca_make "$2"', "bash", PEERS,
        other)
    reloaded(lonely, ldap="ldaps://127.0.0.1:%d" % directory.tls_port,
             ca=other / "ca.crt")
    e = lonely.audit(reference=said_trouble(tries(
        lonely, somebody(lonely))))[-1]
    assert "its certificate is refused: " in e["reason"], e
    assert "; `ca` names the authority" in e["reason"], e
    reloaded(lonely, ca=directory.ca)
    p = somebody(lonely)
    assert p.login().url == lonely.url("wiki"), "and with the right one"


def test_directory_goes_and_comes_back(lonely, directory, somebody):
    reloaded(lonely, ldap="ldaps://127.0.0.1:%d" % directory.tls_port)
    p, q = somebody(lonely), somebody(lonely)
    p.login()
    page = q.type_password(q.ask(lonely.url("wiki")))
    open_page = p.ask(lonely.url("wiki"), p.new_browser())
    directory.stop()
    try:
        assert p.browser.get(lonely.url("wiki")).status == 200, \
            "who is in stays in"
        assert q.enrol(page).url == lonely.url("wiki"), \
            "and who has given the password goes on"
        other = p.new_browser()
        said_trouble(tries(lonely, p, other))
    finally:
        directory.resume()
    assert open_page.page.screen == 2
    assert p.login(browser=other).url == lonely.url("wiki")


def test_other_ways_when_one_is_down(make_site, somebody):
    """A directory that is down, and local people beside it."""
    site = make_site(
        ldap="ldaps://127.0.0.1:%d\n    realm: corp" % free_port(),
        more="realms:\n  corp:\n    case: fold\n")

    def edit(text):
        return text.replace("factors:\n", """factors:
  local:
    plugin: file
    realm: corp
    label: { en: Local password, ja: ローカル }
    users: file:people
""").replace("      - corp then phone\n",
             "      - corp | local then phone\n", 1)
    people = site.dir / "people"
    people.write_text("rescue-1:" + run(
        "/usr/bin/python3", "-W", "ignore", "-c", "import crypt\n"
        "print(crypt.crypt('x', crypt.METHOD_SHA512))").stdout)
    people.chmod(0o600)
    site.write(edit)
    assert "read again" in site.reload(), site.daemon.said()
    p = somebody(site)
    r = p.browser.get(site.url("wiki"))
    assert r.page.screen == 1, r
    r = p.browser.click(r, "Password")
    r = p.type_password(r)
    assert r.page.screen == 26 and "not answering" in r.page.text, r
    assert any("disabled" in b for f in r.page.forms for b in f.buttons) \
        or "Not answering" in r.page.text


# ----------------------------------------------------------------------
# Store, keys and audit log at the start


def start_fails(site, *words):
    site.daemon.stop()
    with pytest.raises(AssertionError) as e:
        site.start_daemon()
    text = str(e.value)
    assert "ended" in text, text
    for word in words:
        assert word in text, text
    assert site.daemon.child.returncode == 1


STORES = {
    "missing": (lambda p: p.unlink(), ["state.db"]),
    "empty": (lambda p: p.write_bytes(b""), ["state.db"]),
    "text": (lambda p: p.write_text("not a database\n" * 500),
             ["state.db"]),
    "another SQLite file": (lambda p: (p.unlink(), run(
        "/usr/bin/python3", "-c", "import sqlite3, sys\n"
        "d = sqlite3.connect(sys.argv[1])\n"
        "d.execute('create table x (y)')\nd.commit()", p)), ["state.db"]),
    "cut": (lambda p: p.write_bytes(p.read_bytes()[:5000]), ["state.db"]),
    "a folder": (lambda p: (p.unlink(), p.mkdir()), ["state.db"]),
}


@pytest.mark.parametrize("how", STORES)
def test_store_at_start(make_site, somebody, how):
    site = make_site()
    p = somebody(site)
    p.login()
    path = site.dir / "state/state.db"
    site.daemon.stop()
    keep = site.dir / "keep.db"
    shutil.copy2(path, keep)
    for tail in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            (site.dir / ("state/state.db" + tail)).unlink()
    break_it, words = STORES[how]
    break_it(path)
    with pytest.raises(AssertionError) as e:
        site.start_daemon()
    for word in words:
        assert word in str(e.value), e.value
    # nginx says it in our words meanwhile, and never lets anybody in
    r = p.browser.once("GET", site.url("wiki"))
    assert r.status == 503 and "nothing wrong" in r.text, r
    assert int(r.header("retry-after")) > 0
    if path.is_dir():
        path.rmdir()
    shutil.copy2(keep, path)
    site.start_daemon()
    assert p.browser.get(site.url("wiki")).status == 200


def test_store_emptied_and_keys_exchanged(make_site, somebody):
    """A store that was made anew is not one where nobody is enrolled, and a
    store of other keys is not read."""
    site = make_site()
    p = somebody(site)
    p.login()
    site.daemon.stop()
    state = site.dir / "state"
    keys = site.dir / "keys"
    shutil.move(keys, site.dir / "keys.old")
    shutil.move(state, site.dir / "state.old")
    state.mkdir(mode=0o700)
    site.command("init")
    shutil.rmtree(state)
    shutil.copytree(site.dir / "state.old", state)
    with pytest.raises(AssertionError, match="other keys"):
        site.start_daemon()
    shutil.rmtree(keys)
    with pytest.raises(AssertionError, match="keys"):
        site.start_daemon()
    shutil.copytree(site.dir / "keys.old", keys)
    site.start_daemon()
    assert p.browser.get(site.url("wiki")).status == 200


def test_audit_log_that_cannot_be_written(make_site, somebody):
    """Logins fail, checks go on (O6)."""
    site = make_site()
    p, q = somebody(site), somebody(site)
    p.login()
    site.write(lambda t: t.replace("%s/audit.json" % site.dir, "/dev/full"))
    site.daemon.stop()
    site.daemon = None
    site.start_daemon()
    assert p.browser.get(site.url("wiki")).status == 200
    page = q.type_password(q.ask(site.url("wiki")))
    if page.page.screen == 11:
        q.device = Device(page.page.key)
        page = q.type_code(page)
    assert page.status in (403, 503), page
    assert q.browser.once("GET", site.url("wiki")).status == 302
    assert site.metric("/readyz")[0] == 503
    assert "audit" in site.metric("/readyz")[1]
    r = site.command("sessions", "revoke", "--user", p.name, check=False)
    assert r.returncode == 1 and "audit" in r.stderr, r
    assert p.browser.get(site.url("wiki")).status == 200


def test_disk_full(directory, somebody):
    site = Site(directory, start=False)
    try:
        with small_disk(site.dir / "state"):
            site.command("init")
            site.start()
            try:
                disk_full(site, somebody)
            finally:
                for name in ("nginx", "app", "daemon"):
                    getattr(site, name).stop()
                    setattr(site, name, None)
    finally:
        site.close()


def disk_full(site, somebody):
    p, q = somebody(site), somebody(site)
    p.login()
    filler = site.dir / "state/filler"
    with contextlib.suppress(OSError), open(filler, "wb") as f:
        while True:
            f.write(b"x" * 4096)
            f.flush()
    assert p.browser.get(site.url("wiki")).status == 200, "checks go on"
    r = q.type_password(q.ask(site.url("wiki")))
    if r.page.screen == 11:
        r = q.enrol(r)
    ref = said_trouble(r)
    assert q.browser.once("GET", site.url("wiki")).status == 302
    assert "the store does not answer" in site.command("why", ref).stdout
    filler.unlink()
    q.device = None
    until("logins work again", lambda: q.type_password(
        q.ask(site.url("wiki"))).page.screen == 11)
    assert q.login().url == site.url("wiki")
    assert p.browser.get(site.url("wiki")).status == 200
    # and read-only at the start: it says so, and serves nobody
    site.daemon.stop()
    run("mount", "-o", "remount,ro", site.dir / "state")
    try:
        with pytest.raises(AssertionError, match="state.db: "):
            site.start_daemon()
        assert p.browser.once("GET", site.url("wiki")).status == 503
    finally:
        run("mount", "-o", "remount,rw", site.dir / "state")
    site.start_daemon()
    assert p.browser.get(site.url("wiki")).status == 200


# ----------------------------------------------------------------------
# The daemon


def test_daemon_down(make_site, somebody):
    site = make_site()
    p = somebody(site)
    p.login()
    site.daemon.stop()
    for url in (site.url("wiki"), site.url("login", "/login"),
                site.url("desk", "/public"), site.url("open"),
                site.url("wiki", "/.countersign/start")):
        r = p.browser.once("GET", url)
        assert r.status == 503 and "ログインできない" in r.text, r
        assert int(r.header("retry-after")) > 0
        assert r.header("cache-control") == "no-store"
    r = p.browser.once("POST", site.url("wiki"), b"x", mode="cors")
    assert r.status == 503
    site.start_daemon()
    assert p.browser.get(site.url("wiki")).status == 200, \
        "sessions outlive a restart"


def test_daemon_hangs(make_site, somebody):
    site = make_site()
    p = somebody(site)
    p.login()
    with site.daemon.frozen():
        start = time.monotonic()
        r = p.browser.once("GET", site.url("wiki"))
        assert r.status == 503 and "nothing wrong" in r.text, r
        assert time.monotonic() - start < 12
    assert p.browser.get(site.url("wiki")).status == 200


def test_killed_between_two_rounds(make_site, somebody):
    """kill -9 after each answer; the browser just goes on."""
    site = make_site()
    p = somebody(site)

    def killed():
        site.daemon.kill(signal.SIGKILL)
        site.daemon.child.wait(60)
        site.start_daemon()
    r = p.ask(site.url("wiki"))
    killed()
    r = p.type_password(r)
    assert r.page.screen == 11
    key = r.page.key
    killed()
    r = p.browser.submit(r, {"code": "000000"})
    assert r.page.screen == 11 and r.page.key == key, r
    killed()
    r = p.enrol(r)
    assert r.url == site.url("wiki")
    killed()
    assert p.browser.once("GET", site.url("wiki")).status == 200
    assert p.browser.get(site.url("desk")).status == 200
    other = p.new_browser()
    r = p.type_password(p.ask(site.url("wiki"), other), browser=other)
    assert r.page.screen == 6, "the device was not lost"
    killed()
    r = p.type_code(r, browser=other)
    assert r.url == site.url("wiki")
    assert run("/usr/bin/python3", "-c", "import sqlite3, sys\n"
               "print(sqlite3.connect(sys.argv[1]).execute("
               "'pragma integrity_check').fetchone()[0])",
               site.dir / "state/state.db").stdout.strip() == "ok"


def test_stops_when_told(make_site, somebody):
    """SIGTERM: no new requests, what is under way is answered."""
    site = make_site()
    somebody(site).login()
    start = time.monotonic()
    assert site.daemon.stop() == 0, site.daemon.said()
    assert time.monotonic() - start < 12
    assert not (site.dir / "run/check.sock").exists()
    assert "stopping" in site.daemon.said()


def test_second_daemon_in_the_same_place(make_site):
    """It says what is wrong and leaves the first one alone."""
    site = make_site()
    first = site.daemon
    second = Process(site.dir / "second.log", *first.child.args,
                     env=SANITIZED)
    assert second.child.wait(60) == 1, second.said()
    assert "sock" in second.said()
    assert first.alive() and site.ready()
    site.daemon = first


# ----------------------------------------------------------------------
# A store that is locked, or older than it was


def test_store_locked_for_a_while(make_site, somebody):
    """Another process holds it: checks go on, a login waits or says so, and
    after that nothing is lost."""
    site = make_site()
    p, q = somebody(site), somebody(site)
    p.login()
    page = q.ask(site.url("wiki"))
    db = sqlite3.connect(site.dir / "state/state.db", isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    try:
        assert p.browser.once("GET", site.url("wiki")).status == 200
        start = time.monotonic()
        r = q.type_password(page)
        assert time.monotonic() - start < 30
        said_trouble(r)
        assert q.browser.once("GET", site.url("wiki")).status == 302
    finally:
        db.execute("ROLLBACK")
        db.close()
    until("logins work again", lambda: q.type_password(
        q.ask(site.url("wiki"))).page.screen == 11)
    assert q.login().url == site.url("wiki")


def test_store_older_than_it_was(make_site, somebody):
    """A copy of before a revocation must not bring the session back (O2)."""
    site = make_site()
    p, q = somebody(site), somebody(site)
    p.login()
    q.login()
    path, keep = site.dir / "state/state.db", site.dir / "keep.db"
    site.daemon.stop()
    shutil.copy2(path, keep)
    site.start_daemon()
    for x in (p, q):
        site.command("sessions", "revoke", "--user", x.name)
    until("it ends", lambda: p.browser.once(
        "GET", site.url("wiki")).status == 302)
    mark = site.dir / "keys/feed.mark"
    before = int(mark.read_text())
    until("the node has noted it", lambda: int(mark.read_text()) > before or
          before > 2)
    site.daemon.stop()
    for tail in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            (site.dir / ("state/state.db" + tail)).unlink()
    shutil.copy2(keep, path)
    site.launch_daemon()
    until("it listens", lambda: site.metric("/healthz")[0] == 200)
    status, why = site.metric("/readyz")
    assert status == 503 and "older than it was" in why, why
    until("the log says so, before anybody logs in", lambda:
          "error: no logins are accepted: the store is older than it was" in
          site.daemon.said())
    r = p.browser.once("GET", site.url("wiki"))
    assert r.status == 302, "not in again: %s" % r
    said_trouble(p.browser.get(site.url("wiki")))
    # the newer one is lost, says the operator: nobody is in, nobody comes in
    # while a code of before could be good
    site.command("store", "restored")
    until("the node goes on", lambda: "ten minutes" in
          site.metric("/readyz")[1])
    assert p.browser.once("GET", site.url("wiki")).status == 302
    said_trouble(p.browser.get(site.url("wiki")))
    assert not site.json("sessions", "list", "--user", p.name)
    assert site.audit(event="store-restored")
    site.daemon.stop()
    site.launch_daemon()
    until("it listens", lambda: site.metric("/healthz")[0] == 200)
    assert "ten minutes" in site.metric("/readyz")[1]


# ----------------------------------------------------------------------
# Plugins at the start

PLUGINS = {
    "missing": (lambda d: (d / "totp.so").unlink(), "totp"),
    "text": (lambda d: (d / "totp.so").write_text("hello\n"), "totp"),
    "cut short": (lambda d: (d / "totp.so").write_bytes(
        (d / "totp.so").read_bytes()[:20000]), "totp"),
    "another's": (lambda d: shutil.copy2("/lib/x86_64-linux-gnu/libm.so.6",
                                         d / "totp.so"), "totp"),
    "under another's name": (lambda d: shutil.copy2(
        d / "ldap.so", d / "totp.so"), "ldap"),
    "open to others": (lambda d: (d / "totp.so").chmod(0o666), "others"),
    "in a folder open to others": (lambda d: d.chmod(0o777), "others"),
    "the folder missing": (lambda d: shutil.rmtree(d), "plugin"),
}


@pytest.mark.parametrize("how", PLUGINS)
def test_plugin_at_start(make_site, how):
    """Named and not openable is no start."""
    site = make_site()
    site.daemon.stop()
    own = site.dir / "plugins"
    shutil.copytree(plugins(), own)
    own.chmod(0o755)
    argv = [str(own) if a == str(plugins()) else a
            for a in site.daemon.child.args]
    break_it, word = PLUGINS[how]
    break_it(own)
    d = Process(site.dir / "odd.log", *argv, env=SANITIZED)
    assert d.child.wait(60) == 1, d.said()
    assert word in d.said() and "error:" in d.said(), d.said()
