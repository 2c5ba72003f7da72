# SPDX-License-Identifier: Apache-2.0
"""What `countersign check` says and prints, without servers."""
import pytest
import yaml

from servers import BUILD, SANITIZED, TOP, plugins, run

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


def test_print_nothing_at_fault(write):
    path = write("bad.yml", HEAD + "factors: { corp: { plugin: ldap, "
                 "bind_password: hunter2 } }\npolicies: []\n")
    r = command("check", "--print", path, check=False)
    assert r.returncode == 3
    assert r.stdout == ""
    assert "hunter2" not in r.stderr
    r = command("--json", "check", "--print", path, check=False)
    assert r.returncode == 2
