# SPDX-License-Identifier: Apache-2.0
"""countersign probe: silent about every shipped example, and naming each hole
of a proxy that somebody broke.

A configuration is broken by one edit of a shipped one; the word that is due
is asked for, and nothing about the edit is known to the command.
"""
import contextlib
import json
import shutil
import socket
import time

import pytest

from people import Person
from proxies import KINDS, ProxySite
from servers import BUILD, CONFIGURATION, EXAMPLE, HERE, SANITIZED, \
    Process, free_port, run, until


class Front(ProxySite):
    """A site whose proxy can be started again with other files. nginx has the
    whole example.conf here, default servers and port 80 included."""

    def __init__(self, directory, kind):
        self.edits = ()
        self.http = free_port()
        self.closed = free_port()
        self.silent = socket.create_server(("127.0.0.1", free_port()))
        super().__init__(directory, kind)
        self.backend = None
        if kind == "nginx":
            port = free_port()
            self.backend = Process(self.dir / "backend.log",
                                   "/usr/bin/python3", HERE / "app.py",
                                   "127.0.0.1:%d" % port)
            self.ports["app"] = port
            until("the application listens", self.backend_listens)

    def backend_listens(self):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.ports["app"]),
                                     1).close()
            return True
        return False

    def nginx_conf(self):
        text = (EXAMPLE / "example.conf").read_text()
        for name in ("login", "wiki", "desk"):
            bare = "%s.e2e.localhost" % name
            text = text.replace("server_name %s.example.com" % name,
                                "server_name " + bare)
            text = text.replace("%s.example.com" % name, self.host(name))
        lines = [line for line in text.splitlines()
                 if "listen [::]" not in line]
        text = "\n".join(lines)
        for old, new in (
                ("listen 443", "listen 127.0.0.1:%d" % self.port),
                ("listen 80", "listen 127.0.0.1:%d" % self.http),
                ("/etc/nginx/tls/example.com.", "%s/site." % self.dir),
                ("http://127.0.0.1:8081", "http://unix:%s/run/app.sock:" %
                 self.dir),
                ("http://127.0.0.1:8082", "http://unix:%s/run/app.sock:" %
                 self.dir)):
            assert old in text, old
            text = text.replace(old, new)
        head = super().nginx_conf()
        return head[:head.index("include countersign/http.conf")].replace(
            "access_log off;", "access_log off;\n") + text + "\n}\n"

    def nginx_files(self):
        super().nginx_files()
        self.edit(self.dir / "nginx")

    def files(self):
        to = super().files()
        self.edit(to)
        return to

    def edit(self, folder):
        for name, old, new in self.edits:
            path = folder / name
            text = path.read_text()
            assert old in text, (name, old)
            path.write_text(text.replace(old, self.filled(new)))

    def filled(self, text):
        """APP answers, CLOSED is nobody's, at SILENT nobody takes what comes
        in."""
        for word, means in (
                ("APP", "127.0.0.1:%d" % self.ports["app"]),
                ("CLOSED", "127.0.0.1:%d" % self.closed),
                ("SILENT", "127.0.0.1:%d" % self.silent.getsockname()[1]),
                ("PORT", str(self.port)), ("DESK", self.host("desk"))):
            text = text.replace(word, means)
        return text

    def start_again(self, *edits):
        """The proxy with these edits of what is shipped."""
        self.edits = edits
        self.end_proxy()
        if self.kind == "nginx":
            shutil.rmtree(self.dir / "nginx")
            self.start_nginx()
            return
        for process in (self.tcp_app, self.help):
            if process is not None:
                process.stop()
        shutil.rmtree(self.dir / self.kind)
        self.start_nginx()

    def probe(self, *more, host="desk", path="/", public=True):
        options = ["--public", "/public", "--public", "/open"] \
            if public else []
        if self.kind == "nginx":
            options += ["--http-port", str(self.http)]
        for _ in range(3):
            start = time.monotonic()
            r = run(BUILD / "gateway/countersign", "--json", "probe",
                    self.url(host, path), "--ca", self.ca, "--resolve",
                    "%s.e2e.localhost:127.0.0.1" % host, *options, *more,
                    check=False, env=SANITIZED, seconds=600)
            said = json.loads(r.stdout) if r.stdout else None
            if not self.no_time(said, time.monotonic() - start):
                break
        return r.returncode, said, r.stderr

    @staticmethod
    def no_time(said, took):
        """Its three minutes were over, or the ten seconds of its first page:
        that says something of a crowded machine, and nothing of the proxy."""
        return took >= 180 or (took >= 10 and said is not None and
                               said["requests"] == 1)

    def words(self, *more, notes=False, **how):
        """What was found; of notes, which leave a site closed, only if they
        are asked for."""
        status, said, err = self.probe(*more, **how)
        assert said is not None, err
        whole = {f["word"] for f in said["found"]}
        found = {f["word"] for f in said["found"] if f["level"] != "note"}
        assert status == (1 if found else 2 if "no-answer" in whole else 0), \
            (status, said)
        return whole if notes else found

    def close(self):
        if self.backend is not None:
            self.backend.stop()
        self.silent.close()
        super().close()


