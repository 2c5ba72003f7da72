# SPDX-License-Identifier: Apache-2.0
"""A thousand OpenID providers, and two whose keys change under load.

The thousand are those of tests/e2e/scripted.py, in a process of their own: one
server, each provider below a path. What it costs is not counted. Those whose
keys change are oidc-provider.c, and who logs in there is oidc-login.c: they
share the machine with the daemon, and have to leave it most of its time.
"""
import html
import http.client
import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
MANY = 1000
SECRET = "a-very-long-client-secret-0123456789"

CONFIGURATION = """\
version: 1
public_url: https://login.example.com
listen:
  pages:
    unix: {run}/pages.sock
    mode: 0600
    client_address: X-Real-IP
  check:
    unix: {run}/check.sock
    mode: 0600
    dialect: nginx
    client_address: X-Real-IP
store: {{ sqlite: {dir}/state.db }}
keys: {{ dir: {dir}/keys }}
audit: {{ file: {run}/audit.json }}
throttle: {{ per_person: 1000, per_source: 100000 }}
factors:
"""
FACTOR = """\
  p{i}:
    plugin: oidc
    realm: r{i}
    issuer: {url}/p{i}
    ca: file:{ca}
    client_id: client
    client_secret: file:{dir}/client.secret
    userinfo: never
"""
POLICY = """\
  - match: {{ host: app.example.com, under: /p{i} }}
    require: [ p{i} ]
"""


# ----------------------------------------------------------------------
# The providers' process


def serve(folder, n, delay_s):
    """Prints its address, then numbers for each line of its input: how many
    providers were asked for their keys, and how many at a time at most."""
    sys.path.insert(0, str(HERE.parent / "e2e"))
    import scripted
    server = scripted.ScriptedProvider()
    state = {"now": 0, "most": 0}
    lock = threading.Lock()
    for i in range(n):
        party = server.party("p%d" % i)
        take = party.take

        def slow(path, *more, take=take):
            with lock:
                state["now"] += 1
                state["most"] = max(state["most"], state["now"])
            try:
                if delay_s and path in ("/jwks",
                                        "/.well-known/openid-configuration"):
                    time.sleep(delay_s)
                return take(path, *more)
            finally:
                with lock:
                    state["now"] -= 1
        party.take = slow
    pathlib.Path(folder, "op-ca.crt").write_bytes(server.ca.read_bytes())
    print(server.url, flush=True)
    for _ in sys.stdin:
        fetched = sum(1 for p in server.parties.values() if p.sent("/jwks"))
        print(json.dumps({"fetched": fetched, "most": state["most"]}),
              flush=True)
    server.close()


