# SPDX-License-Identifier: Apache-2.0
"""countersign people add and remove: lines of the file of local people."""
import os
import pty
import stat
import subprocess
import threading

import pytest

from servers import BUILD, SANITIZED, run, until

COUNTERSIGN = BUILD / "gateway/countersign"


@pytest.fixture
def people(tmp_path):
    return tmp_path / "people"


def change(people, op, name, stdin=None):
    """Without a configuration: before there is one is when it is made."""
    more = ["--password-stdin"] if stdin else []
    return run(COUNTERSIGN, "-c", people.parent / "none.yml", "people", op,
               name, "--file", people, *more, stdin=stdin, check=False,
               env=SANITIZED)


def names(people):
    return sorted(line.split(":")[0]
                  for line in people.read_text().splitlines() if line)


def test_add_and_remove(people):
    assert change(people, "add", "mary", "pass-word-1\n").returncode == 0
    assert stat.S_IMODE(people.stat().st_mode) == 0o600
    people.chmod(0o640)
    assert change(people, "add", "ann", "pass-word-2\n").returncode == 0
    assert stat.S_IMODE(people.stat().st_mode) == 0o640
    assert names(people) == ["ann", "mary"]
    assert "pass-word" not in people.read_text()
    r = change(people, "remove", "nobody")
    assert r.returncode == 1 and "not in the file" in r.stderr, r
    assert change(people, "remove", "mary").returncode == 0
    assert names(people) == ["ann"]
    assert [p.name for p in people.parent.iterdir()] == ["people"]


def test_full(people):
    """What would be too large for who reads it is not written."""
    people.write_text("# " + "x" * ((1 << 20) - 20) + "\n")
    people.chmod(0o600)
    before = people.read_text()
    r = change(people, "add", "mary", "pass-word-1\n")
    assert r.returncode == 1 and "too large" in r.stderr, r
    assert people.read_text() == before


def test_many_at_once(people):
    """None is lost, and none who was removed is there again."""
    for i in range(8):
        change(people, "add", "old%d" % i, "pass-word-1\n")
    said = []

    def one(op, name, stdin=None):
        said.append(change(people, op, name, stdin).returncode)
    threads = [threading.Thread(target=one, args=a) for i in range(8)
               for a in (("add", "new%d" % i, "pass-word-1\n"),
                         ("remove", "old%d" % i))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert said == [0] * 16
    assert names(people) == ["new%d" % i for i in range(8)]


def test_while_somebody_types(people):
    """The password is asked for as long as it takes; what others change
    meanwhile stays changed."""
    change(people, "add", "mallory", "pass-word-1\n")
    ours, theirs = pty.openpty()
    adding = subprocess.Popen(
        [COUNTERSIGN, "-c", people.parent / "none.yml", "people", "add",
         "mary", "--file", people], stdin=theirs, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=dict(os.environ, **SANITIZED))
    try:
        os.set_blocking(adding.stderr.fileno(), False)
        asked = []
        until("the password is asked for", lambda: b"New password" in (
            asked.append(adding.stderr.read() or b"") or b"".join(asked)))
        assert change(people, "remove", "mallory").returncode == 0
        os.write(ours, b"pass-word-2\n")
        until("and again", lambda: b"Again" in (
            asked.append(adding.stderr.read() or b"") or b"".join(asked)))
        os.write(ours, b"pass-word-2\n")
        assert adding.wait(20) == 0
    finally:
        adding.kill()
        adding.wait()
        for stream in (adding.stdout, adding.stderr):
            stream.close()
        os.close(ours)
        os.close(theirs)
    assert names(people) == ["mary"]