@pytest.fixture(scope="module", params=KINDS)
def front(request, directory):
    f = Front(directory, request.param)
    yield f
    f.close()


@pytest.fixture(scope="module")
def nginx(directory):
    f = Front(directory, "nginx")
    yield f
    f.close()


def test_shipped_examples_are_closed(front):
    status, said, _ = front.probe("--backend", front.filled("CLOSED"))
    assert status == 0 and said["open"] == said["weak"] == 0, said
    assert said["requests"] > 250 and not said["not_tried"], said
    # of what is found without being open only this: Go reads it so
    assert {f["word"] for f in said["found"]} == (
        {"lenient"} if front.kind in ("caddy", "traefik") else set()), said
    # a policy of its own for a path; nothing is public
    assert front.words(path="/closed/x", public=False) == set()


def test_with_a_session(front, directory):
    """What the application gets of somebody who is logged in; and where it
    can be reached without the proxy."""
    person = Person(front, next(directory.fresh), "pw-u")
    person.login(front.url("desk"))
    jar = front.dir / "session"
    jar.write_text(person.browser.cookie_line(front.host("desk")) + "\n")
    assert front.words("--session", jar, "--backend", "127.0.0.1:%d" %
                       front.ports["app"], public=False) == {"backend-open"}


def test_all_that_can_be_named(nginx):
    """Nothing is left out because much is asked."""
    many = [w for n in range(14) for w in ("--public", "/open/%d" % n)] + [
        w for n in range(16) for w in ("--path", "/closed/%d" % n)]
    status, said, _ = nginx.probe(*many)
    assert status == 0 and not said["found"], said
    assert said["requests"] > 800 and said["not_tried"] == [
        w for w in said["not_tried"] if "--backend" in w], said


def test_a_session_of_nobody(nginx):
    jar = nginx.dir / "session"
    jar.write_text("a=b\n")
    status, said, _ = nginx.probe("--session", jar)
    assert status == 0 and "unclear" in {
        f["word"] for f in said["found"]}, said


def test_a_backend_that_says_nothing(nginx):
    """A port that takes connections is open, whatever speaks there."""
    status, said, _ = nginx.probe("--backend", nginx.filled("SILENT"))
    found, = [f for f in said["found"] if f["level"] != "note"]
    assert (status, found["word"], found["seen"]) == (1, "backend-open", [
        nginx.filled("SILENT takes connections without the proxy: "
                     "no answer in time")]), said


class OneHost(Front):
    """README's: one application, whose host is the login's too."""

    TEXT = CONFIGURATION[:CONFIGURATION.index("policies:")].replace(
        "public_url: {login}", "public_url: https://{wiki}/auth\n"
        "shared_origin: true") + (
            "policies:\n  - match: {{ host: \"{wiki}\" }}\n"
            "    require: [ corp then phone ]\n")

    def nginx_conf(self):
        text = super().nginx_conf()
        at = text.index("server_name wiki.e2e.localhost;\n\tset")
        return text[:at] + text[at:].replace(
            "location / {", "location /auth/ {\n\t\tinclude "
            "countersign/pages.conf;\n\t}\n\tlocation / {", 1)


def test_one_host(directory):
    front = OneHost(directory, "nginx")
    try:
        assert front.words(host="wiki", public=False) == set()
        person = Person(front, next(directory.fresh), "pw-u")
        assert '"method"' in person.login(front.url("wiki")).text
    finally:
        front.close()


