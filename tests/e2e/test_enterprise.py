# SPDX-License-Identifier: Apache-2.0
"""examples/enterprise.yml with the real plugins: what is refused is refused by
name as not built yet, and the rest loads."""
import re
import shutil

import pytest
import yaml

from servers import BUILD, SANITIZED, TOP, folder, plugins, run

EXAMPLE = TOP / "examples/enterprise.yml"
# what later versions bring, if this one does not have it yet
LATER = {"postgresql", "password", "ca", "machines", "app", "apps", "desk",
         "notify"}


@pytest.fixture(scope="module")
def place():
    """The files that the example names, below a folder of ours."""
    d = folder()
    for name in ("secrets", "ca", "site", "keys"):
        (d / name).mkdir(mode=0o700)
    for key, crt in (("entra.key", "entra.crt"), ("sp-sign.key", "sp-sign.crt"),
                     ("next.key", "sp-sign-2028.crt")):
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
            "900", "-subj", "/CN=" + crt, "-keyout", d / "secrets" / key,
            "-out", d / "secrets" / crt)
    shutil.copy(d / "secrets/entra.crt", d / "ca/corp.pem")
    for name in ("db", "bind"):
        (d / "secrets" / name).write_text("a-secret\n")
    (d / "site/logo.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg"/>')
    for name in ("notice.en.txt", "notice.ja.txt"):
        (d / "site" / name).write_text("For staff.\n")
    (d / "rescue.users").write_text("# nobody yet\n")
    for f in d.rglob("*"):
        if f.is_file():
            f.chmod(0o600)
    yield d
    shutil.rmtree(d, ignore_errors=True)


def check(place, text):
    conf = place / "enterprise.yml"
    conf.write_text(text.replace("/etc/countersign/", str(place) + "/")
                    .replace("/var/log/countersign", str(place))
                    .replace("/run/countersign", str(place)))
    conf.chmod(0o600)
    r = run(BUILD / "gateway/countersign", "-c", conf, "--plugins", plugins(),
            "check", check=False, env=SANITIZED)
    return r.returncode, [line for line in (r.stdout + r.stderr).splitlines()
                          if re.search(r"enterprise\.yml:\d", line)]


def refused(said):
    """The names that are not supported yet; nothing else is a fault."""
    names = set()
    for line in said:
        if "warning" in line or "info" in line:
            continue
        m = re.search(r"`([a-z]+)` is not supported by this version", line)
        assert m is not None, line
        names.add(m[1])
    return names


def test_only_what_is_named_is_refused(place):
    rc, said = check(place, EXAMPLE.read_text())
    assert refused(said) <= LATER, said
    assert rc != 0 or not refused(said)


def test_the_rest_loads(place):
    _, said = check(place, EXAMPLE.read_text())
    away = refused(said)
    conf = yaml.safe_load(EXAMPLE.read_text())
    if "postgresql" in away:
        conf["store"] = {"sqlite": str(place / "state.db")}
    for name in away & set(conf):
        del conf[name]
    for policy in conf["policies"]:
        for name in away & set(policy):
            del policy[name]
    # as a day of the example's own time
    text = yaml.safe_dump(conf, allow_unicode=True, sort_keys=False)
    rc, said = check(place, text.replace("2027-02-01", "2099-02-01"))
    assert rc == 0 and refused(said) == set(), said
    people = [w for w in conf["ways"]["people"] if w.startswith("entra")]
    assert people == ["entra where acr c1", "entra then phone"]
