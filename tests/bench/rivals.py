# SPDX-License-Identifier: Apache-2.0
"""The benchmarks beside what people use today, for tests/bench/run.

oauth2-proxy for the check alone; Apache with mod_auth_openidc and with
mod_auth_mellon, as Debian installs them, for protected requests and for whole
logins. nginx counts on our side. Both sides speak plain HTTP on loopback, keep
connections, write no access log, and have the same provider, whose time and
whose pages count for nobody. A login is one of somebody who has a session at
the provider: what happens there is not what is compared.
"""
import concurrent.futures
import contextlib
import pathlib
import shutil
import socket
import subprocess
import sys
import threading
import time

from __main__ import (CHECK, COOKIE, ROUNDS, TOP, Process, Turns,
                      Unmeasured, children, cpu_s, output, request, us_each)

sys.path.insert(0, str(TOP / "tests/e2e"))
from oidc import NoDirectory, OpenIdProvider, SECRET  # noqa: E402
from saml_idp import SimpleSamlPhp, own_keys  # noqa: E402
from servers import PLACES, ROOT, Site, folder, free_port, until  # noqa: E402
from web import Client, Lost  # noqa: E402

PEERS = TOP / "tests/peers"
MODULES = pathlib.Path("/usr/lib/apache2/modules")
PAGE = "This is the protected page. "
TURNS, PAGE_TURNS = 7, 11

CONFIGURATION = PLACES + """\
audit: {{ file: {dir}/audit.json }}
factors:
  corp:
{factors}
policies:
  - name: notes
    match: {{ host: "{notes}" }}
    require: [ corp ]
"""
OIDC = """\
    plugin: oidc
    issuer: {issuer}
    ca: file:{ca}
    client_id: ours
    client_secret: file:client.secret
    scope: [ profile, email, groups ]
"""
SAML = """\
    plugin: saml
    idp: simplesamlphp
    metadata: {metadata}
    ca: file:{ca}
    signing_key: file:sp.key
    certificate: file:sp.crt
    subject: uid
    subject_id: name_id
"""


class Absent(Exception):
    """What a comparison needs cannot be had here."""


class Ours(Site):
    """countersignd, and nginx with the shipped configuration."""

    TEXT = CONFIGURATION

    def __init__(self):
        super().__init__(NoDirectory(), start=False)
        self.netloc = self.host("notes")
        self.page = self.url("notes", "/page")
        self.plain = [self.netloc, self.host("login")]
        (self.dir / "files").mkdir(mode=0o755)
        (self.dir / "files/page").write_text(page())

    def start(self):
        self.command("init")
        self.start_daemon()
        self.start_nginx()

    def listening(self):
        return reachable(self.port)

    def nginx_conf(self):
        text = "".join(
            line for line in super().nginx_conf().splitlines(keepends=True)
            if not line.startswith(("ssl_", "upstream app")))
        return text.replace(" ssl http2;", ";").replace(
            " ssl default_server;", " default_server;").replace(
            "events {", "worker_rlimit_nofile 4096;\nevents {")

    def nginx_server(self, name):
        if name not in ("login", "notes"):
            return ""
        text = super().nginx_server(name)
        if name == "notes":
            text = text[:text.index("location / {")] + \
                "keepalive_requests 100000000;\nroot %s/files;\n}\n" % self.dir
        return text

    def pids(self):
        return [self.daemon.child.pid] + children(self.nginx.child.pid)


