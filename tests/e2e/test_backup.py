# SPDX-License-Identifier: Apache-2.0
"""countersign backup and restore: copies beside a running daemon, tried, and
put back (security.md O2)."""
import json
import os
import pathlib
import signal
import sqlite3
import tempfile
import threading

import pytest

from disks import small_disk
from servers import BUILD, ROOT, SANITIZED, plugins, run, until


@pytest.fixture
def site(make_site):
    return make_site()


def test_back_again(site, somebody, tmp_path):
    copy = site.dir / "state/copy.db"
    mary = somebody(site)
    mary.login()
    stop = threading.Event()

    def load():
        while not stop.is_set():
            somebody(site).login()

    busy = threading.Thread(target=load)
    busy.start()
    try:
        said = site.json("backup", copy)
    finally:
        stop.set()
        busy.join()
    assert said["bytes"] == copy.stat().st_size > 0
    assert copy.stat().st_mode & 0o777 == 0o600
    assert [e["details"]["file"] for e in site.audit(event="backup")] == [
        str(copy)]
    # never over a file that is there
    r = site.command("backup", copy, check=False)
    assert r.returncode == 1 and "exists already" in r.stderr + r.stdout, r
    # what it holds, tried beside the running daemon
    said = site.json("restore", "--check", copy)
    assert said["people"] >= 1 and said["restored"] is False, said

    # afterwards: another person enrols, mary's session goes on
    late = somebody(site)
    late.login()
    cookies = mary.browser.copy()
    r = site.command("restore", copy, check=False)
    assert r.returncode == 1 and "still there" in r.stderr + r.stdout, r
    site.daemon.kill(signal.SIGKILL)
    site.daemon.child.wait()
    # what was killed leaves pages beside its file, which whoever opens the
    # copy would write into it
    state = site.dir / "state"
    assert (state / "state.db-wal").stat().st_size > 0
    for end in ("", "-wal", "-shm"):
        r = site.command("restore", copy, check=False)
        assert r.returncode == 1 and "still there" in r.stderr, (end, r)
        (state / ("state.db" + end)).rename(state / ("lost.db" + end))
    said = site.json("restore", copy)
    assert "ten minutes" in said["done"], said
    site.launch_daemon()
    until("the daemon says why it is not ready",
          lambda: "from a copy" in site.metric("/readyz")[1])
    # O2: no session of before, and no login for a while
    r = cookies.once("GET", site.url("wiki"))
    assert r.status != 200, r
    r = mary.browser.get(site.url("wiki"))
    assert r.status == 503 and not r.page.forms, r


OWN = """\
version: 1
public_url: https://login.example.com
listen: { check: { unix: check.sock, dialect: nginx } }
store: { sqlite: state/state.db }
keys: { dir: keys }
factors: { local: { plugin: file, users: file:people } }
policies:
  - match: { host: app.example.com }
    require: [ local ]
"""
PERSON = "ann:$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIF" \
    "NjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1\n"


@pytest.mark.skipif(not ROOT, reason="needs root to give a folder away")
def test_as_root():
    """O5: what lies in the service's folder is worked on as the service's
    user, who could put a link in its place."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        folder.chmod(0o755)     # pytest's own is root's alone
        path = folder / "countersign.yml"
        path.write_text(OWN)
        (folder / "people").write_text(PERSON)
        for name in ("keys", "state"):
            (folder / name).mkdir(0o700)
            os.chown(folder / name, 12345, 12345)

        def command(*argv, check=True):
            return run(BUILD / "gateway/countersign", "--plugins", plugins(),
                       "-c", path, *argv, check=check, env=SANITIZED)
        state, copy = folder / "state/state.db", folder / "state/copy.db"
        command("init")
        command("backup", copy)
        for end in ("", "-wal", "-shm"):
            pathlib.Path(f"{state}{end}").unlink(missing_ok=True)
        os.chown(copy, 0, 0)
        for argv in (["restore", "--check", copy], ["restore", copy]):
            r = command(*argv, check=False)
            assert r.returncode == 1 and "user 12345 cannot read it" in \
                r.stderr, (argv, r)
        assert [f.name for f in state.parent.iterdir()] == ["copy.db"]
        os.chown(copy, 12345, 12345)
        command("restore", copy)
        assert state.stat().st_uid == 12345


def test_no_room(site, tmp_path):
    with small_disk(tmp_path, "16k"):
        r = site.command("backup", tmp_path / "copy.db", check=False)
        assert r.returncode == 1 and "copy.db: there is no room" in \
            r.stderr, r
        assert not list(tmp_path.iterdir())


def test_what_is_no_copy(site, tmp_path):
    for name, content in (("empty", b""), ("text", b"not a database\n" * 99)):
        f = tmp_path / name
        f.write_bytes(content)
        r = site.command("restore", "--check", f, check=False)
        assert r.returncode == 1, (name, r)
    r = site.command("restore", "--check", tmp_path / "none", check=False)
    assert r.returncode == 1 and "No such file" in r.stderr + r.stdout, r
    # a store of other keys
    other = tmp_path / "other.db"
    sqlite3.connect(site.dir / "state/state.db").backup(
        sqlite3.connect(other))
    db = sqlite3.connect(other)
    db.execute("UPDATE kv SET v = x'0011' WHERE k = CAST('store/id' AS BLOB)")
    db.commit()
    db.close()
    r = site.command("restore", "--check", other, check=False)
    assert r.returncode == 1 and "other keys" in r.stderr + r.stdout, r
    assert sorted(p.name for p in (site.dir / "state").iterdir() if
                  "check" in p.name) == []
    json.loads(site.command("--json", "plugins").stdout)
