# SPDX-License-Identifier: Apache-2.0
"""What `countersign check` says and prints, without servers."""
import os
import pathlib
import socket
import struct
import tempfile
import threading

import pytest
import yaml

from servers import BUILD, ROOT, SANITIZED, TOP, plugins, run

HEAD = """\
version: 1
public_url: https://login.example.com
"""


def command(*argv, check=True):
    return run(BUILD / "gateway/countersign", "--plugins", plugins(), *argv,
               check=check, env=SANITIZED)


@pytest.fixture
def write(tmp_path):
    def put(name, text):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o600)
        return path
    return put


def printed(path):
    r = command("check", "--print", path)
    return r.stdout


def bare(text):
    return [line.split("  # ")[0] for line in text.splitlines()]


def test_print_joined(write):
    """Several files as one; it is good itself, and printing it again from
    elsewhere changes nothing but where things come from."""
    write("more/net.yml", "networks: { office: 10.0.0.0/8 }\n"
          "groups:\n  staff: { corp: 'CN=All Staff,DC=x' }\n")
    write("more/who.yml", "factors:\n  corp:\n    plugin: ldap\n"
          "    url: ldaps://ldap.example.com\n    base: dc=x\n"
          "    bind_dn: cn=csn,dc=x\n    bind_password: file:bind\n"
          "  phone: { plugin: totp, issuer: X }\n")
    top = write("countersign.yml", HEAD + "include: more/*.yml\n"
                "enrol: { phone: { first_login: { networks: office } } }\n"
                "policies:\n  - match: { host: a.example.com }\n"
                "    require: [ corp then phone ]\n")
    text = printed(top)
    tree = yaml.safe_load(text)
    assert "include" not in tree
    assert tree["networks"] == {"office": "10.0.0.0/8"}
    assert tree["factors"]["corp"]["bind_password"] == \
        "file:%s/more/bind" % top.parent
    assert "url: ldaps://ldap.example.com  # %s/more/who.yml:4\n" % \
        top.parent in text
    assert "timeout: 5s  # default\n" in text
    assert tree["session"]["idle"] == "30m"
    again = write("elsewhere/one.yml", text)
    assert bare(printed(again)) == bare(text)


def test_print_example(write):
    path = write("minimal.yml", (TOP / "examples/minimal.yml").read_text())
    text = printed(path)
    again = write("elsewhere/minimal.yml", text)
    assert bare(printed(again)) == bare(text)
    before = yaml.safe_load(path.read_text())
    after = yaml.safe_load(text)
    assert list(after)[:len(before)] == list(before)


ANYBODY = HEAD + """\
factors:
  out:
    plugin: oidc
    client_id: c
    client_secret: file:secret
    %s
policies:
  - name: wiki
    match: { host: wiki.example.com }
    require: [ out ]
"""


@pytest.mark.parametrize("lines,column", [
    ("provider: google", 15), ("provider: gitlab", 15),
    ("provider: google\n    require: { email_verified: true }", 15),
    ("issuer: https://accounts.google.com", 13),
    ("provider: entra\n    tenant: 9188040d-6c67-4c5b-b112-36a304b66dad",
     13)])
def test_accounts_of_anybody(write, lines, column):
    """Where, and what to write; never a fault."""
    path = write("c.yml", ANYBODY % lines)
    r = command("check", path)
    line = 9 if "tenant" in lines else 8
    assert "%s:%d:%d: anybody in the world" % (path, line, column) in \
        r.stderr, r.stderr
    assert "`require`" in r.stderr and "`people`" in r.stderr


@pytest.mark.parametrize("lines", [
    "provider: google\n    require: { hd: example.com }",
    "provider: google\n    people: { ann@gmail.com: ann }",
    "provider: gitlab\n    issuer: https://git.example.com",
    "issuer: https://id.example.com",
    "provider: entra\n    tenant: 11111111-2222-3333-4444-555555555555"])
def test_accounts_of_those_meant(write, lines):
    r = command("check", write("c.yml", ANYBODY % lines))
    assert "anybody" not in r.stdout + r.stderr, r


def test_print_nothing_at_fault(write):
    path = write("bad.yml", HEAD + "factors: { corp: { plugin: ldap, "
                 "bind_password: hunter2 } }\npolicies: []\n")
    r = command("check", "--print", path, check=False)
    assert r.returncode == 3
    assert r.stdout == ""
    assert "hunter2" not in r.stderr
    r = command("--json", "check", "--print", path, check=False)
    assert r.returncode == 2


OWN = HEAD + """\
listen: { check: { unix: check.sock, dialect: nginx } }
store: { sqlite: state/state.db }
keys: { dir: keys }
factors:
  corp:
    plugin: ldap
    url: ldaps://localhost
    base: dc=example,dc=com
    bind_dn: cn=svc
    bind_password: %s
policies:
  - match: { host: app.example.com }
    require: [ corp ]
"""


