# SPDX-License-Identifier: Apache-2.0
"""What people copy, with the real plugins: examples/enterprise.yml, of which
only what is not built yet is refused, by name; and each provider's example in
the manual."""
import re
import shutil

import pytest
import yaml

from servers import BUILD, SANITIZED, TOP, folder, plugins, run

EXAMPLE = TOP / "examples/enterprise.yml"
# what later versions bring, if this one does not have it yet
LATER = {"postgresql", "password", "ca", "machines", "app", "apps",
         "operators"}


@pytest.fixture(scope="module")
def place():
    """The files that the example names, below a folder of ours."""
    d = folder()
    for name in ("secrets", "ca", "site", "keys"):
        (d / name).mkdir(mode=0o700)
    for key, crt in (("entra.key", "entra.crt"),
                     ("sp-sign.key", "sp-sign.crt"),
                     ("next.key", "sp-sign-2028.crt")):
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
            "-days", "900", "-subj", "/CN=" + crt, "-keyout", d / "secrets" / key,
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
    for part in conf["policies"] + [conf["notify"]]:
        for name in away & set(part):
            del part[name]
    # as a day of the example's own time
    text = yaml.safe_dump(conf, allow_unicode=True, sort_keys=False)
    rc, said = check(place, text.replace("2027-02-01", "2099-02-01"))
    assert rc == 0 and refused(said) == set(), said
    people = [w for w in conf["ways"]["people"] if w.startswith("entra")]
    assert people == ["entra where acr c1", "entra then phone"]


# ----------------------------------------------------------------------
# The manual

# of which manual, by the option that names the preset
PROVIDERS = {
    "provider": ("oidc", ["entra", "google", "okta", "auth0", "keycloak",
                          "adfs", "gitlab", "apple", "generic"]),
    "idp": ("saml", ["entra", "adfs", "okta", "keycloak", "google",
                     "shibboleth", "simplesamlphp", "generic"])}
ROUND_IT = """\
version: 1
public_url: https://login.example.com
store: {{ sqlite: {dir}/state.db }}
keys: {{ dir: {dir}/keys }}
audit: {{ file: {dir}/audit.json }}
factors:
{factor}
policies:
  - match: {{ host: app.example.com }}
    require: [ {name} ]
"""


def examples(option):
    """{provider: its factor as YAML text} of the manual's examples."""
    manual = TOP / ("docs/man/countersign-%s.7" % PROVIDERS[option][0])
    found = {}
    for text in re.findall(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed",
                           manual.read_text(), re.M | re.S):
        if (m := re.search(r"^  %s: (\w+)$" % option, text, re.M)):
            found[m[1]] = text
    return found


@pytest.mark.parametrize("option", PROVIDERS)
def test_each_provider_has_an_example(option):
    assert sorted(examples(option)) == sorted(PROVIDERS[option][1])


@pytest.mark.parametrize("option,provider", [
    (option, p) for option, (_, all_) in PROVIDERS.items() for p in all_])
def test_example_of_the_manual(place, option, provider, monkeypatch):
    """Whole: as it stands there it loads, with the files that it names."""
    text = examples(option)[provider]
    monkeypatch.setenv("GOOGLE_SECRET", "s" * 32)
    for name in re.findall(r"file:(\S+)", text):
        to = place / name
        if name.endswith((".key", ".crt")):
            shutil.copy(place / "secrets" / ("entra" + name[-4:]), to)
        elif name.endswith(".xml"):
            shutil.copy(TOP / "tests/saml/simplesamlphp/metadata.xml", to)
        else:
            to.write_text("s" * 40 + "\n")
        to.chmod(0o600)
    name = text.partition(":")[0]
    conf = place / "manual.yml"
    conf.write_text(ROUND_IT.format(dir=place, name=name, factor="".join(
        "  %s\n" % line for line in text.splitlines())))
    conf.chmod(0o600)
    command = [BUILD / "gateway/countersign", "-c", conf, "--plugins",
               plugins()]
    run(*command, "check", env=SANITIZED)
    if not (place / "state.db").exists():
        run(*command, "init", env=SANITIZED)
    # opened, and what the preset came to is told
    r = run(*command, "factor", name, env=SANITIZED)
    assert "error:" not in r.stderr, r.stderr
    assert "(%s: %s)" % (option, provider) in r.stdout or (
        provider == "generic" and "(default)" in r.stdout), r.stdout
