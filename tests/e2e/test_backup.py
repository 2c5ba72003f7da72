# SPDX-License-Identifier: Apache-2.0
"""countersign backup and restore: copies beside a running daemon, tried, and
put back (security.md O2)."""
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import tempfile
import threading

import pytest

from disks import small_disk
from servers import BUILD, ROOT, SANITIZED, folder, plugins, run, until


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


SMALL = """\
version: 1
public_url: https://app.example.com/auth
shared_origin: true
store: {{ sqlite: {dir}/state/state.db }}
keys: {{ dir: {dir}/keys }}
audit: {{ file: {dir}/state/audit.json }}
factors:
  people: {{ plugin: file, users: "file:{dir}/people" }}
policies:
  - match: {{ host: app.example.com }}
    require: [ people ]
"""
SERVICE = 12345


@pytest.fixture
def installed():
    """As a package leaves it: the service's folders, and nothing in them.
    root's command; the status and all that it said."""
    at = folder()
    (at / "countersign.yml").write_text(SMALL.format(dir=at))
    (at / "people").write_text("anna:$2y$04$abcdefghijklmnopqrstuu9bm0BAgiqt"
                               "q4VQmdTg9qvaFFICiU4jG\n")
    (at / "people").chmod(0o640)
    os.chown(at / "people", 0, SERVICE)
    for name in "keys", "state":
        (at / name).mkdir(mode=0o700)
        os.chown(at / name, SERVICE, SERVICE)

    def command(*argv):
        r = run(BUILD / "gateway/countersign", "-c", at / "countersign.yml",
                "--plugins", plugins(), *argv, check=False, env=SANITIZED)
        return r.returncode, r.stdout + r.stderr
    yield at, command
    shutil.rmtree(at)


@pytest.mark.skipif(not ROOT, reason="needs root to be the service's user")
def test_by_root_for_the_service(installed):
    """The manual's commands, as root, where the service is somebody else."""
    at, command = installed
    os.chown(at / "people", SERVICE, SERVICE)
    rc, said = command("check")
    assert rc == 3 and "run this as the service's user" in said, said
    os.chown(at / "people", 0, SERVICE)
    rc, said = command("sessions", "list")      # `init` was forgotten
    assert rc == 3 and "countersign init" in said, said
    assert command("init")[0] == 0
    copy = at / "state/copy.db"
    assert command("backup", copy)[0] == 0
    rc, said = command("restore", "--check", copy)
    assert rc == 0, said
    for end in ("", "-wal", "-shm"):
        (at / ("state/state.db" + end)).unlink(missing_ok=True)
    rc, said = command("sessions", "list")
    assert rc == 3 and "there is no store" in said, said
    rc, said = command("restore", copy)
    assert rc == 0 and (at / "state/state.db").stat().st_uid == SERVICE, said
    assert command("sessions", "list") == (0, "none\n")


@pytest.mark.skipif(not ROOT, reason="needs root to give a file away")
def test_files_of_root(installed):
    """What root made for itself is told by its owner, once, and not to be
    put back from a backup."""
    at, command = installed
    assert command("init")[0] == 0
    os.chown(at / "keys", 0, 0)
    rc, said = command("sessions", "list")
    assert rc == 3 and "belongs to user 0" in said and "chown" in said, said
    said = json.loads(command("--json", "doctor")[1])["findings"]
    assert len([f for f in said if "is closed to user" in f["what"]]) == 1
    os.chown(at / "keys", SERVICE, SERVICE)
    os.chown(at / "state/state.db", 0, 0)
    said = json.loads(command("--json", "doctor")[1])["findings"]
    told = [f for f in said if f["where"].endswith("state.db")]
    assert told and all("chown" in f["do"] for f in told), told
