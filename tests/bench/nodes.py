# SPDX-License-Identifier: Apache-2.0
"""The benchmarks of operation, for tests/bench/run: revocation over nodes, a
start with a large store, a reload under load.
"""
import contextlib
import datetime
import http.client
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import time

from __main__ import (BUILD, LOGIN, Daemon, Process, Turns, Unmeasured, World,
                      anonymous_kb, cpu_s, output, tool)

REVOCATIONS = 100
MANY_REVOKED = 1000
RELOADS, STREAM_S, STREAM_RATE = 20, 120, 1000
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

READ_AGAIN = b"the configuration was read again"
COMPUTES = """\
import sys, time
for line in sys.stdin:
    end = time.monotonic() + float(line)
    while time.monotonic() < end:
        pass
    print(flush=True)
"""


class Reloads:
    """What happens while checks go on: a reload, as long a time of nothing,
    and as long a time in which another process takes a processor."""

    def __init__(self, checks):
        self.daemon = checks.many.process.child
        self.cost = []      # of each reload: CPU time, rests
        self.log = open(checks.many.run / "log", "rb")
        self.length = 0.05
        self.other = subprocess.Popen(
            [sys.executable, "-c", COMPUTES], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, bufsize=1)
        self.ways = {"with a reload": self.reload,
                     "with nothing": self.nothing,
                     "with a process that computes": self.computes}

    def main_thread(self):
        """(us on a processor, times it left one of its own accord)"""
        task = pathlib.Path("/proc/%d/task/%d" % ((self.daemon.pid,) * 2))
        rests = re.search(r"^voluntary_ctxt_switches:\s*(\d+)",
                          (task / "status").read_text(), re.M)
        return (int((task / "schedstat").read_text().split()[0]) / 1000,
                int(rests[1]))

    def reload(self):
        self.log.seek(0, os.SEEK_END)
        before = self.main_thread()
        begin = time.monotonic()
        self.daemon.send_signal(signal.SIGHUP)
        line = b""
        while not line.endswith(READ_AGAIN + b"\n"):
            if time.monotonic() > begin + 10 or b"stays in force" in line:
                raise Unmeasured("not reloaded: %r" % line)
            time.sleep(0.02)
            line += self.log.read()
        # its last line has the time of it; some checks more find what was
        # swapped in the caches of nobody
        stamp = line.split(b"\n")[-2].split()[0].decode()
        end = datetime.datetime.fromisoformat(stamp).timestamp() + 0.005
        self.length = end - time.time() + time.monotonic() - begin
        us, rests = (b - a for a, b in zip(before, self.main_thread()))
        self.cost.append(us / max(1, rests))
        return begin, begin + self.length

    def nothing(self):
        begin = time.monotonic()
        time.sleep(self.length)
        return begin, begin + self.length

    def computes(self):
        begin = time.monotonic()
        self.other.stdin.write("%f\n" % self.length)
        self.other.stdout.readline()
        return begin, time.monotonic()

    def close(self):
        self.other.stdin.close()
        self.other.wait(10)
        self.other.stdout.close()
        self.log.close()


def stream(checks, reloads):
    """Checks at a steady rate; of each way its windows, and of each window
    the checks that were under way in it: (us, us without waits)."""
    said = checks.world.dir / "stream"
    said.unlink(missing_ok=True)
    p = Process(said, tool("drive"), "-c", 1, "-r",
                STREAM_RATE, "-s", STREAM_S * 1000, "-l",
                checks.many.process.pid, checks.many.check, checks.ask,
                checks.first)
    windows = {way: [] for way in reloads.ways}
    try:
        for _ in range(RELOADS + 1):
            for way, act in reloads.ways.items():
                time.sleep(0.02)
                windows[way].append(act())
        if p.child.poll() is not None:
            raise Unmeasured("the checks ended first: " + p.said()[-200:])
    finally:
        p.stop()
    *times, (good, bad, _) = (line.split() for line in
                              p.said().splitlines())
    if int(bad):
        raise Unmeasured("%s of %s checks failed" % (bad, int(good) +
                                                     int(bad)))
    times = [(int(sent) / 1e6, int(us), int(run)) for sent, us, run in times]
    got = {way: [[(us, run) for sent, us, run in times
                  if sent < end and sent + us / 1e6 > begin]
                 for begin, end in those[1:]]       # the first warms it up
           for way, those in windows.items()}
    # where others have all processors, nobody may have asked
    got = {way: [w for w in those if w] for way, those in got.items()}
    if min(map(len, got.values())) < RELOADS / 2:
        raise Unmeasured("hardly a check came to be asked")
    return got


def reload(checks, lines):
    """No check slower than ten times the median while 1,000 policies are read
    anew. What the client or the daemon's threads waited for a processor is
    left out: where all of them are taken, somebody waits, whoever takes
    them. What is left and the machine's own is seen where nothing is
    reloaded."""
    reloads = Reloads(checks)
    try:
        got = stream(checks, reloads)
    finally:
        reloads.close()
    median = statistics.median(us for w in got["with nothing"]
                               for us, _ in w)
    slowest = {}
    for way, windows in got.items():
        slowest[way] = sorted(max(run for _, run in w) for w in windows)
        print("bench: checks %s, %d times, %d checks at %d a second: median "
              "%.0f us, slowest %.0f us, without waits for a processor %.0f "
              "us" % (way, len(windows), sum(map(len, windows)), STREAM_RATE,
                      statistics.median(us for w in windows for us, _ in w),
                      max(us for w in windows for us, _ in w),
                      slowest[way][-1]), flush=True)
    lines.floor("slowest-check-of-reloads-floor", {
        "with-a-process-that-computes": slowest[
            "with a process that computes"][-1]}, "median", median, "us", 0)
    # as many as were slow where nothing was reloaded are the machine's
    others = sum(us > 10 * median for us in slowest["with nothing"])
    if others:
        print("bench: %d of %d times a check was slow with nothing; as many "
              "with a reload do not count" % (others, RELOADS), flush=True)
    ours = slowest["with a reload"]
    lines.say("slowest-check-of-reloads", ours[-1 - min(
        others, len(ours) - 1)], "median", median, "us", 10, 0)
    # what it may cost a check that there is no other processor
    lines.say("reload-at-a-stretch", statistics.median(reloads.cost),
              "median check", median, "us", 10, 0)


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
