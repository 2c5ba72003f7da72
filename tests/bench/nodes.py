# SPDX-License-Identifier: Apache-2.0
"""The benchmarks of operation, for tests/bench/run: revocation over nodes, a
start with a large store, a reload under load.
"""
import contextlib
import http.client
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import statistics
import time

from __main__ import (BUILD, LOGIN, Daemon, Process, Turns, Unmeasured, World,
                      anonymous_kb, cpu_s, output, tool)

REVOCATIONS = 100
MANY_REVOKED = 1000
RELOADS, STREAM_MS, STREAM_RATE = 15, 600, 1000
LARGE, SMALL = 1000000, 1000
PEOPLE, LOGINS, LOGIN_TURNS = 1000, 150, 7


# ----------------------------------------------------------------------
# From the command to the refusal at the other node


class Stream:
    """One connection to a check listener, and one request."""

    def __init__(self, path, ask, cookie):
        self.text = ask.read_bytes().replace(b"@", cookie.encode())
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))

    def status(self):
        self.socket.sendall(self.text)
        r = http.client.HTTPResponse(self.socket)
        r.begin()
        r.read()
        return r.status

    def close(self):
        self.socket.close()


def waited_s(pid, *names):
    """How long threads of a process were ready to run and did not, in all;
    0 when it is gone."""
    ns = 0
    for task in pathlib.Path("/proc/%d/task" % pid).glob("*"):
        with contextlib.suppress(OSError, IndexError):
            if not names or (task / "comm").read_text().strip() in names:
                ns += int((task / "schedstat").read_text().split()[1])
    return ns / 1e9


def revoked_after(checks, name, cookie):
    """Seconds from the command's start to the first refusal, and the same
    without the time in which the command, then the thread that reads the
    feed, waited for a processor."""
    w, node = checks.world, checks.full.process.pid
    s = Stream(checks.full.check, checks.ask, cookie)
    try:
        if s.status() != 200:
            raise Unmeasured("%s's session does not live" % name)
        begin, command, follow = time.monotonic(), 0, None
        p = Process(w.dir / "revoke.log", BUILD / "gateway/countersign", "-c",
                    checks.one.conf, "--plugins", w.plugins, "sessions",
                    "revoke", "--user", name)
        while s.status() == 200:
            command = max(command, waited_s(p.pid))
            if follow is None and p.child.poll() is not None:
                follow = waited_s(node, "csn-follow")
            if time.monotonic() > begin + 60:
                raise Unmeasured("%s still passes: %s" % (name, p.said()))
            time.sleep(0.004)
        took = time.monotonic() - begin
        late = waited_s(node, "csn-follow") - follow if follow else 0
        p.child.wait(60)
        return took, max(0, took - command - late)
    finally:
        s.close()


def feed(w):
    """(entries, bytes of them with their numbers)"""
    with sqlite3.connect("file:%s?mode=ro" % (w.dir / "state/state.db"),
                         uri=True) as db:
        return db.execute(
            "SELECT count(*), coalesce(sum(length(v) + 10), 0) FROM feed"
            ).fetchone()