def test_says_it_in_words(nginx):
    r = run(BUILD / "gateway/countersign", "probe", nginx.url("desk"),
            "--ca", nginx.ca, "--resolve", "desk.e2e.localhost:127.0.0.1",
            "--http-port", str(nginx.http), "--backend",
            "127.0.0.1:%d" % nginx.ports["app"], check=False, env=SANITIZED)
    assert r.returncode == 1 and "OPEN  backend-open" in r.stdout, r
    assert "reached without the proxy" in r.stdout, r.stdout
    assert "takes our word for who we are" in r.stdout, r.stdout
    assert "Not tried:" in r.stdout and "--public PATH" in r.stdout


def test_cannot_be_tried(nginx):
    for argv, words in (
            ((nginx.url("desk"), "--resolve",
              "desk.e2e.localhost:127.0.0.1"), "certificate"),
            (("https://127.0.0.1:%d/" % free_port(),), "refused"),
            (("http://desk.e2e.localhost/",), "not the https address"),
            ((nginx.url("desk"), "--public", "public"), "not a path"),
            ((nginx.url("desk"), "--backend", "x"), "ADDRESS:PORT"),
            ((nginx.url("desk"), "--header", "X:y"), "name of a header"),
            ((nginx.url("desk"), "--resolve", "x:127.0.0.1"), "HOST"),
            ((nginx.url("desk"), "--session", "/nonexistent"), "read"),
            ((nginx.url("desk"), "--ca", "/nonexistent"), "read"),
            ((nginx.url("login", "/login"), "--ca", nginx.ca, "--resolve",
              "login.e2e.localhost:127.0.0.1"), "Countersign itself"),
            ((), "usage")):
        r = run(BUILD / "gateway/countersign", "probe", *argv, check=False,
                env=SANITIZED)
        assert r.returncode == 2 and words in r.stderr, (argv, r)


# ----------------------------------------------------------------------
# Broken on purpose: (word, edits). Of nginx's files `nginx.conf` is the
# whole example.

BYPASS = ("location /bypass/ { internal; auth_request off; "
          "proxy_pass http://APP/; }\n")
DESK = "server_name desk.e2e.localhost;"
APPLICATION = "countersign/application.conf"
HEADERS = "countersign/headers.conf"