def page():
    return PAGE * (1024 // len(PAGE))


def reachable(port):
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    return False


# ----------------------------------------------------------------------

HTTPD = """\
ServerRoot {dir}
ServerName https://{netloc}
UseCanonicalName On
PidFile {dir}/apache.pid
DefaultRuntimeDir {dir}
Mutex file:{dir} default
{modules}
{user}
Listen 127.0.0.1:{port}
ErrorLog {dir}/apache.log
LogLevel warn
Timeout 300
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 60
# of Debian's mpm_event.conf
StartServers 2
MinSpareThreads 25
MaxSpareThreads 75
ThreadLimit 64
ThreadsPerChild 25
MaxRequestWorkers 150
MaxConnectionsPerChild 0
DocumentRoot {dir}/files
{more}
"""
HTTPD_OIDC = """\
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCCABundlePath {ca}
OIDCClientID theirs
OIDCClientSecret {secret}
OIDCRedirectURI https://{netloc}/callback
OIDCCryptoPassphrase a-passphrase-for-tests
OIDCScope "openid profile email groups"
OIDCPKCEMethod S256
OIDCRemoteUserClaim sub
OIDCXForwardedHeaders X-Forwarded-Proto
<Location />
AuthType openid-connect
Require valid-user
</Location>
"""
HTTPD_MELLON = """\
<Location />
MellonEnable auth
MellonEndpointPath /mellon
MellonSPPrivateKeyFile {dir}/sp.key
MellonSPCertFile {dir}/sp.crt
MellonIdPMetadataFile {metadata}
AuthType Mellon
Require valid-user
</Location>
"""


class Apache:
    """Debian's, with a configuration of our own around the module's."""

    def __init__(self, *modules):
        self.dir = folder()
        self.port = free_port()
        self.netloc = "apache.e2e.localhost:%d" % self.port
        self.page = "https://%s/page" % self.netloc
        self.plain = [self.netloc]
        self.modules = ("mpm_event", "authn_core", "authz_core",
                        "authz_user") + modules
        self.process = None
        for name in self.modules:
            if not (MODULES / ("mod_%s.so" % name)).exists():
                raise Absent("Apache's mod_%s is not installed" % name)
        (self.dir / "files").mkdir(mode=0o755)
        (self.dir / "files/page").write_text(page())

    def start(self, more):
        conf = self.dir / "httpd.conf"
        conf.write_text(HTTPD.format(
            dir=self.dir, port=self.port, netloc=self.netloc, more=more,
            user="User www-data\nGroup www-data" if ROOT else "",
            modules="\n".join("LoadModule %s_module %s/mod_%s.so" % (
                n, MODULES, n) for n in self.modules)))
        self.process = Process(self.dir / "out", "apache2", "-DFOREGROUND",
                               "-f", conf)
        until("Apache listens: " + self.said(), self.listening)

    def listening(self):
        if self.process.child.poll() is not None:
            raise Unmeasured("Apache ended: " + self.said())
        return reachable(self.port)

    def said(self):
        return "".join((self.dir / n).read_text(errors="replace")[-3000:]
                       for n in ("out", "apache.log")
                       if (self.dir / n).exists())

    def pids(self):
        return [self.process.pid] + children(self.process.pid)

    def close(self):
        if self.process is not None:
            self.process.stop()
        shutil.rmtree(self.dir, ignore_errors=True)


# ----------------------------------------------------------------------


class People:
    """Browsers of somebody who has a session at the provider. They log in
    side by side and wait for each other where they leave for the provider and
    where they come back: its speed must not decide how busy a server is, for
    one that sleeps between any two of its steps pays for that."""

    def __init__(self, server, ca, n):
        self.server = server
        self.clients = [Client(server.plain, ca) for _ in range(n)]
        self.pool = concurrent.futures.ThreadPoolExecutor(n)
        until("a login at " + server.page, self.arrives, 30)
        self.all(n)             # each is asked for its name once

    def arrives(self):
        """False while the server still asks its provider."""
        try:
            self.login(self.clients[0])
        except Lost:
            time.sleep(0.2)
            return False
        return True

    def login(self, client, meet=None):
        client.forget()
        client.walk(self.server.page, PAGE, meet)

    def all(self, n):
        """n logins, of all people equally many."""
        barrier = threading.Barrier(len(self.clients), timeout=120)

        def some(client):
            try:
                for _ in range(n // len(self.clients)):
                    self.login(client, barrier.wait)
            except BaseException:
                barrier.abort()
                raise
        done = [self.pool.submit(some, c) for c in self.clients]
        concurrent.futures.wait(done)
        for e in sorted((f.exception() for f in done if f.exception()),
                        key=lambda e: isinstance(e, threading.
                                                 BrokenBarrierError)):
            raise e             # what happened, not what came of it

    def logins(self, n):
        """A measure: CPU milliseconds of one login, the page at its end
        too."""
        def measure():
            while True:
                pids = self.server.pids()
                before = cpu_s(*pids)
                self.all(n)
                if self.server.pids() == pids:  # else a child's time is lost
                    return (cpu_s(*pids) - before) * 1e3 / n
        return measure

    def close(self):
        self.pool.shutdown()


def pages_of(server, client):
    """A measure: CPU microseconds of one protected request."""
    client.forget()
    client.walk(server.page, PAGE)
    ask = server.dir / "ask"
    ask.write_text(
        "GET /page HTTP/1.1\r\nHost: %s\r\nUser-Agent: Mozilla/5.0 (X11; "
        "Linux x86_64; rv:140.0)\r\nAccept: text/html\r\n"
        "X-Forwarded-Proto: https\r\nCookie: %s\r\n\r\n" % (
            server.netloc, client.cookie_line(server.netloc)))
    return us_each("127.0.0.1:%d" % server.port, server.pids(), ask)


def compare(lines, name, rival, ours, theirs, ca, bars, logins, beside):
    """Whole logins, so many side by side, and protected requests of both, in
    turns."""
    people = []
    try:
        people = [People(s, ca, beside) for s in (ours, theirs)]
        t = Turns(ours=people[0].logins(logins),
                  theirs=people[1].logins(logins)).go(TURNS)
        lines.times(name + "-login", t, rival, "ms CPU", bars[0])
        pages = Turns(ours=pages_of(ours, people[0].clients[0]),
                      theirs=pages_of(theirs, people[1].clients[0]))
        lines.times(name + "-request", pages.go(PAGE_TURNS), rival, "us CPU",
                    bars[1])
    except (Lost, OSError, AssertionError) as e:
        raise Unmeasured("%s\n%s%s" % (e, ours.daemon.said()[-3000:],
                                       theirs.said()))
    finally:
        for p in people:
            p.close()


def oidc_provider(*sites):
    try:
        op = OpenIdProvider()
    except RuntimeError as e:       # npm cannot reach its registry
        raise Absent("oidc-provider: %s" % e)
    for name, redirect in sites:
        op.client(name, redirect, backchannel_logout_uri=None,
                  backchannel_logout_session_required=None)
    op.start()
    return op


def or_skipped(name):
    def wrap(compare):
        def run(*args):
            try:
                compare(*args)
            except Absent as e:
                args[-1].skipped(name, e)
        return run
    return wrap


@or_skipped("mod_auth_openidc")
def openidc(lines):
    with contextlib.ExitStack() as stack:
        theirs = Apache("auth_openidc")
        stack.callback(theirs.close)
        ours = Ours()
        stack.callback(ours.close)
        op = oidc_provider(("ours", ours.url("login", "/f/corp/callback")),
                           ("theirs", "https://%s/callback" % theirs.netloc))
        stack.callback(op.close)
        (ours.dir / "client.secret").write_text(SECRET + "\n")
        (ours.dir / "client.secret").chmod(0o600)
        ours.write(factors=OIDC.format(issuer=op.issuer, ca=op.ca))
        ours.start()
        shutil.copy(op.ca, theirs.dir / "ca.crt")
        (theirs.dir / "ca.crt").chmod(0o644)
        theirs.start(HTTPD_OIDC.format(
            issuer=op.issuer, ca=theirs.dir / "ca.crt", secret=SECRET,
            netloc=theirs.netloc))
        compare(lines, "oidc", "mod_auth_openidc", ours, theirs, op.ca,
                (3, 3.5), 64, 32)


# ----------------------------------------------------------------------

SECOND_SP = """
$metadata['%(id)s'] = array_merge($metadata['%(first)s'], [
	'AssertionConsumerService' => [['index' => 0, 'isDefault' => true,
		'Location' => '%(acs)s',
		'Binding' => 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST']],
	'SingleLogoutService' => [],
	'keys' => [['type' => 'X509Certificate', 'signing' => true,
		'encryption' => true, 'X509Certificate' => '%(key)s']],
]);
"""


@or_skipped("mod_auth_mellon")
def mellon(lines):
    with contextlib.ExitStack() as stack:
        theirs = Apache("auth_mellon")
        stack.callback(theirs.close)
        ours = Ours()
        stack.callback(ours.close)
        for s in (ours, theirs):
            own_keys(s.dir)
        base = ours.url("login", "/f/corp/")
        idp = SimpleSamlPhp(base + "metadata", base + "acs", base + "slo",
                            ours.dir / "sp.crt")
        stack.callback(idp.close)
        theirs_at = "https://%s/mellon/" % theirs.netloc
        with open(idp.dir / "metadata/saml20-sp-remote.php", "a") as f:
            f.write(SECOND_SP % {
                "id": theirs_at + "metadata", "first": base + "metadata",
                "acs": theirs_at + "postResponse", "key": "".join(
                    line for line in (theirs.dir / "sp.crt").read_text()
                    .splitlines() if "-----" not in line)})
        ours.write(factors=SAML.format(metadata=idp.metadata, ca=idp.ca))
        ours.start()
        for name in ("sp.key", "sp.crt"):
            if ROOT:            # it reads them again for each request
                shutil.chown(theirs.dir / name, "www-data")
        shutil.copy(idp.dir / "idp-metadata.xml", theirs.dir / "idp.xml")
        (theirs.dir / "idp.xml").chmod(0o644)
        theirs.start(HTTPD_MELLON.format(dir=theirs.dir,
                                         metadata=theirs.dir / "idp.xml"))
        compare(lines, "saml", "mod_auth_mellon", ours, theirs, idp.ca,
                (5, 1.4), 8, 4)


# ----------------------------------------------------------------------

AUTH = CHECK.replace("GET /check", "GET /oauth2/auth")


@or_skipped("oauth2-proxy")
def oauth2_proxy(checks, lines):
    """The session check of `checks`, and that of oauth2-proxy with its
    session in the cookie, as nginx's auth_request asks both."""
    try:
        program = output("bash", PEERS / "oauth2-proxy.sh",
                         timeout=900).strip()
    except (Unmeasured, subprocess.SubprocessError) as e:
        raise Absent(e)
    with contextlib.ExitStack() as stack:
        at = folder()
        stack.callback(shutil.rmtree, at, ignore_errors=True)
        port = free_port()
        netloc = "127.0.0.1:%d" % port
        op = oidc_provider(("proxy", "http://%s/oauth2/callback" % netloc))
        stack.callback(op.close)
        p = Process(
            at / "log", program, "--http-address", netloc, "--provider",
            "oidc", "--oidc-issuer-url", op.issuer, "--provider-ca-file",
            op.ca, "--client-id", "proxy", "--client-secret", SECRET,
            "--cookie-secret", "0123456789abcdef0123456789abcdef",
            "--cookie-secure=false", "--email-domain", "*", "--reverse-proxy",
            "--trusted-proxy-ip", "127.0.0.1", "--set-xauthrequest",
            "--skip-provider-button", "--code-challenge-method", "S256",
            "--redirect-url", "http://%s/oauth2/callback" % netloc,
            "--upstream", "static://202", "--request-logging=false")
        stack.callback(p.stop)
        until("oauth2-proxy listens: " + p.said(), lambda: reachable(port))
        client = Client([netloc], op.ca)
        try:
            client.walk("http://%s/oauth2/start?rd=/" % netloc,
                        "Authenticated")
        except (Lost, OSError) as e:
            raise Unmeasured("%s\n%s" % (e, p.said()[-3000:]))
        line = at / "line"
        line.write_text(COOKIE.replace(
            "__Host-countersign=@", client.cookie_line(netloc))
            .partition(": ")[2])
        ask = request(at / "ask", AUTH.replace("{cookie}", "Cookie: @\n"),
                      host="app.example.com")
        t = Turns(
            ours=us_each(checks.one.check, [checks.one.process.pid],
                         checks.ask, checks.first),
            theirs=us_each(netloc, [p.pid], ask, line, status=202))
        t.go(ROUNDS)
        lines.times("check", t, "oauth2-proxy", "us CPU", 6)
