# SPDX-License-Identifier: Apache-2.0
"""The benchmarks of directories and of devices, for tests/bench/run: the
plugin's step() beside bare calls and beside itself, and an import.
"""
import base64
import os
import socket
import statistics
import sys
import time

from __main__ import (BUILD, LDAP, TOP, Daemon, Process, Unmeasured, World,
                      output, tool)

# ----------------------------------------------------------------------
# The directory plugin's step(), beside bare calls and beside itself

PEOPLE, GROUPS = "ou=people,dc=example,dc=com", "ou=groups,dc=example,dc=com"
STEP_ROUNDS, STEP_LOGINS = 400, 5       # turns are short: others run too


def people_ldif(path, people, groups):
    """u00300 and on, all with the password of the others, groups of ten."""
    hashed = output("slappasswd", "-s", "pw-u").strip()
    with open(path, "w") as f:
        for i in range(300, people):
            f.write("dn: uid=u%05d,%s\nobjectClass: inetOrgPerson\n"
                    "uid: u%05d\ncn: User %d\nsn: x\nmail: u%05d@example.com"
                    "\nuserPassword: %s\n\n" % (i, PEOPLE, i, i, i, hashed))
        for g in range(groups):
            f.write("dn: cn=many-%d,%s\nobjectClass: groupOfNames\n"
                    "cn: many-%d\n%s\n" % (g, GROUPS, g, "".join(
                        "member: uid=u%05d,%s\n" % (
                            (g * 10 + k) % people, PEOPLE)
                        for k in range(10))))
        # ten levels, of which the person is in the innermost
        f.write("dn: cn=level-0,%s\nobjectClass: groupOfNames\ncn: level-0\n"
                "member: uid=u00299,%s\n\n" % (GROUPS, PEOPLE))
        for i in range(1, 10):
            f.write("dn: cn=level-%d,%s\nobjectClass: groupOfNames\n"
                    "cn: level-%d\nmember: cn=level-%d,%s\n\n" % (
                        i, GROUPS, i, i - 1, GROUPS))


class Sized:
    """A slapd of its own with so many people and groups."""

    def __init__(self, base, name, people, groups, port):
        self.dir, self.people = base / name, people
        self.dir.mkdir()
        self.port, self.url = port, "ldaps://127.0.0.1:%d" % (port + 1)
        people_ldif(self.dir / "more.ldif", people, groups)
        self.script("start")
        self.ca = self.dir / "tls/ca.crt"

    def script(self, op):
        output("bash", TOP / "tests/peers/slapd.sh", op, self.dir, env=dict(
            os.environ, PORT=str(self.port), TLS_PORT=str(self.port + 1),
            USERS="300", DB_MAX=str(4 << 30),
            MORE=str(self.dir / "more.ldif")))

    def stop(self):
        self.script("stop")


def stepped(ca, *ways, rounds=STEP_ROUNDS):
    """name -> means of a login by round; name/p99 -> of all, microseconds."""
    got = {}
    for line in output(tool("ldap-step"), ca, rounds, STEP_LOGINS,
                       *ways, env=dict(os.environ, CSN_TOP_BUILDDIR=str(
                           BUILD))).splitlines():
        name, what, us = line.split()
        if what.startswith("p"):
            got[name + "/" + what] = float(us)
        else:
            got.setdefault(name, []).append(float(us))
    return got


def median_line(lines, name, got, ours, rival, bar, unit="us"):
    """Of each turn, then the median, as Turns.ratio()."""
    lines.say(name, statistics.median(got[ours]), rival,
              statistics.median(got[rival]), unit, bar,
              ratio=statistics.median(a / b for a, b in zip(
                  got[ours], got[rival])))