NGINX = {
    "no auth_request at all": ("anonymous-page", [
        (APPLICATION, "auth_request /.countersign-check;", "")]),
    "a location without": ("unguarded-path", [
        ("nginx.conf", DESK, DESK + " location /api/ { auth_request off; "
         "proxy_pass http://APP; }")]),
    "files by their ending": ("unguarded-path", [
        ("nginx.conf", DESK, DESK + " location ~ \\.(css|js)$ { "
         "auth_request off; proxy_pass http://APP; }")]),
    "a location whose files are missing": ("unguarded-path", [
        ("nginx.conf", DESK, DESK + " location /static/ { "
         "auth_request off; return 404; }")]),
    "identity headers not cleared": ("identity-arrives", [
        ("nginx.conf", DESK, DESK + " location /public { proxy_pass "
         "http://APP; proxy_set_header X-Mine x; }")]),
    "one of them not cleared": ("identity-arrives", [
        (HEADERS, "proxy_set_header Remote-Email $countersign_email;",
         "")]),
    "underscores": ("underscore-arrives", [
        ("nginx.conf", DESK, DESK + " underscores_in_headers on;")]),
    "a WebSocket's location": ("websocket", [
        ("nginx.conf", DESK, DESK + " location /socket { auth_request off; "
         "proxy_pass http://APP; proxy_http_version 1.1; proxy_set_header "
         "Upgrade $http_upgrade; proxy_set_header Connection upgrade; }")]),
    "any upgrade": ("websocket", [
        ("nginx.conf", DESK, DESK + " if ($http_upgrade) { rewrite ^ "
         "/bypass$uri last; } " + BYPASS)]),
    "a default server that passes": ("default-server", [
        ("nginx.conf", "ssl_reject_handshake on;\n\treturn 421;",
         "location / { proxy_pass http://APP; }")]),
    "who says who they are": ("forged-identity", [
        ("nginx.conf", DESK, DESK + " if ($http_remote_user) { rewrite ^ "
         "/bypass$uri last; } " + BYPASS)]),
    "scripts": ("script", [
        ("nginx.conf", DESK, DESK + " if ($http_x_requested_with) { "
         "rewrite ^ /bypass$uri last; } " + BYPASS)]),
    "the client's address": ("forged-forwarding", [
        ("nginx.conf", DESK, DESK + " if ($http_x_forwarded_for ~ ^10) { "
         "rewrite ^ /bypass$uri last; } " + BYPASS)]),
    "the client's X-Original-URL": ("forged-forwarding", [
        ("nginx.conf", "include countersign/http.conf;",
         "include countersign/http.conf;\nmap $http_x_original_url $told { "
         "\"\" https://DESK$request_uri; default $http_x_original_url; }"),
        (APPLICATION, "proxy_set_header X-Original-URL\n"
         "\t    https://$countersign_host$request_uri;",
         "proxy_set_header X-Original-URL $told;")]),
    "preflights": ("method", [
        ("nginx.conf", DESK, DESK + " if ($request_method = OPTIONS) { "
         "return 204; }")]),
    "writing methods": ("method", [
        ("nginx.conf", DESK, DESK + " if ($request_method = PUT) { "
         "rewrite ^ /bypass$uri last; } " + BYPASS)]),
    "a path parameter": ("odd-path", [
        ("nginx.conf", DESK, DESK + " if ($request_uri ~ \";\") { rewrite ^ "
         "/bypass$uri last; } " + BYPASS)]),
    "what lies below a public path": ("odd-path", [
        ("nginx.conf", DESK, DESK + " location ~ ^/public { "
         "auth_request off; proxy_pass http://APP; }")]),
    "a host with a dot": ("odd-host", [
        ("nginx.conf", DESK, DESK + " if ($http_host ~ \"localhost\\.\") { "
         "rewrite ^ /bypass$uri last; } " + BYPASS)]),
    "the host that the client names": ("plain-http", [
        ("nginx.conf", "listen 127.0.0.1:%s default_server;\n\treturn 444;",
         "listen 127.0.0.1:%s default_server;\n\treturn 301 "
         "https://$http_host$request_uri;")]),
    "plain http": ("plain-http", [
        ("nginx.conf", "return 301 https://DESK$request_uri;",
         "location / { proxy_pass http://APP; }")]),
    "HTTP/1.0": ("old-http", [
        ("nginx.conf", "ssl_reject_handshake on;\n\treturn 421;",
         "location / { proxy_pass http://APP; }")]),
    "old TLS": ("old-tls", [
        ("nginx.conf", "ssl_protocols TLSv1.2 TLSv1.3;", "ssl_protocols "
         "TLSv1 TLSv1.1 TLSv1.2; ssl_ciphers ALL:@SECLEVEL=0;")]),
    "our route taken": ("no-route", [
        (APPLICATION, "location ^~ /.countersign/ {\n\tinclude "
         "countersign/pages.conf;", "location ^~ /.countersign/ {\n"
         "\tproxy_pass http://APP;")]),
    "scripts sent to the login": ("script-redirected", [
        (APPLICATION, "\t\treturn 401 ", "\t\treturn 302 "
         "/.countersign/start?to=x; #")]),
    "a 401 without words": ("error-page", [
        (APPLICATION, "\t\treturn 401 ", "\t\treturn 401 \" \"; #")]),
    "a redirect that is kept": ("cached", [
        (APPLICATION, "\tadd_header Cache-Control no-store always;\n\tdef",
         "\tdef")]),
    "cookies for scripts": ("cookie", [
        ("countersign/pages.conf", "proxy_request_buffering on;",
         "proxy_request_buffering on;\nproxy_cookie_flags ~ nohttponly;")]),
    "cookies for a domain": ("cookie", [
        ("countersign/pages.conf", "proxy_request_buffering on;",
         "proxy_request_buffering on;\nproxy_cookie_path / "
         "\"/; Domain=e2e.localhost\";")]),
    "no server but the application's": ("any-host", [
        ("nginx.conf", "listen 127.0.0.1:%t ssl http2 default_server;",
         "listen 127.0.0.1:%t ssl http2;"),
        ("nginx.conf", "listen 127.0.0.1:%t ssl http2;\n\t" + DESK,
         "listen 127.0.0.1:%t ssl http2 default_server;\n\t" + DESK)]),
    "a location whose application is down": ("no-answer", [
        ("nginx.conf", DESK, DESK + " location /api/ { auth_request off; "
         "proxy_pass http://CLOSED; }")]),
    "a location whose application hangs": ("no-answer", [
        ("nginx.conf", DESK, DESK + " location /health { auth_request off; "
         "proxy_pass http://SILENT; }")]),
    "who asks much is kept off": ("no-answer", [
        ("nginx.conf", "include countersign/http.conf;",
         "include countersign/http.conf;\nlimit_req_zone "
         "$binary_remote_addr zone=much:1m rate=1r/m;"),
        ("nginx.conf", DESK, DESK + " limit_req zone=much burst=100 nodelay; "
         "limit_req_status 444;")]),
    "odd paths led away": ("unclear", [
        ("nginx.conf", DESK, DESK + " if ($request_uri ~ \";\") { return "
         "302 https://elsewhere.invalid/; }")]),
}


