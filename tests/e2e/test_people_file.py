# SPDX-License-Identifier: Apache-2.0
"""countersign people add and remove: lines of the file of local people."""
import json
import os
import pty
import stat
import subprocess
import threading

import pytest

from servers import BUILD, SANITIZED, plugins, run, until

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


def test_passwords_that_no_hash_takes(people):
    """What is longer than crypt() takes is said to be so, not cut."""
    for n in (7, 512, 600, 1100):
        r = change(people, "add", "mary", "x" * n + "\n")
        assert r.returncode == 1 and "8 to 511 bytes" in r.stderr, (n, r)
        assert not people.exists()
    assert change(people, "add", "mary", "x" * 511 + "\n").returncode == 0


def test_file_of_authelia(people):
    """It is read by the plugin; a line of ours in it would spoil it."""
    text = "# people\n---\nusers:\n  mary:\n    password: '$6$a$b'\n"
    people.write_text(text)
    people.chmod(0o600)
    for op, stdin in (("add", "pass-word-1\n"), ("remove", None)):
        r = change(people, op, "mary", stdin)
        assert r.returncode == 1 and "Authelia" in r.stderr, r
        assert people.read_text() == text
    r = run(COUNTERSIGN, "people", "list", "--file", people, check=False,
            env=SANITIZED)
    assert r.returncode == 1 and "Authelia" in r.stderr, r
    people.write_text("users:$6$a$b\n")        # somebody of that name
    assert change(people, "add", "mary", "pass-word-1\n").returncode == 0


def test_wrong_usage(people):
    """2 for what was written wrongly, as everywhere; nothing is changed."""
    change(people, "add", "mary", "pass-word-1\n")
    for words in (["add"], ["remove"], ["remove", "mary", "--dry-run"],
                  ["remove", "mary", "--realm", "corp"],
                  ["list", "--keep", "from"]):
        r = run(COUNTERSIGN, "people", *words, "--file", people, check=False,
                env=SANITIZED)
        assert r.returncode == 2, (words, r)
    r = run(COUNTERSIGN, "people", "show", "mary", "--file", people,
            check=False, env=SANITIZED)
    assert r.returncode == 2 and "takes no --file" in r.stderr, r
    assert names(people) == ["mary"]


def test_factor_that_has_no_file(people):
    """3 for a configuration that cannot be read, 1 for a factor without."""
    r = run(COUNTERSIGN, "-c", people.parent / "none.yml", "people", "list",
            "--factor", "corp", check=False, env=SANITIZED)
    assert r.returncode == 3 and "--file" not in r.stderr, r


BEFORE = """\
version: 1
public_url: https://login.example.com
store: {{ sqlite: {0}/state.db }}
keys: {{ dir: {0}/keys }}
audit: {{ file: {0}/audit.json }}
factors:
  people: {{ plugin: file, users: file:people }}
policies:
  - match: {{ host: wiki.example.com }}
    require: [ people ]
"""


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o604])
def test_everybody_reads(people, mode):
    """Files of htpasswd and of Authelia are often left as they were made: it
    is said, where and what to do, and not refused."""
    at = people.parent
    (at / "c.yml").write_text(BEFORE.format(at))
    (at / "c.yml").chmod(0o600)
    assert change(people, "add", "mary", "pass-word-1\n").returncode == 0
    people.chmod(mode)
    r = run(COUNTERSIGN, "-c", at / "c.yml", "--plugins", plugins(), "check",
            check=False, env=SANITIZED)
    assert r.returncode == 0, r
    said = [line for line in r.stderr.splitlines() if str(people) in line]
    if mode & 0o004 == 0:
        assert said == [], r
        return
    assert len(said) == 1 and "mode %04o" % mode in said[0] and \
        "c.yml:7:" in said[0] and "chmod o= %s" % people in said[0], r


def test_before_there_is_a_service(people):
    """Whoever writes the configuration first is not kept from adding the
    first person by a file that has nobody in it; and the audit log is left
    to the service to make."""
    at = people.parent
    (at / "c.yml").write_text(BEFORE.format(at))
    (at / "c.yml").chmod(0o600)

    def command(*argv, status=0, stdin=None):
        r = run(COUNTERSIGN, "-c", at / "c.yml", "--plugins", plugins(),
                *argv, stdin=stdin, check=False, env=SANITIZED)
        assert r.returncode == status, (argv, r)
        return r.stderr
    add = ("people", "add", "--password-stdin", "--file", people)
    r = command(*add, "mary", stdin="pass-word-1\n")
    # that nobody is in the file is no fault of whoever adds the first
    assert "not recorded" in r and "error" not in r, r
    assert "not recorded" in command(*add, "ann", stdin="pass-word-1\n")
    assert not (at / "audit.json").exists()
    command("init")
    assert "not recorded" not in command(*add, "bob", stdin="pass-word-1\n")
    assert "bob" in (at / "audit.json").read_text()
    # a fault with people in the file: who cannot be recorded is not added
    (at / "c.yml").write_text(BEFORE.format(at) + "nonsense: 1\n")
    before = people.read_text()
    assert "cannot be recorded" in command(*add, "eve", status=3,
                                           stdin="pass-word-1\n")
    assert people.read_text() == before
    for argv in (("keys", "list"), ("restore", "--check", at / "x")):
        command(*argv, status=3)


def test_json(people):
    for words, stdin in ((("add", "mary", "--password-stdin"),
                          "pass-word-1\n"), (("list",), None),
                         (("remove", "mary"), None)):
        r = run(COUNTERSIGN, "-c", people.parent / "none.yml", "--json",
                "people", *words, "--file", people, stdin=stdin,
                env=SANITIZED)
        x = json.loads(r.stdout)
        assert x == [{"name": "mary", "display": "", "mail": "",
                      "groups": ""}] or x["name"] == "mary", x


def test_the_last_one(people):
    """Removed in the file, and still let in by a daemon that refuses it."""
    for name in "mary", "ann":
        assert change(people, "add", name, "pass-word-1\n").returncode == 0
    r = change(people, "remove", "mary")
    assert r.returncode == 0 and "warning" not in r.stderr, r
    r = change(people, "remove", "ann")
    assert r.returncode == 0 and "nobody is left in" in r.stderr, r


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
        assert adding.wait(60) == 0
    finally:
        adding.kill()
        adding.wait()
        for stream in (adding.stdout, adding.stderr):
            stream.close()
        os.close(ours)
        os.close(theirs)
    assert names(people) == ["mary"]