def revocation(checks, lines):
    """Both daemons of `checks` have the one store; the second knows all of
    the sessions. Nobody else's session may end."""
    w = checks.world
    cookies = checks.all.read_text().split("\n")
    each = len(cookies) // (2 * REVOCATIONS)
    people = [(i, "u%06u" % i) for i in range(
        1, REVOCATIONS * each, each)][:REVOCATIONS]
    took = [revoked_after(checks, name, cookies[i]) for i, name in people]
    whole, alone = (sorted(t[i] * 1000 for t in took) for i in (0, 1))
    at = -(len(took) // 100 + 1)
    print("bench: revocation, %d sessions, %d times from the command's start: "
          "median %.0f ms, 99 %% %.0f ms; without waits for a processor %.0f "
          "and %.0f ms" % (
              len(cookies) - 1, len(took), statistics.median(whole),
              whole[at], statistics.median(alone), alone[at]), flush=True)
    lines.say("revocation-p99", alone[at], "budget", 1000, "ms", 1, 0)
    many_revoked(w, checks, len(cookies) // 2)


def many_revoked(w, checks, first):
    pid = checks.full.process.pid
    entries, size = feed(w)
    before = anonymous_kb(pid)
    output(tool("revoke-many"), checks.one.conf, w.plugins, first,
           MANY_REVOKED, timeout=240)
    time.sleep(1)
    grown = anonymous_kb(pid) - before
    entries, size = feed(w)[0] - entries, feed(w)[1] - size
    print("bench: revocation costs %.0f bytes of the feed, and %.0f bytes of "
          "the other node's memory (%d of them)" % (
              size / entries, grown * 1024 / entries, entries), flush=True)


# ----------------------------------------------------------------------
# A reload of a thousand policies, and the checks meanwhile


def reload(checks, lines):
    """A steady stream of checks, each second with and each without a reload.
    What the client or the daemon's threads waited for a processor is left
    out: on a machine with two of them the reload takes one."""
    pid = checks.many.process.pid
    log = checks.many.run / "log"

    def stream(with_reload):
        p = Process(checks.world.dir / "stream", tool("drive"), "-c", 1, "-r",
                    STREAM_RATE, "-s", STREAM_MS, "-l", pid,
                    checks.many.check, checks.ask, checks.first)
        before = log.read_text().count("was read again")
        time.sleep(0.15)
        if with_reload:
            checks.many.process.child.send_signal(signal.SIGHUP)
        if p.child.wait(30) != 0:
            raise Unmeasured(p.said())
        if with_reload and \
                log.read_text().count("was read again") != before + 1:
            raise Unmeasured("not reloaded:\n" + log.read_text()[-2000:])
        text = p.said().split("\n")
        good, bad, _ = text[-2].split()
        if int(bad):
            raise Unmeasured("%s checks failed" % bad)
        return [int(n) for n in text[-3].split()]
    got = {True: [], False: []}
    stream(True)
    for _ in range(RELOADS):
        for way in got:
            got[way].append(stream(way))
    median = statistics.median(g[0] for g in got[False])
    for way, name in ((False, "without"), (True, "with")):
        print("bench: checks %s a reload, %d times %.1f s at %d a second: "
              "median %.0f us, slowest %.0f us, without waits for a "
              "processor %.0f us" % (
                  name, RELOADS, STREAM_MS / 1000, STREAM_RATE,
                  statistics.median(g[0] for g in got[way]),
                  max(g[1] for g in got[way]), max(g[2] for g in got[way])),
              flush=True)
    # as many as were slow where nothing was reloaded are the machine's
    others = sum(g[2] > 10 * median for g in got[False])
    slowest = sorted(g[2] for g in got[True])[-1 - min(others, RELOADS - 1)]
    if others:
        print("bench: %d of %d times a check was slow without a reload; as "
              "many with one do not count" % (others, RELOADS), flush=True)
    lines.say("slowest-check-of-reloads", slowest, "median", median, "us", 10,
              0)


# ----------------------------------------------------------------------
# A large store


class Stocked(World):
    """A store with so many sessions and enrolments, and a daemon."""

    def __init__(self, base, name, n):
        super().__init__(base, name)
        self.daemon = Daemon(self, "one")
        self.init(self.daemon)
        if n > 0:
            self.stock(n)

    def stock(self, n):
        # no audit log of people who never were there
        conf = self.dir / "stock.yml"
        conf.write_text(re.sub("(?m)^audit:.*$", "audit: { file: /dev/null }",
                               self.daemon.conf.read_text()))
        conf.chmod(0o600)
        output(tool("make-sessions"), conf, self.plugins, "-", n,
               timeout=600)
        output(tool("make-enrolments"), conf, self.plugins, "phone", n, 2,
               timeout=600)

    def ready_after(self):
        """Seconds from the daemon's start to its word that it is ready."""
        d = self.daemon
        begin = time.monotonic()
        d.process = self.started(Process(
            d.run / "log", BUILD / "gateway/countersignd", "-c", d.conf,
            "--plugins", self.plugins, "--data", self.data, "--loops", 2))
        while "ready, version" not in d.process.said():
            if d.process.child.poll() is not None or \
                    time.monotonic() > begin + 60:
                raise Unmeasured("not ready:\n" + d.process.said())
            time.sleep(0.005)
        return time.monotonic() - begin


class People:
    """Those of the directory, who log in where the store is."""

    def __init__(self, world):
        self.world = world
        self.file = world.dir / "people"
        self.file.write_text("".join("u%05d pw-u - 0\n" % i
                                     for i in range(PEOPLE)))
        self.login(PEOPLE)      # the first of each enrols

    def login(self, n):
        n, *_ = output(tool("login"), "-t", 16, "-n", n,
                       self.world.daemon.pages, LOGIN,
                       self.file).split()
        return int(n)

    def cost(self):
        pid = self.world.daemon.process.pid
        before = cpu_s(pid)
        n = self.login(LOGINS)
        return (cpu_s(pid) - before) * 1e6 / n


def store(base, lines):
    worlds = []
    try:
        for name, n in ("empty", 0), ("small", SMALL), ("large", LARGE):
            begin = time.monotonic()
            worlds.append(Stocked(base, name, n))
        print("bench: %d sessions and as many enrolments made in %.0f s" % (
            LARGE, time.monotonic() - begin), flush=True)
        store_run(lines, worlds)
    finally:
        for w in worlds:
            w.stop()
            shutil.rmtree(w.dir, ignore_errors=True)


def store_run(lines, worlds):
    ready, memory = [], []
    for w in worlds:
        ready.append(w.ready_after())
        time.sleep(0.5)
        memory.append(anonymous_kb(w.daemon.process.pid) / 1024)
    print("bench: ready with an empty store in %.2f s, with %d records in "
          "%.2f s" % (ready[0], 2 * SMALL, ready[1]), flush=True)
    lines.say("ready-with-%d-records" % (2 * LARGE), ready[2], "budget", 3,
              "s", 1)
    small, large = (People(w) for w in worlds[1:])
    t = Turns(small=small.cost, large=large.cost).go(LOGIN_TURNS)
    memory.append(anonymous_kb(worlds[1].daemon.process.pid) / 1024)
    memory.append(anonymous_kb(worlds[2].daemon.process.pid) / 1024)
    lines.say("memory-with-%d-records" % (2 * LARGE),
              max(0, memory[2] - memory[0]), "budget above empty", 64, "MiB", 1)
    lines.say("memory-after-logins", max(0, memory[4] - memory[3]),
              "budget above small", 64, "MiB", 1)
    lines.say("login-with-%d-enrolments" % LARGE, t["large"],
              "with-%d" % SMALL, t["small"], "us CPU", 1.3, 0,
              t.ratio("large", "small"))