@pytest.mark.parametrize("hole", NGINX)
def test_broken_nginx(nginx, hole):
    word, edits = NGINX[hole]
    nginx.start_again(*[
        (name, old.replace("%s", str(nginx.http)).replace(
            "DESK", nginx.host("desk")).replace("%t", str(nginx.port)),
         new.replace("%s", str(nginx.http)).replace("%t", str(nginx.port)))
        for name, old, new in edits])
    found = nginx.words(notes=True)
    assert word in found, found


def big_file(front):
    folder = front.dir / "big"
    folder.mkdir(mode=0o755, exist_ok=True)
    (folder / "page").write_text("x" * 200000)
    (folder / "page").chmod(0o644)


def by_http2(inside):
    """Whoever comes by HTTP/2 passes."""
    return ("nginx.conf", DESK, DESK + " if ($server_protocol = HTTP/2.0) "
            "{ rewrite ^ /big/page last; } location /big/ { internal; "
            "auth_request off; %s }" % inside)


def test_broken_for_http2(nginx):
    """Alone, and by a page that is longer than what is read of it."""
    big_file(nginx)
    for inside, word in (("proxy_pass http://APP/;", "anonymous-page"),
                         ("root %s;" % nginx.dir, "anonymous-page"),
                         ("proxy_pass http://SILENT;", "no-answer")):
        nginx.start_again(by_http2(inside))
        assert word in nginx.words(notes=True, public=False), inside
    nginx.start_again()


def test_broken_cookie_line(nginx, directory):
    """The application that sees our cookie shows it here."""
    nginx.start_again()
    person = Person(nginx, next(directory.fresh), "pw-u")
    person.login(nginx.url("desk"))
    jar = nginx.dir / "session"
    jar.write_text(person.browser.cookie_line(nginx.host("desk")) + "\n")
    nginx.start_again((HEADERS, "proxy_set_header Cookie "
                       "$countersign_cookie;", ""))
    assert "cookie-arrives" in nginx.words("--session", jar)
    # and without a public path a session is what shows this one
    nginx.start_again((HEADERS, "proxy_set_header Remote-Name "
                       "$countersign_name;", ""))
    assert "identity-arrives" in nginx.words("--session", jar, public=False)