def servers_lines(lines, small):
    mute = socket.create_server(("127.0.0.1", 0))       # never accepts
    away = "url=ldaps://127.0.0.1:%d" % mute.getsockname()[1]
    url, more = "url=" + small.url, "group_mode=memberof;users=1000"
    got = stepped(small.ca, "bare:%s;users=1000" % url,
                  "step:%s;%s" % (url, more),
                  "three:%s;%s;%s;%s" % (url, url, url, more),
                  "mute:%s;%s;%s;late=3;%s" % (away, url, url, more))
    mute.close()
    median_line(lines, "ldap-step", got, "step", "bare", 1 / .85)
    median_line(lines, "ldap-three-servers", got, "three", "step", 1 / .95)
    median_line(lines, "ldap-one-of-three-mute", got, "mute", "three", 1.1)
    lines.say("ldap-one-of-three-mute-p99", got["mute/p99"], "healthy",
              got["three/p99"], "us", 1.5)


def sizes_lines(lines, small, large):
    """CPU time of a login, the plugin's and the directory's. Groups within
    groups also without group_cache: all is asked at each login."""
    both = small.dir / "both.crt"
    both.write_text(small.ca.read_text() + large.ca.read_text())

    def way(name, at, more):
        return "%s:pid=%s;url=%s;group_mode=member;%s" % (
            name, (at.dir / "slapd.pid").read_text().strip(), at.url, more)
    nested = "user=u00299;nested_groups=true"
    got = stepped(both, way("small", small, "users=1000"),
                  way("large", large, "users=100000"),
                  way("direct", small, "user=u00299"),
                  way("nested", small, nested),
                  way("anew", small, nested + ";group_cache=0"),
                  rounds=STEP_ROUNDS // 2)      # other programs do not count
    for line, name, rival, bar in (
            ("ldap-100000-people", "large", "small", 1.2),
            ("ldap-nested-10-deep", "nested", "direct", 3),
            ("ldap-nested-10-deep-no-cache", "anew", "direct", 3)):
        median_line(lines, line, got, name, rival, bar, "us CPU")


def steps(base, lines):
    small = Sized(base, "small", 1000, 100, LDAP + 10)
    try:
        servers_lines(lines, small)
        large = Sized(base, "large", 100000, 10000, LDAP + 20)
        try:
            sizes_lines(lines, small, large)
        finally:
            large.stop()
    finally:
        small.stop()


# ----------------------------------------------------------------------
# Devices of another system, taken over: time, and memory that does not grow

DEVICES, IMPORT_S = 100000, 60
# A child begins with the peak of who made it: one that is small itself asks.
PEAK = """\
import os, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, used = os.wait4(pid, 0)
print("peak", used.ru_maxrss, flush=True)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def imports(base, lines):
    world = World(base, "import")
    world.ca.parent.mkdir(parents=True, exist_ok=True)
    if not world.ca.exists():
        output("bash", "-c", '. "$1/common.sh"; tls_make "$2"', "bash",
               TOP / "tests/peers", world.ca.parent)
    daemon = Daemon(world, "import")
    world.init(daemon)
    took, most = [], []
    for n in DEVICES // 10, DEVICES:
        path = world.dir / ("devices-%d" % n)
        path.write_text("".join(
            "otpauth://totp/Old:u%06d?secret=%s&issuer=Old\n" % (
                i, base64.b32encode(b"%020d" % i).decode())
            for i in range(n)))
        path.chmod(0o600)
        begin = time.monotonic()
        p = Process(world.dir / ("log-%d" % n), sys.executable, "-S", "-E",
                    "-c", PEAK, BUILD / "gateway/countersign", "-c",
                    daemon.conf, "--plugins", world.plugins,
                    "import-devices", "phone", "--file", path)
        if p.child.wait() != 0:
            raise Unmeasured(p.said())
        took.append(time.monotonic() - begin)
        most.append(int(p.said().rpartition("peak ")[2]))
    # a tenth of them is there already: run again after a cut
    lines.say("import-100000", took[1], "bar", IMPORT_S, "s", 1.0)
    # ten times as many, and a file ten times as long
    lines.say("import-memory", most[1], "a-tenth", most[0], "KB", 1.2, 0)
