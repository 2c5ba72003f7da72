# SPDX-License-Identifier: Apache-2.0
"""Phones of another system, brought in by the operator's command."""
import base64
import os
import signal
import subprocess
import time

from servers import BUILD, SANITIZED, Device, Process, plugins, until

KEY = base64.b32encode(b"12345678901234567890").decode()


def test_import(make_site, somebody):
    site = make_site()
    a, b, c = (somebody(site) for _ in range(3))
    path = site.dir / "devices.csv"
    path.write_text("username,guac-totp-key-secret,guac-totp-key-confirmed\n"
                    "%s,%s,true\n%s,short,true\n" % (a.name, KEY, b.name))
    path.chmod(0o600)
    # one bad row: it is named, and nothing is taken
    r = site.command("import-devices", "phone", "--file", path, check=False)
    assert r.returncode == 1 and "devices.csv:3:" in r.stderr, r
    assert "nothing was taken" in r.stderr and KEY not in r.stderr + r.stdout
    assert site.command("factor", "phone", "list", "--user", a.name,
                        "--json").stdout.count('"id"') == 0
    path.write_text("username,guac-totp-key-secret,guac-totp-key-confirmed\n"
                    "%s,%s,true\n%s,%s,false\n" % (a.name, KEY, b.name, KEY))
    r = site.command("import-devices", "phone", "--file", path, "dry")
    assert "1 devices would be taken, 0 there already, 1 skipped" in \
        r.stdout, r
    r = site.command("import-devices", "phone", "--file", path)
    assert "1 devices taken, 0 there already, 1 skipped" in r.stdout, r
    for dry in (), ("dry",):    # again is no second device, and is named
        r = site.command("import-devices", "phone", "--file", path, *dry)
        assert " 1 there already, 1 skipped" in r.stdout, r
        assert "devices.csv:2: is there already" in r.stderr, r
    assert site.command("factor", "phone", "list", "--user", a.name,
                        "--json").stdout.count('"id"') == 1
    # the phone goes on, for its owner only
    a.device = Device(KEY)
    a.device.last = int(time.time()) // 30      # it counts from its next code
    r = a.type_password(a.ask(site.url("wiki")))
    assert r.page.screen == 6, r
    r = a.type_code(r)
    assert r.url == site.url("wiki"), r
    for p in (b, c):
        r = p.type_password(p.ask(site.url("wiki")))
        assert r.page.screen == 11, r
    out = site.command("factor", "phone", "export", "--user", a.name).stdout
    assert "secret=" + KEY in out
    assert KEY not in (site.dir / "audit.json").read_text()
    assert KEY not in site.daemon.said()


def test_cut_in_the_middle(make_site):
    """What was taken stays, the rest comes with the next run, none twice."""
    site = make_site()
    path = site.dir / "devices"
    path.touch(0o600)

    def imported():
        return len(site.audit(event="plugin:device-imported")) - others
    for name in "many%05d", "more%05d", "still%05d":
        rows = ["otpauth://totp/Old:%s?secret=%s&issuer=Old\n" % (
            name % i, base64.b32encode(b"%020d" % i).decode())
            for i in range(3000)]
        path.write_text("".join(rows))
        others = len(site.audit(event="plugin:device-imported"))
        p = Process(site.dir / "import.log", BUILD / "gateway/countersign",
                    "-c", site.conf, "--plugins", plugins(),
                    "import-devices", "phone", "--file", path, env=SANITIZED)
        until("some are taken", lambda: imported() > 200, 60)
        p.kill(signal.SIGKILL)
        p.child.wait(60)
        before = imported()
        if before < 3000:
            break       # else it was done while we were kept from running
    assert before < 3000, "it was not cut"
    r = site.command("import-devices", "phone", "--file", path)
    taken, there = (int(r.stdout.split(", ")[i].split()[0]) for i in (0, 1))
    assert taken + there == 3000 and there >= before - 64, r
    assert imported() - before <= 3000 - before + 64, "but for what was cut"
    for i in list(range(0, 3000, 200)) + [2999]:
        told = site.json("factor", "phone", "list", "--user",
                         name % i)
        assert len(told["items"]) == 1, told
    # two devices of one person side by side, and each once
    path.write_text("".join(
        rows[i].replace(name % i, "one") for i in range(4)) * 3)
    r = site.command("import-devices", "phone", "--file", path)
    assert "4 devices taken, 8 there already" in r.stdout, r
    assert r.stderr.count(": is there already") == 8, r
    told = site.json("factor", "phone", "list", "--user", "one")
    assert len(told["items"]) == 4, told


def test_through_a_pipe(make_site):
    """What can be read only once is tried and taken all the same."""
    site = make_site()
    rows = "".join("otpauth://totp/Old:pipe%d?secret=%s&issuer=Old\n" % (
        i, base64.b32encode(b"%020d" % i).decode()) for i in range(3))
    ends = os.pipe()
    os.write(ends[1], rows.encode())
    os.close(ends[1])
    try:
        r = subprocess.run(
            [BUILD / "gateway/countersign", "-c", site.conf, "--plugins",
             plugins(), "import-devices", "phone", "--file", "/dev/stdin"],
            stdin=ends[0], env=SANITIZED, text=True, capture_output=True,
            timeout=60)
    finally:
        os.close(ends[0])
    assert r.returncode == 0 and "3 devices taken" in r.stdout, r
    told = site.json("factor", "phone", "list", "--user", "pipe2")
    assert len(told["items"]) == 1, told