OTHERS = {
    "caddy": [
        ("unguarded-path", [("Caddyfile", "\t\t@countersign path",
                             "\t\thandle /api/* {\n\t\t\treverse_proxy "
                             "APP\n\t\t}\n\t\t@countersign path")]),
        ("identity-arrives", [("Caddyfile", "Remote-Email Cookie",
                               "Cookie")]),
        ("default-server", [("Caddyfile", "\trespond 421",
                             "\treverse_proxy APP")]),
        ("any-host", [("Caddyfile", "\trespond 421",
                       "\timport countersign DESK {\n"
                       "\t\treverse_proxy APP\n\t}")]),
        ("odd-path", [("Caddyfile", "@countersign path /.countersign/*",
                       "@odd path_regexp ;\n\t\thandle @odd {\n"
                       "\t\t\treverse_proxy APP\n\t\t}\n"
                       "\t\t@countersign path /.countersign/*")]),
    ],
    "traefik": [
        ("unguarded-path", [("dynamic.yml", "    # Where a session",
                             "    api:\n      rule: Host(`desk.e2e.localhost`) "
                             "&& PathPrefix(`/api/`)\n"
                             "      entryPoints: [websecure]\n"
                             "      service: desk\n      tls: {}\n"
                             "    # Where a session")]),
        ("identity-arrives", [("dynamic.yml", "Remote-Email, Cookie]",
                               "Cookie]")]),
        ("underscore-arrives", [
            ("dynamic.yml", "[no-underscores, ", "["),
            ("traefik.yml", "      aliasHeadersStrategy: delete\n", "")]),
        ("default-server", [("dynamic.yml", "    # Where a session",
                             "    any:\n      rule: PathPrefix(`/`)\n"
                             "      priority: 1\n"
                             "      entryPoints: [websecure]\n"
                             "      service: desk\n      tls: {}\n"
                             "    # Where a session")]),
    ],
    "envoy": [
        ("unguarded-path", [("envoy.yaml", "              - match: { "
                             "prefix: \"/\" }\n                route: { "
                             "cluster: desk }", "              - match: { "
                             "prefix: \"/api/\" }\n                route: "
                             "{ cluster: desk }\n                "
                             "typed_per_filter_config: *open\n"
                             "              - match: { prefix: \"/\" }\n"
                             "                route: { cluster: desk }")]),
        ("identity-arrives", [
            ("envoy.yaml", "                - remove: remote-email\n", ""),
            ("envoy.yaml", "                    - { exact: remote-email }\n",
             "")]),
        ("underscore-arrives", [("envoy.yaml", "DROP_HEADER", "ALLOW")]),
        ("lenient", [("envoy.yaml", "          normalize_path: false\n",
                      "          normalize_path: false\n"
                      "          http_protocol_options: { "
                      "allow_chunked_length: true }\n")]),
        ("underscore-arrives", [
            ("envoy.yaml", "                - remove: remote.email\n", "")]),
    ],
    "haproxy": [
        ("unguarded-path", [("haproxy.cfg", "if is_desk !is_ours\n",
                             "if is_desk !is_ours !{ path_beg /api/ }\n")]),
        ("underscore-arrives", [("countersign.lua",
                                 "\tforged_remove(txn, headers)\n\tlocal r",
                                 "\tlocal r")]),
        ("default-server", [
            ("haproxy.cfg", "\thttp-request deny deny_status 421 unless "
             "is_login || is_wiki || is_desk\n", ""),
            ("haproxy.cfg", "\tuse_backend desk if is_desk",
             "\tdefault_backend desk")]),
        ("any-host", [
            ("haproxy.cfg", "\thttp-request deny deny_status 421 unless "
             "is_login || is_wiki || is_desk\n", ""),
            ("haproxy.cfg", "if is_desk !is_ours\n",
             "if !is_wiki !is_login !is_ours\n")]),
        ("smuggling", [("haproxy.cfg", "\toption httplog\n",
                        "\toption httplog\n"
                        "\toption accept-invalid-http-request\n")]),
    ],
}


# No server but the application's here either; but these two tell the check the
# name that the client used, and countersignd has no policy for it.
REFUSED_BEHIND = {
    "traefik": ("dynamic.yml", "      rule: Host(`desk.e2e.localhost`)\n",
                "      rule: PathPrefix(`/`)\n      priority: 1\n"),
    "envoy": ("envoy.yaml", "domains: [ \"DESK\" ]", "domains: [ \"*\" ]"),
}


@pytest.mark.parametrize("kind", REFUSED_BEHIND)
def test_any_name_refused_behind_it(kind, directory):
    front = Front(directory, kind)
    name, old, new = REFUSED_BEHIND[kind]
    try:
        front.start_again((name, old.replace("DESK", front.host("desk")),
                           new))
        assert front.words(notes=True) <= {"lenient"}
    finally:
        front.close()


@pytest.mark.parametrize("kind", OTHERS)
def test_broken_others(kind, directory):
    front = Front(directory, kind)
    try:
        for word, edits in OTHERS[kind]:
            front.start_again(*edits)
            found = front.words(notes=True)
            assert word in found, (edits, found)
    finally:
        front.close()


def test_daemon_down(front):
    """Nothing can be said of a site that is down, and that is not silence;
    its page has words of help."""
    front.daemon.stop()
    try:
        status, said, err = front.probe()
        assert status == 2 and "500 or above" in err, (said, err)
        assert said["open"] == 0, said
        assert "error-page" not in {f["word"] for f in said["found"]}, said
    finally:
        front.start_daemon()


def test_bare_error_page(nginx):
    nginx.start_again((APPLICATION, "error_page 500 =503 "
                       "/.countersign-unavailable;", ""))
    nginx.daemon.stop()
    try:
        status, said, _ = nginx.probe()
        assert status == 2, said
        assert "error-page" in {f["word"] for f in said["found"]}, said
    finally:
        nginx.start_daemon()
    nginx.start_again()