@pytest.mark.parametrize("content,mode,says", [
    ("pw\n", 0o600, None), ("pw\n", 0o640, None),
    ("pw\n", 0o644, "is open to others; take that away (chmod o=)"),
    ("pw\n", 0o660, "can be written by its group"),
    ("", 0o600, "is empty"), (None, 0, "No such file or directory")])
def test_file_of_a_secret(write, content, mode, says):
    """The daemon would not start: said at once, and by its line."""
    path = write("countersign.yml", OWN % "file:bind.secret")
    secret = path.parent / "bind.secret"
    if content is not None:
        secret.write_text(content)
        secret.chmod(mode)
    r = command("check", path)
    assert r.stdout.endswith("good\n"), r.stdout
    if says is None:
        assert "bind.secret" not in r.stderr, r.stderr
    else:
        assert "countersign.yml:12:20: factor corp: file:%s: %s" % (
            secret, says) in r.stderr, r.stderr
        assert "does not start" in r.stderr


def test_secrets_that_are_no_files_are_not_looked_at(write, tmp_path):
    ran = tmp_path / "ran"
    for ref in ("env:NOT_SET", "cred:not-there",
                "command:/usr/bin/touch %s" % ran):
        r = command("check", write("countersign.yml", OWN % ref))
        assert "does not start" not in r.stderr, r.stderr
    assert not ran.exists()


def test_init_after_keys_init(write):
    """Who made the keys by themselves comes to a store too; who has lost one
    of the two gets nothing that fits the other no more."""
    path = write("countersign.yml", OWN % "env:PW")
    folder = path.parent
    command("-c", path, "keys", "init")
    ring = (folder / "keys/records").read_bytes()
    command("-c", path, "init")
    assert (folder / "keys/records").read_bytes() == ring
    assert (folder / "state/state.db").exists()
    r = command("-c", path, "init", check=False)
    assert r.returncode == 1 and "state.db: exists already" in r.stderr, r
    (folder / "keys").rename(folder / "lost")
    r = command("-c", path, "init", check=False)
    assert r.returncode == 1 and "put their copy back" in r.stderr, r
    assert not (folder / "keys").exists()
    r = command("-c", path, "sessions", "list", check=False)
    assert r.returncode == 3 and "must be restored" in r.stderr, r
    (folder / "lost").rename(folder / "keys")
    # a ring that a daemon had is no new one's
    (folder / "keys/feed.mark").write_bytes(b"")
    (folder / "state/state.db").unlink()
    r = command("-c", path, "init", check=False)
    assert r.returncode == 1 and "keys/cookies: exists" in r.stderr, r
    assert not (folder / "state/state.db").exists()


@pytest.mark.skipif(not ROOT, reason="needs root to give a folder away")
def test_init_as_root():
    """In folders that wait for the service, it makes the service's files."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        folder.chmod(0o755)     # pytest's own is root's alone
        path = folder / "countersign.yml"
        path.write_text(OWN % "env:PW")
        for name in ("keys", "state"):
            (folder / name).mkdir(0o700)
            os.chown(folder / name, 12345, 12345)
        command("-c", path, "init")
        for name in ("keys/cookies", "keys/records", "state/state.db"):
            assert (folder / name).stat().st_uid == 12345, name


def test_test_of_a_factor_that_does_not_open(write):
    write("pw", "secret\n")
    path = write("countersign.yml", OWN % "file:pw")
    command("-c", path, "init")
    write("countersign.yml", (OWN % "file:pw").replace(
        "bind_dn: cn=svc", "bind_dn: svc"))
    for user in ([], ["--user", "mary"]):
        r = command("-c", path, "test", "corp", *user, check=False)
        assert (r.returncode, r.stdout) == (1, ""), r
        assert "not a distinguished name" in r.stderr, r
        assert "could not be opened; see above" in r.stderr, r


def test_test_of_a_peer_that_hangs_up(write, tmp_path):
    """As a port without TLS does: that is said, whatever comes after."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        def answer():
            while True:
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                with peer:
                    peer.recv(5)        # the rest comes too late
                    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                    struct.pack("ii", 1, 0))
        thread = threading.Thread(target=answer)
        thread.start()
        write("pw", "secret\n")
        path = write("countersign.yml", (OWN % "file:pw").replace(
            "ldaps://localhost", "ldaps://127.0.0.1:%d" %
            server.getsockname()[1]))
        command("-c", path, "init")
        try:
            for _ in range(5):
                r = command("-c", path, "test", "corp", check=False)
                assert r.returncode == 1, r
                assert "cannot be reached over TLS" in r.stdout, r
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize("argv,says", [
    (["frobnicate"], "there is no command `frobnicate`"),
    (["check", "--frobnicate"], "--frobnicate")])
def test_mistyped(argv, says):
    """What is wrong stays on the screen."""
    r = command(*argv, check=False)
    assert r.returncode == 2 and says in r.stderr, r
    assert "--help" in r.stderr and len(r.stderr.splitlines()) == 2, r
