# SPDX-License-Identifier: Apache-2.0
"""The tutorial's plugin: built outside the tree against the installed header,
and logged in with."""
import json
import os
import shutil
import subprocess

import pytest

import servers
from people import Person
from servers import BUILD, TOP, run


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """What "make install" leaves, and pin.c with nothing of ours beside it."""
    root = tmp_path_factory.mktemp("root")
    env = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    subprocess.run(["make", "-s", "install", "DESTDIR=%s" % root],
                   cwd=BUILD, check=True, env=env, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return root


@pytest.fixture(scope="module")
def pin(installed, tmp_path_factory):
    work = tmp_path_factory.mktemp("outside")
    shutil.copy2(TOP / "examples/plugin/pin.c", work)
    pc = next(installed.rglob("countersign.pc")).parent
    flags = run("pkg-config", "--cflags", "countersign",
                env={"PKG_CONFIG_PATH": str(pc),
                     "PKG_CONFIG_SYSROOT_DIR": str(installed)}).stdout
    run("gcc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
        "-shared", "-fPIC", "-fvisibility=hidden", "-Wl,-z,defs", "-o",
        work / "pin.so", work / "pin.c", *flags.split(), cwd=work)
    (work / "pin.so").chmod(0o644)
    return work / "pin.so"


def test_small_and_closed(pin):
    source = (TOP / "examples/plugin/pin.c").read_text()
    assert len(source.splitlines()) < 150
    included = [line for line in source.splitlines() if "#include" in line]
    assert [i for i in included if "countersign" in i] == [
        "#include <countersign/plugin.h>"]
    names = run("nm", "-D", "--defined-only", pin).stdout.split()
    assert names[2:] == ["countersign_plugin_1"], names
    needed = [line for line in run("readelf", "-dW", pin).stdout.splitlines()
              if "NEEDED" in line]
    assert all("libc.so" in line for line in needed), needed


@pytest.fixture(scope="module")
def site(directory, pin):
    servers.plugins()
    target = BUILD / "tests/e2e-plugins/pin.so"
    shutil.copy2(pin, target)
    s = servers.Site(directory, start=False)

    def with_pin(text):
        return (text.replace("    plugin: totp\n", "    plugin: pin\n")
                .replace("    issuer: Example\n    window: 2\n",
                         "    digits: 5\n"))
    s.write(edit=with_pin)
    s.command("init")
    s.start()
    yield s
    s.close()
    target.unlink()


def test_login(site, directory):
    person = Person(site, next(directory.fresh), "pw-u")
    url = site.url("wiki")
    r = person.type_password(person.ask(url))
    form = set(r.page.form.inputs)
    assert {"pin", "again"} <= form, r
    for first, second in (("1234", "1234"), ("12345", "12346"),
                          ("12x45", "12x45"), ("1" * 13, "1" * 13)):
        r = person.browser.submit(r, {"pin": first, "again": second})
        assert r.page.screen and "again" in r.page.form.inputs, r
    r = person.browser.submit(r, {"pin": "271828", "again": "271828"})
    assert r.url == url and r.status == 200, r
    # another browser: the number is asked for, a wrong one is no proof
    other = person.new_browser()
    r = person.type_password(person.ask(url, other), browser=other)
    assert "again" not in r.page.form.inputs, r
    r = other.submit(r, {"pin": "271829"})
    assert r.url != url and "pin" in r.page.form.inputs, r
    r = other.submit(r, {"pin": "271828"})
    assert r.url == url and r.status == 200, r
    # sealed at rest: the number is in no file of the store
    for f in (site.dir / "state").iterdir():
        assert b"271828" not in f.read_bytes(), f


def test_listed(site):
    names = [p["name"] for p in site.json("plugins")]
    assert "pin" in names, names
    # before there is any configuration: what can be written into one
    r = site.command("-c", site.dir / "none.yml", "--json", "plugins")
    assert [p["name"] for p in json.loads(r.stdout)] == names, r
