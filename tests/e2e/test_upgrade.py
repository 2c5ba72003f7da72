# SPDX-License-Identifier: Apache-2.0
"""Reloads and restarts while people log in: nobody notices.

The sockets are kept open over a restart as systemd does it for units of its
kind `socket`; what connects meanwhile waits for the new daemon.
"""
import re
import shutil
import socket
import threading
import time

import pytest

from raw import exchange, unix
from servers import BUILD, ROOT, SANITIZED, Process, Site, data, plugins, \
    until

ENTER = 'fds="$1 $2"; shift 2; exec 3<&${fds% *} 4<&${fds#* }; ' \
    'export LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=pages:check; exec "$@"'
LOADED_S = 0.5      # of logins before, between and after, at least


class Activated(Site):
    """A site whose sockets outlive its daemon."""

    def launch_daemon(self):
        if not hasattr(self, "sockets"):
            self.sockets = [self.listener(n) for n in ("pages", "check")]
        fds = [s.fileno() for s in self.sockets]
        self.daemon = Process(
            self.dir / "daemon.log", "bash", "-c", ENTER, "bash", *fds,
            BUILD / "gateway/countersignd", "-c", self.conf, "--plugins",
            plugins(), "--data", data(), env=dict(SANITIZED, TZ="UTC"), fds=fds)

    def listener(self, name):
        s = socket.socket(socket.AF_UNIX)
        path = self.dir / "run" / (name + ".sock")
        s.bind(str(path))
        path.chmod(0o660)
        if ROOT:
            shutil.chown(path, group="www-data")
        s.listen(4096)
        return s

    def close(self):
        super().close()
        for s in self.sockets:
            s.close()


class Load:
    """People who log in one after the other, some with a code, until it is
    over. Whoever cannot is told of, and so is whoever's session is lost."""

    def __init__(self, site, somebody, most_new=24):
        self.site, self.somebody = site, somebody
        self.left = most_new        # people who have no device yet
        self.lock, self.over = threading.Lock(), threading.Event()
        self.trouble, self.browsers, self.slowest = [], [], 0
        # several of them at each moment, as many as two processors bear
        self.threads = [threading.Thread(target=self.run, args=a) for a in (
            ("wiki",), ("notes",), ("notes",), ("notes",))]

    def run(self, host):
        person = self.somebody(self.site)
        while not self.over.is_set():
            if host == "wiki":
                with self.lock:
                    self.left -= 1
                    if self.left < 0:
                        host = "notes"
                        continue
                    person = self.somebody(self.site)
            self.login(person, host)

    def login(self, person, host):
        browser, begin = person.new_browser(), time.monotonic()
        url = self.site.url(host, "/begun")
        try:
            person.login(url, browser=browser)
        except Exception as e:      # anything: it is told below
            self.trouble.append("%s at %s: %s" % (person.name, host,
                                                  repr(e)[:1500]))
        else:
            self.browsers.append((url, browser))
        self.slowest = max(self.slowest, time.monotonic() - begin)

    def lives(self, url, browser):
        return browser.once("GET", url).status == 200

    def __enter__(self):
        for t in self.threads:
            t.start()
        self.wait()
        return self

    def wait(self):
        """Until some have logged in since."""
        n = len(self.browsers)
        until("people log in", lambda: len(self.browsers) >= n + 4 or
              self.trouble, 60)
        time.sleep(LOADED_S)

    def __exit__(self, *_):
        self.over.set()
        for t in self.threads:
            t.join()
        print("%d logins, %d failed, slowest %.2f s" % (
            len(self.browsers), len(self.trouble), self.slowest))


def nobody_noticed(load):
    assert not load.trouble, "%d of %d: %s" % (
        len(load.trouble), len(load.browsers), load.trouble[0])
    lost = [b for b in load.browsers if not load.lives(*b)]
    assert not lost, "%d of %d sessions are lost" % (len(lost),
                                                     len(load.browsers))


def test_reloads_under_load(make_site, somebody):
    site = make_site()
    with Load(site, somebody) as load:
        for i in range(3):
            site.write(lambda t, n="Name %d" % i: t.replace(
                "Example Remote Access", n))
            assert "read again" in site.reload()
            load.wait()
    nobody_noticed(load)


@pytest.fixture
def activated(directory):
    site = Activated(directory)
    yield site
    site.close()


