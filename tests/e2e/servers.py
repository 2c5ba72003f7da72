# SPDX-License-Identifier: Apache-2.0
"""Real servers on loopback, each in a folder of its own, ended by their pid.

A Site is what a company has: countersignd, nginx with the shipped
configuration, and an application behind it. The directory is shared by all.
"""
import atexit
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TOP = pathlib.Path(os.environ.get("CSN_TOP_SRCDIR", HERE.parents[1]))
BUILD = pathlib.Path(os.environ.get("CSN_TOP_BUILDDIR",
                                    TOP / "build/check/gcc"))
PEERS = TOP / "tests/peers"
EXAMPLE = TOP / "gateway/examples/nginx"
ROOT = os.geteuid() == 0
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
PORTS = iter(range(22000, 32000))  # below those the kernel gives away
PORTS_HELD = []
LOGS = {}               # of all servers: what each held when a test began
# A sanitizer's leak check needs to attach to a process that forbids it.
SANITIZED = {"ASAN_OPTIONS": "detect_leaks=0:halt_on_error=1",
             "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}
HOSTS = ("login", "wiki", "desk", "notes", "open")


def free_port():
    """A port of this run's own, to the end of it. Two runs on one machine
    agree by a name in the abstract namespace, which has the same borders as
    ports have and is let go when a process ends, however it ends."""
    for port in PORTS:
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind("\0countersign-test-port-%d" % port)
            with socket.socket() as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                s.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
            continue
        PORTS_HELD.append(claim)
        return port
    raise RuntimeError("no free port from 22000 to 31999")


def folder():
    """A short path (a socket's has at most 107 bytes) that nginx's own user
    may pass through."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="csn-e2e-"))
    path.chmod(0o711)
    return path


def run(*argv, check=True, stdin=None, env=None, seconds=300, **more):
    r = subprocess.run([str(a) for a in argv], input=stdin, text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       env=dict(os.environ, PATH=PATH, **(env or {})),
                       timeout=seconds, **more)
    if check and r.returncode != 0:
        raise RuntimeError("%s: status %d\n%s%s" % (
            argv[0], r.returncode, r.stdout, r.stderr))
    return r


def until(what, look, seconds=60, pause=0.02):
    """Waits for something that happens by itself, and says what did not."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError("not within %d s: %s" % (seconds, what))
        time.sleep(pause)


def within(seconds, what, begin):
    """begin() starts what must be over so soon, and returns how one sees that
    it is. A busy machine is late now and then; what takes longer is late each
    time."""
    for _ in range(5):
        look, start = begin(), time.monotonic()
        until(what, look)
        took = time.monotonic() - start
        if took < seconds:
            return
    raise AssertionError("not within %d s, each time: %s, %.2f s" % (
        seconds, what, took))


def logs_mark():
    for path in list(LOGS):
        try:
            LOGS[path] = path.stat().st_size
        except OSError:
            del LOGS[path]      # its folder is gone


def logs_grown():
    """(name, last lines) of each log that has grown since, and of those beside
    it."""
    texts = {}
    for path in LOGS:
        with contextlib.suppress(OSError):
            texts[path] = path.read_bytes()
    busy = {path.parent for path, text in texts.items()
            if len(text) > LOGS[path]}
    for path, text in texts.items():
        if path.parent in busy:
            lines = text[-4000:].decode(errors="replace").splitlines()
            yield ("%s of %s" % (path.name, path.parent.name),
                   "\n".join(lines[-40:]))


class Process:
    """A child in the foreground; its output goes to a file."""

    def __init__(self, log, *argv, env=None, fds=()):
        self.log = pathlib.Path(log)
        LOGS.setdefault(self.log, 0)
        with open(self.log, "ab") as out:
            self.child = subprocess.Popen(
                [str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=out,
                stderr=out, env=dict(os.environ, PATH=PATH, **(env or {})),
                pass_fds=fds)
        # a test that fails while it prepares must leave nothing behind
        atexit.register(self.kill)

    def alive(self):
        return self.child.poll() is None

    def kill(self, number=signal.SIGTERM):
        if self.alive():
            self.child.send_signal(number)

    @contextlib.contextmanager
    def frozen(self):
        """Stands still for as long. kill() comes back before that is so: a
        thread on the other processor goes on until it is told."""
        tasks = pathlib.Path("/proc/%d/task" % self.child.pid)
        self.kill(signal.SIGSTOP)
        try:
            until("each thread stands still", lambda: all(
                task.joinpath("stat").read_text().rpartition(") ")[2][0] == "T"
                for task in tasks.iterdir()))
            yield
        finally:
            self.kill(signal.SIGCONT)

    def stop(self):
        self.kill()
        try:
            # what is being computed is finished first: with the metadata of
            # thousands 3 s on a machine of our own, ten times that beside
            # others; systemd would wait for 90
            return self.child.wait(60)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait(30)
            raise AssertionError("%s did not end:\n%s" % (
                self.child.args[0], self.said()))

    def said(self):
        return self.log.read_text(errors="replace")


# ----------------------------------------------------------------------


class Directory:
    """tests/peers/slapd.sh, with everybody in the group `everybody`."""

    def __init__(self):
        self.dir = folder()
        self.port, self.tls_port = free_port(), free_port()
        self.env = {"PORT": str(self.port), "TLS_PORT": str(self.tls_port),
                    "USERS": "300"}
        self.script("start")
        self.ca = self.dir / "tls/ca.crt"
        names = ["alice", "bob", "carol"] + [
            "u%05d" % i for i in range(300)]
        members = "".join("member: uid=%s,ou=people,dc=example,dc=com\n" % n
                          for n in names)
        self.add("dn: cn=everybody,ou=groups,dc=example,dc=com\n"
                 "objectClass: groupOfNames\ncn: everybody\n" + members)
        self.fresh = iter(names[3:])

    def script(self, op):
        run("bash", PEERS / "slapd.sh", op, self.dir, env=self.env)

    def ldap(self, tool, ldif):
        run(tool, "-x", "-H", "ldap://127.0.0.1:%d" % self.port, "-D",
            "cn=admin,dc=example,dc=com", "-w", "admin", stdin=ldif)

    def add(self, ldif):
        self.ldap("ldapadd", ldif)

    def modify(self, ldif):
        self.ldap("ldapmodify", ldif)

    def stop(self):
        self.script("stop")

    def resume(self):
        self.script("resume")

    def close(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)


class Stub:
    """tests/peers/ldap-stub.py: a directory that misbehaves."""

    def __init__(self, mode, directory):
        self.dir = folder()
        self.process = Process(self.dir / "log", "/usr/bin/python3",
                               PEERS / "ldap-stub.py", mode,
                               directory.dir / "tls")
        said = until("the stub's port", lambda: re.search(
            r"port (\d+)", self.process.said()))
        self.port = int(said.group(1))

    def close(self):
        self.process.stop()
        shutil.rmtree(self.dir, ignore_errors=True)


# ----------------------------------------------------------------------

# What every site's begins with, and the words of all but the benchmarks'.
PLACES = """\
version: 1
public_url: {login}
listen:
  pages:
    unix: {dir}/run/pages.sock
{access}
    client_address: X-Real-IP
  check:
    unix: {dir}/run/check.sock
    dialect: nginx
{access}
    client_address: X-Real-IP
  metrics: {{ tcp: "127.0.0.1:{metrics}" }}
store: {{ sqlite: {dir}/state/state.db }}
keys: {{ dir: {dir}/keys }}
"""
WORDS = """\
site:
  name: {{ en: Example Remote Access, ja: リモート接続 }}
  help:
    text: {{ en: "Service desk, ext. 7000", ja: ヘルプデスク 内線7000 }}
  languages: [en, ja]
  time_zone: Asia/Tokyo
"""
CONFIGURATION = PLACES + WORDS + """\
networks:
  here: 127.0.0.0/8
  elsewhere: 192.0.2.0/24
groups:
  everybody: {{ corp: "cn=everybody,ou=groups,dc=example,dc=com" }}
  staff: {{ corp: "cn=staff,ou=groups,dc=example,dc=com" }}
factors:
  corp:
    plugin: ldap
    label: {{ en: Password, ja: パスワード }}
    url: {ldap}
    ca: file:{ca}
    base: dc=example,dc=com
    bind_dn: cn=svc,dc=example,dc=com
    bind_password: file:bind.secret
    group_mode: memberof
    timeout: {patience}
{corp}
{factors}
  phone:
    plugin: totp
    label: {{ en: Authenticator app, ja: 認証アプリ }}
    issuer: Example
    window: 2
{phone}
enrol:
  phone: {enrol}
throttle: {throttle}
audit: {{ file: {dir}/audit.json }}
{more}
policies:
{policies}
  - name: open
    match: {{ host: "{open}" }}
    public: true
  - name: wiki
    match: {{ host: "{wiki}" }}
    require:
      - corp then phone
    allow: {{ groups: [everybody] }}
  - name: notes
    match: {{ host: "{notes}" }}
    require:
      - corp
  - name: desk-public
    match: {{ host: "{desk}", path: /public }}
    public: true
  - name: desk-open
    match: {{ host: "{desk}", under: /open }}
    public: true
  - name: desk-closed
    match: {{ host: "{desk}", under: /closed }}
    deny: true
  - name: desk-staff
    match: {{ host: "{desk}", under: /staff }}
    require:
      - corp then phone
    allow: {{ groups: [staff] }}
  - name: desk-fresh
    match: {{ host: "{desk}", under: /fresh }}
    require:
      - corp then phone
    fresh: {{ phone: 10s }}
  - name: desk-device
    match: {{ host: "{desk}", under: /device }}
    require:
      - corp then phone
    accept: device
  - name: desk-elsewhere
    match: {{ host: "{desk}", under: /network, network: elsewhere }}
    public: true
  - name: desk-method
    match: {{ host: "{desk}", under: /method, method: DELETE }}
    deny: true
  - name: desk
    match: {{ host: "{desk}" }}
    require:
      - corp then phone
"""


class Site:
    """One company. Settings: ldap, patience, corp, enrol, throttle, phone,
    more, and factors and policies in their lists (YAML text)."""

    TEXT = CONFIGURATION

    def __init__(self, directory, start=True, **settings):
        self.dir, self.directory = folder(), directory
        self.port = free_port()
        self.metrics = free_port()
        self.settings = {
            "ldap": "ldaps://127.0.0.1:%d" % directory.tls_port,
            "ca": directory.ca, "enrol": "{ first_login: true }",
            "throttle": "{ per_person: 20, per_source: 10000 }", "more": "",
            "phone": "", "factors": "", "policies": "", "corp": "",
            "patience": "20s"}  # with a directory, on a crowded machine
        self.settings.update(settings)
        self.conf = self.dir / "countersign.yml"
        LOGS[self.dir / "audit.json"] = 0
        self.daemon = self.nginx = self.app = None
        self.period = 30        # of new devices, as the settings have it
        for name in ("run", "state"):
            (self.dir / name).mkdir(mode=0o711)
        (self.dir / "state").chmod(0o700)
        (self.dir / "bind.secret").write_text("svcpw\n")
        (self.dir / "bind.secret").chmod(0o600)
        self.write()
        self.certificate()
        if start:
            self.command("init")
            self.start()

    # -- names ----------------------------------------------------------

    def host(self, name):
        return "%s.e2e.localhost:%d" % (name, self.port)

    def url(self, name, path="/"):
        return "https://%s%s" % (self.host(name), path)

    # -- files ----------------------------------------------------------

    def write(self, edit=None, **settings):
        """The configuration, with other settings than before."""
        self.settings.update(settings)
        access = "    mode: 0660"
        if ROOT:
            access += "\n    group: www-data"
        text = self.TEXT.format(
            dir=self.dir, metrics=self.metrics, access=access,
            login="https://" + self.host("login"),
            **{n: self.host(n) for n in HOSTS if n != "login"},
            **self.settings)
        if edit:
            text = edit(text)
        self.conf.write_text(text)
        self.conf.chmod(0o600)

    def certificate(self):
        names = ",".join("DNS:%s.e2e.localhost" % h for h in HOSTS)
        run("bash", "-c", '. "$1/common.sh"; ca_make "$2"; cert_make "$2" '
            'site /CN=e2e "subjectAltName=$3\nextendedKeyUsage=serverAuth"',
            "bash", PEERS, self.dir, names + ",DNS:evil.e2e.localhost")
        self.ca = self.dir / "ca.crt"

    # -- processes ------------------------------------------------------

    def start(self):
        self.start_daemon()
        self.app = Process(self.dir / "app.log", "/usr/bin/python3",
                           HERE / "app.py", self.dir / "run/app.sock")
        self.start_nginx()

    def launch_daemon(self):
        self.daemon = Process(
            self.dir / "daemon.log", BUILD / "gateway/countersignd",
            "-c", self.conf, "--plugins", plugins(), "--data", data(),
            env=dict(SANITIZED, TZ="UTC"))

    def start_daemon(self):
        self.launch_daemon()
        until("countersignd is ready\n" + self.daemon.said(),
              lambda: self.ready() or self.ended())

    def ended(self):
        if not self.daemon.alive():
            raise AssertionError("countersignd ended:\n" +
                                 self.daemon.said())

    def ready(self):
        return self.metric("/readyz")[0] == 200

    def metric(self, path="/metrics"):
        """(status, text) of the metrics listener."""
        try:
            with socket.create_connection(("127.0.0.1", self.metrics),
                                          5) as s:
                s.sendall(b"GET %s HTTP/1.0\r\nHost: x\r\n\r\n" %
                          path.encode())
                text = b"".join(iter(lambda: s.recv(65536), b"")).decode()
        except OSError:
            return 0, "nobody listens"
        head, _, body = text.partition("\r\n\r\n")
        return int(head.split()[1]), body

    def start_nginx(self):
        self.nginx_files()
        self.nginx = Process(self.dir / "nginx.log", "nginx", "-p", self.dir,
                             "-e", "stderr", "-c",
                             self.dir / "nginx/nginx.conf")
        until("nginx listens", self.listening)

    def listening(self):
        assert self.nginx.alive(), self.nginx.said()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return (self.dir / "run/app.sock").exists()
        return False

    def nginx_files(self):
        """The shipped snippets; only the paths in them are this folder's."""
        to = self.dir / "nginx"
        shutil.copytree(EXAMPLE / "countersign", to / "countersign")
        for f in (to / "countersign").iterdir():
            f.write_text(f.read_text()
                         .replace("/etc/nginx/countersign/",
                                  "%s/countersign/" % to)
                         .replace("/run/countersign/",
                                  "%s/run/" % self.dir))
            f.chmod(0o644)
        for f in (to, to / "countersign"):
            f.chmod(0o755)
        (to / "nginx.conf").write_text(self.nginx_conf())

    def nginx_conf(self):
        user = "user www-data;\n" if ROOT else ""
        temp = "".join("%s_temp_path %s/nginx/%s;\n" % (
            n, self.dir, n) for n in ("client_body", "proxy", "fastcgi",
                                      "uwsgi", "scgi"))
        servers = "".join(self.nginx_server(n) for n in HOSTS)
        return (user + "daemon off; worker_processes 1; pid %s/nginx.pid;\n"
                "error_log stderr notice;\n"
                "events { worker_connections 512; }\n"
                "http {\naccess_log off;\n%s"
                "include countersign/http.conf;\n"
                "upstream app { server unix:%s/run/app.sock; }\n"
                "ssl_certificate %s/site.crt;\n"
                "ssl_certificate_key %s/site.key;\n"
                "server { listen 127.0.0.1:%d ssl default_server;\n"
                "return 421; }\n%s}\n") % (
                    self.dir, temp, self.dir, self.dir, self.dir, self.port,
                    servers)

    def nginx_server(self, name):
        if name == "login":
            inside = "include countersign/login.conf;"
        else:
            inside = """include countersign/application.conf;
location / { proxy_pass http://app; }
location /socket {
  proxy_pass http://app;
  proxy_http_version 1.1;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $countersign_connection;
  include countersign/headers.conf;
}
location /guacamole/ {
  proxy_pass http://app;
  include countersign/headers-guacamole.conf;
}"""
        return ("server { listen 127.0.0.1:%d ssl http2;\n"
                "server_name %s.e2e.localhost;\n"
                "set $countersign_host %s;\n%s\n}\n") % (
                    self.port, name, self.host(name), inside)

    def close(self):
        for p in (self.nginx, self.app, self.daemon):
            if p is not None:
                p.stop()
        log = self.dir / "daemon.log"
        said = log.read_text(errors="replace") if log.exists() else ""
        shutil.rmtree(self.dir, ignore_errors=True)
        assert "Sanitizer" not in said and "runtime error" not in said, said

    def restart(self):
        self.daemon.stop()
        self.start_daemon()

    def reload(self):
        """SIGHUP; returns what the daemon said to it, with its last line."""
        before = len(self.daemon.said())
        self.daemon.kill(signal.SIGHUP)
        until("the daemon answers SIGHUP", lambda: re.search(
            r"was read again\n|old configuration stays in force\n",
            self.daemon.said()[before:]))
        return self.daemon.said()[before:]

    # -- the operator ---------------------------------------------------

    def command(self, *argv, check=True, stdin=None):
        return run(BUILD / "gateway/countersign", "-c", self.conf,
                   "--plugins", plugins(), *argv, check=check, stdin=stdin,
                   env=SANITIZED)

    def json(self, *argv):
        return json.loads(self.command("--json", *argv).stdout)

    def audit(self, **want):
        """Events whose members are as wanted, oldest first."""
        path = self.dir / "audit.json"
        lines = path.read_text().splitlines() if path.exists() else []
        events = [json.loads(line) for line in lines]
        return [e for e in events
                if all(e.get(k) == v for k, v in want.items())]


def renew(of, copy, mode):
    """A copy that is not there yet, or of something older. Another run's
    daemon may be reading it: it changes in one go."""
    if copy.exists() and copy.stat().st_mtime == of.stat().st_mtime:
        return
    new = BUILD / "tests" / ("%s.%d" % (copy.name, os.getpid()))
    shutil.copy2(of, new)
    new.chmod(mode)
    new.replace(copy)


def plugins():
    """One folder with the plugins of the build: a build tree has one each."""
    to = BUILD / "tests/e2e-plugins"
    if not to.exists():
        to.mkdir(parents=True, exist_ok=True)
    for name in ("file", "ldap", "oidc", "totp", "relay", "saml"):
        for at in (BUILD / ("auth-%s/.libs/%s.so" % (name, name)),
                   BUILD / ("tests/plugins/.libs/%s.so" % name),
                   BUILD / ("plugins/%s.so" % name)):
            if at.exists():
                renew(at, to / at.name, 0o755)
    return to


def data():
    """The catalogues that are installed: DIR/po/ROOM.LANG.po."""
    return BUILD


def codes(secret, at, period, n=1):
    """The code of a time and of the periods after it, as oathtool has them."""
    return run("oathtool", "--totp", "-b", "-s", "%ds" % period, "-w", n - 1,
               "-N", "@%d" % at, secret).stdout.split()


class Device:
    """An authenticator app. Each code it gives is later than the last, so
    that a test with several logins need not wait for the next half minute."""

    def __init__(self, secret, period=30):
        self.secret, self.period, self.last = secret, period, 0

    def code(self):
        now = int(time.time()) // self.period
        step = max(self.last + 1, now - 1)
        while step > int(time.time()) // self.period + 2:
            time.sleep(0.2)     # the device's next code is not yet taken
        self.last = step
        return codes(self.secret, step * self.period, self.period)[0]

    def near(self, steps):
        """The code of so many steps from now."""
        now = int(time.time()) // self.period
        return codes(self.secret, (now + steps) * self.period,
                     self.period)[0]

    def near_all(self):
        now = int(time.time()) // self.period
        return set(codes(self.secret, (now - 8) * self.period, self.period,
                         17))

    def wrong(self):
        """A code that is right at no time near now."""
        right = self.near_all()
        return next(c for c in ("%06d" % i for i in range(1000))
                    if c not in right)


if __name__ == "__main__":
    sys.exit("not a program")
