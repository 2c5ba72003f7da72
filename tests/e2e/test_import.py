# SPDX-License-Identifier: Apache-2.0
"""Phones of another system, brought in by the operator's command."""
import base64
import time

from servers import Device

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
    assert "1 devices would be taken, 1 skipped" in r.stdout, r
    for _ in range(2):          # again is no second device
        r = site.command("import-devices", "phone", "--file", path)
        assert "1 devices taken, 1 skipped" in r.stdout, r
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
