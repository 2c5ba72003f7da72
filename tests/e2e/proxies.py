# SPDX-License-Identifier: Apache-2.0
"""Sites behind each proxy, with the configurations that are shipped.

Of a shipped file only names, ports and paths are other ones. Two applications
and the login's host are what the examples have.
"""
import contextlib
import http.client
import re
import shutil
import signal
import socket

from browser import Browser
from servers import (EXAMPLE, HERE, PEERS, TOP, Process, Site, free_port, run,
                     until)

EXAMPLES = EXAMPLE.parent
CACHE = TOP / "build/proxies"
KINDS = ("nginx", "caddy", "traefik", "envoy", "haproxy")
# what these proxies can reach: a socket's path, or only an address
BY_TCP = ("traefik", "haproxy")


def program(kind):
    CACHE.mkdir(parents=True, exist_ok=True)
    return run("bash", PEERS / "proxies.sh", kind, CACHE,
               seconds=600).stdout.strip()


class ProxySite(Site):
    """A Site whose proxy is another one; with nginx it is the Site."""

    def __init__(self, directory, kind, **settings):
        self.kind = kind
        self.proxy = self.help = None
        self.ports = {}
        if kind != "nginx":
            self.program = program(kind)
            self.ports = {n: free_port() for n in (
                "app", "pages", "check", "help", "inner")}
        try:
            super().__init__(directory, **settings)
        except BaseException:
            self.close()
            raise

    # -- countersignd's side --------------------------------------------

    def write(self, edit=None, **settings):
        def ours(text):
            text = text.replace("dialect: nginx", "dialect: " + self.kind)
            if self.kind in BY_TCP:
                for role in ("pages", "check"):
                    text = self.by_tcp(text, role)
            return edit(text) if edit else text
        super().write(edit=ours, **settings)

    def by_tcp(self, text, role):
        """The role's listener at an address, as the examples say."""
        head, rest = text.split("  %s:\n    unix: " % role, 1)
        lines = rest.split("\n")[1:]
        end = lines.index("    client_address: X-Real-IP")
        lines[:end] = [line for line in lines[:end] if not
                       line.startswith(("    mode:", "    group:"))]
        return '%s  %s:\n    tcp: "127.0.0.1:%d"\n%s' % (
            head, role, self.ports[role], "\n".join(lines))

    # -- the proxy's ----------------------------------------------------

    def start_nginx(self):
        if self.kind == "nginx":
            super().start_nginx()
            self.proxy = self.nginx
            return
        self.start_tcp_app()
        to = self.files()
        if self.kind == "traefik":
            self.start_help(to / "help.service")
        self.nginx = self.proxy = self.launch(to)
        until("%s has its configuration" % self.kind, self.proxy_answers, 40)

    def start_tcp_app(self):
        self.tcp_app = Process(self.dir / "tcp-app.log", "/usr/bin/python3",
                               HERE / "app.py",
                               "127.0.0.1:%d" % self.ports["app"])

    def start_help(self, unit):
        """As the shipped unit says."""
        line = re.search(r"^ExecStart=(.*)$", unit.read_text(), re.M)
        self.help = Process(self.dir / "help.log", *line.group(1).split())

    def proxy_listening(self):
        assert self.proxy.alive(), self.proxy.said()
        for port in (self.port, self.ports["app"]):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
            except OSError:
                return False
        return True

    def proxy_answers(self):
        """Some listen before they know what for."""
        if not self.proxy_listening():
            return False
        with contextlib.suppress(OSError, http.client.HTTPException):
            return Browser(str(self.ca)).once(
                "GET", self.url("login", "/login")).status != 404
        return False

    def files(self):
        """The shipped folder, with this site's names in it."""
        to = self.dir / self.kind
        shutil.copytree(EXAMPLES / self.kind, to)
        (to / "help").mkdir()
        for page in ("unavailable.html", "down.html"):
            for folder in (to, to / "help"):
                shutil.copy2(EXAMPLE / "countersign" / page, folder)
        (to / "tls").mkdir()
        for end in ("crt", "key"):
            shutil.copy2(self.dir / ("site." + end),
                         to / "tls" / ("example.com." + end))
        (to / "tls/example.com.pem").write_text(
            (to / "tls/example.com.crt").read_text() +
            (to / "tls/example.com.key").read_text())
        for f in to.iterdir():
            if f.is_file() and f.suffix not in (".html", ".http"):
                f.write_text(self.named(f.read_text(), to))
        return to

    def named(self, text, to):
        for name in ("login", "wiki", "desk"):
            text = text.replace("%s.example.com" % name, self.host(name))
        for old, new in (
                ("/etc/%s/" % self.kind, "%s/" % to),
                ("/etc/%s\n" % self.kind, "%s\n" % to),
                ("/run/countersign/", "%s/run/" % self.dir),
                ("127.0.0.1:8081", "127.0.0.1:%d" % self.ports["app"]),
                ("127.0.0.1:8082", "127.0.0.1:%d" % self.ports["app"]),
                ("127.0.0.1:9091", "127.0.0.1:%d" % self.ports["pages"]),
                ("127.0.0.1:9092", "127.0.0.1:%d" % self.ports["check"]),
                ("127.0.0.1:9093", "127.0.0.1:%d" % self.ports["help"]),
                ("127.0.0.1:9094", "127.0.0.1:%d" % self.ports["inner"]),
                ("/help 9093", "/help %d" % self.ports["help"]),
                ('address: ":443"', 'address: "127.0.0.1:%d"' % self.port),
                ("bind :443", "bind 127.0.0.1:%d" % self.port),
                ("\n:443 {", "\n:%d {" % self.port),
                ("address: 0.0.0.0, port_value: 443",
                 "address: 127.0.0.1, port_value: %d" % self.port),
                ("port_value: 8081", "port_value: %d" % self.ports["app"]),
                ("port_value: 8082", "port_value: %d" % self.ports["app"])):
            text = text.replace(old, new)
        if self.kind == "traefik":      # its rule takes no port
            text = text.replace("(`%s`)" % self.host("login"),
                                "(`login.e2e.localhost`)")
            for name in ("wiki", "desk"):
                text = text.replace("(`%s`)" % self.host(name),
                                    "(`%s.e2e.localhost`)" % name)
        return text

    def launch(self, to):
        log, home = self.dir / "proxy.log", {"HOME": str(self.dir),
                                             "XDG_DATA_HOME": str(self.dir),
                                             "XDG_CONFIG_HOME": str(self.dir)}
        arguments = {
            "caddy": ["run", "--config", to / "Caddyfile", "--adapter",
                      "caddyfile"],
            "traefik": ["--configFile=%s" % (to / "traefik.yml")],
            "envoy": ["-c", to / "envoy.yaml", "--concurrency", "1",
                      "--use-dynamic-base-id", "--log-level", "warn"],
            "haproxy": ["-db", "-f", to / "haproxy.cfg"],
        }[self.kind]
        return Process(log, self.program, *arguments, env=home)

    def close(self):
        for process in (getattr(self, "tcp_app", None), self.help):
            if process is not None:
                process.stop()
        if self.kind != "nginx" and self.proxy is not None:
            self.end_proxy()
        super().close()

    def end_proxy(self):
        # asked to end, others wait for kept-alive connections
        self.proxy.kill(signal.SIGTERM if self.kind == "nginx" else
                        signal.SIGKILL)
        self.proxy.child.wait(60)