class Providers:
    def __init__(self, folder, n, delay_s=0):
        self.process = subprocess.Popen(
            [sys.executable, __file__, "serve", str(folder), str(n),
             str(delay_s)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True)
        self.url = self.process.stdout.readline().strip()
        self.ca = folder / "op-ca.crt"

    def ask(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        self.process.wait(20)


# ----------------------------------------------------------------------
# The gateway


class Gateway:
    def __init__(self, bench, base, name, providers, n):
        self.bench, self.run, self.n = bench, base / name, n
        self.run.mkdir(mode=0o700)
        secret = base / "client.secret"
        secret.write_text(SECRET + "\n")
        secret.chmod(0o600)
        self.conf = self.run / "countersign.yml"
        self.conf.write_text("".join(
            [CONFIGURATION.format(run=self.run, dir=self.run)] +
            [FACTOR.format(i=i, url=providers.url, ca=providers.ca, dir=base)
             for i in range(n)] + ["policies:\n"] +
            [POLICY.format(i=i) for i in range(n)]))
        self.conf.chmod(0o600)
        self.plugins = base / "plugins"
        bench.output(bench.BUILD / "gateway/countersign", "-c", self.conf,
                     "--plugins", self.plugins, "init")

    def start(self):
        """CPU seconds until the first page is answered."""
        begun = time.monotonic()
        self.process = self.bench.Process(
            self.run / "log", self.bench.BUILD / "gateway/countersignd", "-c",
            self.conf, "--plugins", self.plugins, "--data", self.run)
        while True:
            try:
                Browser(self.run).get("https://login.example.com/login")
                return self.bench.cpu_s(self.process.pid)
            except OSError:
                if self.process.child.poll() is not None or \
                        time.monotonic() > begun + 30:
                    raise self.bench.Unmeasured(self.process.said())
                time.sleep(0.005)

    def memory_kb(self):
        return self.bench.anonymous_kb(self.process.pid)


class Browser:
    """Both sockets, kept open, and the cookies of each host."""

    def __init__(self, run):
        self.run, self.jar, self.open = run, {}, {}

    def socket(self, name):
        if name not in self.open:
            c = http.client.HTTPConnection("localhost")
            c.sock = socket.socket(socket.AF_UNIX)
            c.sock.settimeout(30)
            c.sock.connect(str(self.run / name))
            self.open[name] = c
        return self.open[name]

    def get(self, url, form=None):
        host, path = re.match(r"https://([^/]+)(.*)", url).groups()
        jar = self.jar.setdefault(host, {})
        c = self.socket("pages.sock")
        c.request("POST" if form else "GET", path, form and
                  urllib.parse.urlencode(form), {
            "Host": host, "X-Real-IP": "192.0.2.7",
            "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin",
            "Sec-Fetch-Dest": "document", "Origin": "https://" + host,
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": "; ".join("%s=%s" % c for c in jar.items())})
        r = c.getresponse()
        text = r.read().decode()
        for line in r.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            jar[name] = value
        return r.status, r.headers.get("Location", ""), text

    def sent_to_log_in(self, url):
        """What the proxy is told of a request without a session."""
        c = self.socket("check.sock")
        c.request("GET", "/check", headers={
            "Host": "app.example.com", "X-Original-URL": url,
            "X-Original-Method": "GET",
            "X-Real-IP": "192.0.2.7", "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Dest": "document", "Accept": "text/html"})
        r = c.getresponse()
        r.read()
        assert r.status == 401, r.status
        return r.headers["X-Countersign-Login"]


def to_provider(browser, factor):
    """Seconds, and where a login leads to, past the page that says to wait."""
    begun = time.monotonic()
    url = browser.sent_to_log_in("https://app.example.com/%s/" % factor)
    form = None
    while True:
        status, where, text = browser.get(url, form)
        there = r"https://[^\"]*/%s/authorize\?[^\"]*" % factor
        if re.fullmatch(there, where):
            return time.monotonic() - begun, where
        on = re.search(r'href="(%s)"' % there, text)
        if on is not None:
            return time.monotonic() - begun, html.unescape(on[1])
        if status in (302, 303):
            url, form = urllib.parse.urljoin(url, where), None
            continue
        page = re.search(r'<form[^>]* action="([^"]*)"(.*?)</form>', text,
                         re.S)
        if page is None or time.monotonic() > begun + 60:
            raise AssertionError("no way to %s: %d %s %s" % (
                factor, status, where, text[:2000]))
        url = urllib.parse.urljoin(url, html.unescape(page[1]))
        form = {k: html.unescape(v) for k, v in re.findall(
            r'<input type="hidden" name="([^"]*)" value="([^"]*)"',
            page[2])}
        time.sleep(0.5)


def many(bench, base, lines):
    """A thousand configured: start, memory, and a login at the last one while
    the others are still to be fetched."""
    quick = Providers(base, MANY)
    few = Gateway(bench, base, "few", quick, 2)
    all_of_them = Gateway(bench, base, "many", quick, MANY)
    try:
        used = {}
        for g in few, all_of_them:
            took = g.start()
            end = time.monotonic() + 90
            while quick.ask()["fetched"] < g.n:
                if time.monotonic() > end:
                    raise bench.Unmeasured("not all providers were fetched")
                time.sleep(0.5)
            time.sleep(2)
            used[g] = g.memory_kb()
            g.process.stop()
        lines.say("oidc-%d-providers-start" % MANY, took, "budget", 1,
                  "s CPU", 1)
        lines.say("oidc-memory-per-provider", (used[all_of_them] - used[few])
                  / (MANY - 2), "budget", 32, "KiB", 1, 1)
    finally:
        quick.stop()
    waiting(bench, base, lines)


def waiting(bench, base, lines):
    """Each answer takes a third of a second, and so all of them minutes."""
    slow = Providers(base, MANY, 0.33)
    g = Gateway(bench, base, "slow", slow, MANY)
    try:
        g.start()
        took, _ = to_provider(Browser(g.run), "p%d" % (MANY - 1))
        asked = slow.ask()
        lines.say("oidc-login-at-one-not-fetched", took, "budget", 4, "s", 1)
        lines.say("oidc-providers-fetched-by-then", asked["fetched"],
                  "of", MANY, "providers", 0.5, 0)
        lines.say("oidc-providers-asked-at-once", asked["most"], "budget", 16,
                  "requests", 1, 0)
    finally:
        g.process.stop()
        slow.stop()


# ----------------------------------------------------------------------
# Keys that change while people log in


class Signers:
    """oidc-provider: providers that cost next to nothing beside the daemon.
    Of each provider key n signs, n + 1 is published with it."""

    def __init__(self, bench, n):
        sys.path.insert(0, str(HERE.parent / "e2e"))
        import scripted
        self.tls = scripted.Server()
        self.n, self.ca = n, self.tls.ca
        self.process = subprocess.Popen(
            [str(bench.tool("oidc-provider")), str(n),
             str(self.tls.dir / "server.crt"),
             str(self.tls.dir / "server.key")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self.process.pid
        self.url = "https://127.0.0.1:%s" % (
            self.process.stdout.readline().strip())

    def ask(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return [int(w) for w in self.process.stdout.readline().split()]

    def each(self, word, *more):
        for i in range(self.n):
            self.ask(word, i, *more)

    def roll(self, key, first):
        """All keys before `first` are withdrawn."""
        self.each("keys", key, first, key + 1)

    def fetches(self):
        return self.ask("count")[::2]

    def stop(self):
        self.process.stdin.close()
        self.process.wait(20)
        shutil.rmtree(self.tls.dir, ignore_errors=True)


class Crowd:
    """oidc-login: people without a session, as many at a time as `clients`;
    straight at the daemon's sockets, without a proxy."""

    def __init__(self, bench, gateway, op, clients=64):
        self.bench, self.g, self.op, self.clients = bench, gateway, op, clients
        self.done = self.failed = 0
        self.seconds, self.cpu = 0.0, [0.0, 0.0, 0.0]
        self.failures = []

    def run(self, seconds, *happens):
        """happens: (after so many seconds, what)."""
        pids = self.g.process.pid, self.op.pid
        before = [self.bench.cpu_s(p) for p in pids]
        begun = time.monotonic()
        driver = subprocess.Popen(
            [str(self.bench.tool("oidc-login")), "-c", str(self.clients),
             "-s", str(seconds * 1000), "-b", str(self.done + 1), "-p",
             str(self.op.n), str(self.g.run / "pages.sock"),
             str(self.g.run / "check.sock")], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        for after, what in happens:
            time.sleep(max(0, begun + after - time.monotonic()))
            what()
        out, said = driver.communicate(timeout=seconds + 60)
        if driver.returncode != 0:
            raise self.bench.Unmeasured(said)
        *failures, last = out.splitlines()
        good, bad, took, _, self.p99_us, own = map(float, last.split())
        self.failures += [int(line.split()[1]) for line in failures]
        self.done += int(good + bad)
        self.seconds += took
        for i, cost in enumerate([self.bench.cpu_s(p) - b for p, b in
                                  zip(pids, before)] + [own / 1e6]):
            self.cpu[i] += cost

    def tell(self):
        print("bench: oidc-roll-over CPU of a login: daemon %.0f us, "
              "providers %.0f us, driver %.0f us, without a proxy; 99 of 100 "
              "within %.0f ms" % (*[c / self.done * 1e6 for c in self.cpu],
                                  self.p99_us / 1000), flush=True)


INTERVAL_S = 60     # between two fetches for an unknown key


def rollover(bench, base, lines, providers=2, stale=40):
    """Twice at full speed, an interval apart, the keys of two providers roll
    over: one that was published before, one that nobody knew. After the first
    such one the old key is withdrawn, and some tokens are signed by it still:
    these are refused, and nothing is fetched for them."""
    op = Signers(bench, providers)
    g = Gateway(bench, base, "roll", op, providers)
    fetched, unknown = [], []

    def measured(*happens):
        before = op.fetches()
        crowd.run(6, *happens)
        fetched.extend(b - a for a, b in zip(before, op.fetches()))
        unknown.extend(n for n in crowd.failures[crowd.failed:]
                       if op.ask("key", n)[0] >= withdrawn[0])
        crowd.failed = len(crowd.failures)

    withdrawn = [0]     # the first that is not

    def roll(key, first):
        withdrawn[0] = first
        op.roll(key, first)

    try:
        roll(0, 0)
        g.start()
        for i in range(providers):
            to_provider(Browser(g.run), "p%d" % i)
        Crowd(bench, g, op).run(1)
        crowd = Crowd(bench, g, op)
        measured((1, lambda: roll(1, 0)), (2.5, lambda: roll(2, 1)),
                 (4, lambda: roll(3, 1)),
                 (4.5, lambda: op.each("stale", 0, stale)))
        refused, left = len(crowd.failures), sum(op.ask("count")[1::2])
        time.sleep(INTERVAL_S)
        measured((1.5, lambda: roll(4, 4)), (4, lambda: roll(5, 4)))
    finally:
        g.process.stop()
        op.stop()
    crowd.tell()
    rate = crowd.done / crowd.seconds
    lines.say("oidc-roll-over-logins", rate, "wanted", 1000, "a second", 1, 0,
              1000 / rate)
    lines.say("oidc-roll-over-refetches", max(fetched), "of a provider in an "
              "interval, budget", 1, "fetches", 1, 0)
    lines.say("oidc-roll-over-failed", len(unknown), "of", crowd.done,
              "logins", 0, 0)
    print("bench: oidc-roll-over %d logins failed that were signed by a "
          "withdrawn key" % (len(crowd.failures) - len(unknown)), flush=True)
    lines.say("oidc-roll-over-withdrawn-let-in", providers * stale - left -
              refused, "of", providers * stale - left, "logins", 0, 0)


if __name__ == "__main__":
    assert sys.argv[1] == "serve"
    serve(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