# ----------------------------------------------------------------------
# Which passed socket is whose

CHECK = "  check:\n"


def checks_written(text, *more, first=False):
    """`check` as a list, with other listeners before or behind nginx's."""
    before, rest = text.split(CHECK)
    own, after = rest.split("  metrics:")
    own = "".join("      %s\n" % line.strip() for line in own.splitlines())
    rows = ["    -\n" + own]
    rows[0 if first else 1:0] = ["    - %s\n" % m for m in more]
    return before + CHECK + "".join(rows) + "  metrics:" + after


def forged(site):
    """What a client sends to a protected host besides what nginx says."""
    return ("GET /check HTTP/1.1\r\nHost: x\r\n"
            "X-Original-URL: %s\r\nX-Original-Method: GET\r\n"
            "X-Forwarded-Proto: https\r\nX-Forwarded-Host: %s\r\n"
            "X-Forwarded-Uri: /\r\nX-Forwarded-Method: GET\r\n"
            "Connection: close\r\n\r\n" % (
                site.url("wiki"), site.host("open"))).encode()


@pytest.fixture
def passed(directory):
    """A site that is not started yet, its sockets passed to its daemon."""
    site = Activated(directory, start=False)
    yield site
    if site.daemon:
        site.close()


@pytest.mark.parametrize("first", (False, True))
def test_passed_by_address(passed, first):
    """A socket that was passed is that listener's whose address it has; the
    other one of its role is opened by the daemon, and none answers in the
    other's dialect."""
    site, other = passed, passed.dir / "run/other.sock"
    site.write(lambda t: checks_written(
        t, '{ unix: "%s", dialect: caddy }' % other, first=first))
    site.command("init")
    site.start_daemon()
    for _ in range(20):
        assert unix(site.dir / "run/check.sock", forged(site)).status == 401
        assert unix(other, forged(site)).status == 200


def ends_saying(site, *words):
    site.launch_daemon()
    until("countersignd ends", lambda: not site.daemon.alive())
    assert site.daemon.child.returncode == 1
    for w in words:
        assert w in site.daemon.said()


def test_passed_to_nobody(passed):
    """Among several a socket that is none of theirs would never be answered,
    and one of another kind has other peers: neither is taken."""
    site = passed
    site.command("init")
    site.write(lambda t: checks_written(
        t.replace("run/check.sock", "run/elsewhere.sock"),
        '{ unix: "%s/run/other.sock", dialect: caddy }' % site.dir))
    ends_saying(site, "`check`", "run/check.sock", "ListenStream=")
    site.write(lambda t: t.replace(
        "unix: %s/run/check.sock" % site.dir, 'tcp: "127.0.0.1:9"').replace(
        "dialect: nginx\n    mode: 0660\n    group: www-data",
        "dialect: nginx").replace(
        "dialect: nginx\n    mode: 0660", "dialect: nginx"))
    ends_saying(site, "`check`", "run/check.sock", "ListenStream=")


def test_passed_tcp_speaks_tls(passed):
    """What `tls` and `peers` say holds for a socket that was passed too."""
    site = passed
    s = socket.create_server(("127.0.0.1", 0))
    site.sockets = [site.listener("pages"), s]
    address = "127.0.0.1:%d" % s.getsockname()[1]
    keys = "certificate: file:site.crt, key: file:site.key, " \
        "client_ca: file:ca.crt"
    site.write(lambda t: re.sub(
        CHECK + "(    .*\n)*", CHECK + '    tcp: "%s"\n    dialect: nginx\n'
        "    client_address: X-Real-IP\n    tls: { %s }\n" % (address, keys),
        t))
    site.command("init")
    site.start_daemon()
    with socket.create_connection(s.getsockname()) as conn:
        conn.settimeout(60)
        assert not exchange(conn, forged(site)).data.startswith(b"HTTP")


# ----------------------------------------------------------------------


def test_upgrades_under_load(activated, somebody):
    """The old daemon answers what it has begun and ends; the next one takes
    over the sockets, the store and the sessions."""
    site = activated
    with Load(site, somebody) as load:
        for _ in range(2):
            before = site.daemon
            assert before.stop() == 0, before.said()
            site.start_daemon()
            load.wait()
    nobody_noticed(load)
