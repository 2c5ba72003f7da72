# SPDX-License-Identifier: Apache-2.0
"""A thousand OpenID providers, and one whose keys change under load.

The providers are those of tests/e2e/scripted.py, in a process of their own:
one server, each provider below a path. What it costs is not counted.
"""
import base64
import concurrent.futures
import functools
import html
import http.client
import json
import pathlib
import re
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


def roll(scripted, party):
    """Another key signs, and is the only one."""
    party.serial += 1
    key = scripted.Key("%s-%d" % (party.name, party.serial), "ES256")
    party.keys = [key]
    party.key = key


def redeem(party, _, form, headers):
    """A code is what was asked for, written out: nobody need fetch it."""
    asked = json.loads(base64.urlsafe_b64decode(form["code"]))
    return 200, "application/json", json.dumps({
        "access_token": "none", "token_type": "Bearer",
        "id_token": party.id_token(asked)}), {}


def serve(folder, n, delay_s):
    """Prints its address, then numbers for each line of its input: how many
    providers were asked for their keys, and how many at a time at most. The
    line "roll" has the first one change its key before."""
    sys.path.insert(0, str(HERE.parent / "e2e"))
    import scripted
    server = scripted.ScriptedProvider()
    state = {"now": 0, "most": 0}
    lock = threading.Lock()
    for i in range(n):
        party = server.party("p%d" % i)
        take = party.take
        party.do_token = functools.partial(redeem, party)

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
    first = server.parties["p0"]
    roll(scripted, first)
    for line in sys.stdin:
        if line.strip() == "roll":
            roll(scripted, first)
        fetched = sum(1 for p in server.parties.values() if p.sent("/jwks"))
        print(json.dumps({"fetched": fetched, "most": state["most"],
                          "keys": len(first.sent("/jwks"))}),
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

    def ask(self, word=""):
        self.process.stdin.write(word + "\n")
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


def code_for(where):
    asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(where).query))
    return base64.urlsafe_b64encode(json.dumps(
        {k: asked[k] for k in ("client_id", "nonce")}).encode()).decode(), \
        asked["state"]


def login(browser, factor, issuer):
    """None, or what went wrong."""
    browser.jar.clear()
    _, where = to_provider(browser, factor)
    code, state = code_for(where)
    status, to, text = browser.get(
        "https://login.example.com/f/%s/callback?%s" % (
            factor, urllib.parse.urlencode(
                {"code": code, "state": state, "iss": issuer})))
    return None if status in (302, 303) and "/.countersign/" in to else \
        "%d %s %s" % (status, to, text[:1500])


def log_in_until(run, issuer, end):
    """Of one process: how many logins, and those that failed."""
    b, n, failed = Browser(pathlib.Path(run)), 0, []
    while time.time() < end:
        why = login(b, "p0", issuer)
        n += 1
        if why is not None:
            failed.append(why)
    return n, failed


def rollover(bench, base, lines, seconds=8, browsers=4):
    """In the middle the provider signs by another key and has no other."""
    op = Providers(base, 1)
    g = Gateway(bench, base, "roll", op, 1)
    try:
        g.start()
        to_provider(Browser(g.run), "p0")
        before, end = op.ask()["keys"], time.time() + seconds
        with concurrent.futures.ProcessPoolExecutor(browsers) as pool:
            jobs = [pool.submit(log_in_until, str(g.run), op.url + "/p0", end)
                    for _ in range(browsers)]
            time.sleep(seconds / 2)
            op.ask("roll")
            done = [j.result(timeout=60) for j in jobs]
        n = sum(k for k, _ in done)
        failed = [why for _, f in done for why in f]
        print("bench: oidc-key-roll-over with %d logins a second" % (
            n / seconds), *failed[:1], flush=True)
        lines.say("oidc-roll-over-refetches", op.ask()["keys"] - before,
                  "budget", 1, "fetches", 1, 0)
        lines.say("oidc-roll-over-failed", len(failed), "of", n, "logins", 0,
                  0)
    finally:
        g.process.stop()
        op.stop()


if __name__ == "__main__":
    assert sys.argv[1] == "serve"
    serve(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
