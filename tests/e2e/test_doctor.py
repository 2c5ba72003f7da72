# SPDX-License-Identifier: Apache-2.0
"""`countersign doctor`: things are broken one by one, each must be named."""
import contextlib
import ctypes
import datetime
import http.server
import ipaddress
import json
import os
import re
import resource
import shutil
import socket
import ssl
import sys
import threading
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from servers import BUILD, ROOT, SANITIZED, Process, data, free_port, \
    plugins, until

HEALTHY = {"enrol": "{ first_login: { networks: [here] } }"}


def clock_is_kept():
    """What the kernel says: of this machine, whatever it is."""
    return ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512)) != 5


def doctor(site, *argv):
    r = site.command("--json", "doctor", *argv, check=False)
    assert r.returncode in (0, 1, 2), r
    said = json.loads(r.stdout)
    worst = [f["severity"] for f in said["findings"]]
    assert worst == sorted(worst, key="error warning note".split().index)
    assert said["errors"] == worst.count("error")
    assert said["warnings"] == worst.count("warning")
    assert r.returncode == (2 if said["errors"] else
                            1 if said["warnings"] else 0)
    return said


def of_this_machine(f):
    """The kernel says so, and a factor that counts time says it again."""
    return "nothing keeps this" in f["what"] and not clock_is_kept()


def found(site, severity, where, what, *argv):
    """The one finding that is meant; it says what to do."""
    said = doctor(site, *argv)["findings"]
    hits = [f for f in said if f["severity"] == severity and
            str(where) in f["where"] and re.search(what, f["what"])]
    assert hits, (severity, where, what, said)
    assert all(f["do"] or f["area"] == "configuration" for f in hits), hits
    return said


@pytest.fixture(scope="module")
def whole(directory):
    from servers import Site
    s = Site(directory, **HEALTHY)
    yield s
    s.close()


@pytest.fixture
def well(whole):
    """A healthy site, and healthy again afterwards."""
    good = whole.conf.read_text()
    yield whole
    whole.conf.write_text(good)
    whole.conf.chmod(0o600)
    assert wrong(whole) == []


def wrong(site):
    return [f for f in doctor(site)["findings"]
            if f["severity"] != "note" and not of_this_machine(f)]


def test_healthy(well):
    assert wrong(well) == []
    said = doctor(well)
    assert said["looked_at"] > 25
    assert any("FIPS" in f["what"] for f in said["findings"])
    r = well.command("doctor", check=False)
    if clock_is_kept():
        assert r.returncode == 0 and "nothing is wrong" in r.stdout
    else:
        assert r.returncode == 1 and "0 errors, 2 warnings" in r.stdout
    assert well.command("doctor", "x", check=False).returncode == 2


@contextlib.contextmanager
def mode(path, bits):
    before = path.stat().st_mode & 0o7777
    path.chmod(bits)
    try:
        yield
    finally:
        path.chmod(before)


MODES = [
    ("countersign.yml", 0o666, "error", "may be written"),
    (".", 0o777, "error", "others may write to the folder"),
    ("keys/cookies", 0o644, "error", "mode|others|chmod"),
    ("keys", 0o755, "error", "mode|others|chmod"),
    ("state", 0o755, "warning", "look into the store's folder"),
    ("state/state.db", 0o644, "error", "read or write the store"),
    ("audit.json", 0o644, "warning", "others may read the audit"),
    ("audit.json", 0o666, "error", "others may write to the audit"),
    ("bind.secret", 0o644, "error", "open to others"),
    ("run/check.sock", 0o666, "error", "has mode 0666, not 0660"),
]


@pytest.mark.parametrize("name,bits,severity,what", MODES)
def test_modes(well, name, bits, severity, what):
    path = well.dir / name
    with mode(path, bits):
        where = path.parent if name.startswith("keys/") else path
        said = doctor(well)["findings"]
        told = [(f["where"], f["what"]) for f in said]
        assert len(told) == len(set(told)), said
        assert [f for f in said if f["severity"] == severity and re.search(
            what, f["what"]) and (str(where.resolve()) in f["where"] +
                                  f["what"])], said


@pytest.mark.skipif(not ROOT, reason="needs root to give a file away")
def test_owners(well):
    path = well.dir / "audit.json"
    os.chown(path, 12345, -1)
    try:
        found(well, "error", path, "belongs to user 12345")
    finally:
        os.chown(path, 0, -1)
    os.chown(well.dir / "run", 12345, -1)
    os.chown(well.dir / "run", 0, -1)


def test_configuration(well):
    well.write(lambda t: t.replace("policies:", "polices:"))
    said = found(well, "error", "%s:" % well.conf, "polices")
    assert said[0]["area"] == "configuration"
    well.write(lambda t: t.replace("[here] } }", "[here] }, remind: 1h }")
               .replace("audit: {", "auditt: {"))
    found(well, "error", "%s:" % well.conf, "auditt")
    well.write(enrol="{ first_login: true }")
    found(well, "warning", "%s:" % well.conf, "whoever has their password")
    well.write(**HEALTHY)
    well.write(lambda t: re.sub("audit: .*", "", t))
    found(well, "warning", "", "standard error")


def test_plugins(well, tmp_path):
    to = tmp_path / "plugins"
    shutil.copytree(plugins(), to)
    to.chmod(0o755)
    (to / "saml.so").chmod(0o666)
    found(well, "error", "saml", "written to by others", "--plugins", to)
    (to / "saml.so").write_bytes((to / "saml.so").read_bytes()[:5000])
    (to / "saml.so").chmod(0o644)
    found(well, "error", "saml", "cut short", "--plugins", to)


# ----------------------------------------------------------------------
# keys and store


@contextlib.contextmanager
def edited(path, edit):
    good = path.read_text()
    path.write_text(edit(good))
    try:
        yield
    finally:
        path.write_text(good)


def date(days):
    t = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(
        days=days)
    return t.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def aged(days):
    return lambda text: re.sub(r"\d{4}-\d\d-\d\dT[0-9:.]+Z", date(days),
                               text)


def test_key_rings(well):
    ring = well.dir / "keys/records"
    with edited(ring, aged(400)):
        said = found(well, "warning", ring, "400 days old")
        assert any("keys rotate --ring records" in f["do"] for f in said)
    with edited(ring, aged(-2)):
        found(well, "error", ring, "after now: this clock is behind")
    with edited(ring, lambda t: "nonsense\n"):
        found(well, "error", ring, "line 1|ring|key")
    ring.rename(well.dir / "away")
    try:
        found(well, "error", ring, "there|not")
    finally:
        (well.dir / "away").rename(ring)


def test_keys_to_retire(make_site):
    site = make_site(**HEALTHY)
    for name in ("cookies", "records"):
        site.command("keys", "rotate", "--ring", name)
    assert wrong(site) == []        # a session may still need the old one
    ring = site.dir / "keys/cookies"
    ring.write_text(aged(20)(ring.read_text()))
    said = found(site, "warning", ring, "key 1 opens no session")
    assert any("keys retire --ring cookies --id 1" in f["do"] for f in said)
    # of the records the first key stays, as it makes the names of accounts
    site.command("keys", "rotate", "--ring", "records")
    said = found(site, "warning", site.dir / "keys/records",
                 "no record is sealed with key 2")
    assert not any("--ring records --id 1" in f["do"] for f in said)


def test_older_copy(make_site):
    site = make_site(**HEALTHY)
    site.daemon.stop()
    (site.dir / "keys/feed.mark").write_text("1000000\n")
    found(site, "error", site.dir / "state/state.db", "is an older copy")


def test_store_damaged(make_site):
    site = make_site(**HEALTHY)
    path = site.dir / "state/state.db"
    site.daemon.stop()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * 8192 + whole[4096 + 8192:])
    found(site, "error", path, "damaged|cannot be read|malformed")
    path.write_bytes(b"x" * 5000)
    found(site, "error", path, "damaged")
    path.unlink()
    for tail in ("-wal", "-shm"):
        path.with_name(path.name + tail).unlink(missing_ok=True)
    found(site, "error", path, "there is no store")


def test_store_of_other_keys(make_site):
    site, other = make_site(**HEALTHY), make_site(**HEALTHY)
    for name in ("cookies", "records"):
        shutil.copy(other.dir / "keys" / name, site.dir / "keys" / name)
    found(site, "error", site.dir / "state/state.db", "other keys")


def test_clock_of_the_store(well):
    path = well.dir / "state/state.db"
    times = path.stat()
    os.utime(path, (time.time() + 7200, time.time() + 7200))
    try:
        found(well, "error", path, "after now: this clock is behind")
    finally:
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


# ----------------------------------------------------------------------
# certificates and providers


def certificate(tmp_path, name, days_from, days_to, address=None):
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.timezone.utc)
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    b = (x509.CertificateBuilder().subject_name(who).issuer_name(who)
         .public_key(key.public_key()).serial_number(1)
         .not_valid_before(now + datetime.timedelta(days=days_from))
         .not_valid_after(now + datetime.timedelta(days=days_to))
         .add_extension(x509.BasicConstraints(True, None), True))
    if address:
        b = b.add_extension(x509.SubjectAlternativeName(
            [x509.IPAddress(ipaddress.ip_address(address))]), False)
    cert, pem = tmp_path / (name + ".pem"), tmp_path / (name + ".key")
    cert.write_bytes(b.sign(key, hashes.SHA256()).public_bytes(
        serialization.Encoding.PEM))
    cert.chmod(0o644)
    pem.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()))
    pem.chmod(0o600)
    return cert, pem


def test_authority_runs_out(well, tmp_path):
    good = well.settings["ca"]
    over, _ = certificate(tmp_path, "over", -20, -3)
    soon, _ = certificate(tmp_path, "soon", -20, 10.5)
    try:
        well.write(ca=over)
        found(well, "error", over, r"`ca` of the factor corp: ran out 3 days")
        well.write(ca=soon)
        found(well, "warning", soon, r"runs out in 10 days: /CN=soon")
        both = tmp_path / "both.pem"
        both.write_text(good.read_text() + over.read_text())
        both.chmod(0o644)
        well.write(ca=both)
        found(well, "warning", both, "1 of 2 ran out, /CN=over")
    finally:
        well.write(ca=good)


def test_listener_certificates(well, tmp_path):
    cert, key = certificate(tmp_path, "ours", -1, 5.5)
    _, other = certificate(tmp_path, "other", -1, 300)
    ca, _ = certificate(tmp_path, "clients", -9, -2.5)
    port = free_port()

    def tls(key):
        well.write(lambda t: t.replace(
            "  metrics:", "  metrics:\n    - tcp: \"127.0.0.1:%d\"\n"
            "      tls:\n        certificate: file:%s\n"
            "        key: file:%s\n        client_ca: file:%s\n    -" % (
                port, cert, key, ca), 1))

    tls(key)
    said = found(well, "warning", cert, "runs out in 5 days")
    assert [f for f in said if str(ca) in f["where"] and "ran out 2" in
            f["what"]]
    assert [f for f in said if f["where"].endswith(":%d" % port) and
            "nobody listens" in f["what"]]
    tls(other)
    found(well, "error", other, "is not the key of")
    key.chmod(0o644)
    tls(key)
    found(well, "error", key, "read or write the private key")


METADATA = """<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata"
 entityID="https://idp.example.com"><IDPSSODescriptor
 protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<KeyDescriptor use="signing"><ds:KeyInfo
 xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>
<ds:X509Certificate>
%s
</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>
<SingleSignOnService
 Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
 Location="https://idp.example.com/sso"/></IDPSSODescriptor>
</EntityDescriptor>
"""


def test_metadata_runs_out(well, tmp_path):
    cert, _ = certificate(tmp_path, "idp", -400, -35)
    path = tmp_path / "idp.xml"
    path.write_text(METADATA % "".join(
        cert.read_text().splitlines()[1:-1]))
    path.chmod(0o644)
    well.write(corp="    realm: corp", factors="  idp:\n    plugin: saml\n"
               "    realm: idp\n    metadata_file: file:%s\n" % path)
    try:
        found(well, "error", path, "`metadata_file` of the factor idp: "
              "ran out 35 days ago: /CN=idp")
    finally:
        well.write(corp="", factors="")


class Provider(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response_only(404)
        self.send_header("Date", self.date_time_string(
            time.time() + self.server.off))
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serving(handler, port, cert=None, **more):
    class Server(http.server.ThreadingHTTPServer):
        allow_reuse_address = True

    server = Server(("127.0.0.1", port), handler)
    for name, value in more.items():
        setattr(server, name, value)
    if cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*cert)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def test_clock_of_a_provider(well, tmp_path):
    cert = certificate(tmp_path, "idp", -1, 300, "127.0.0.1")
    port = free_port()
    issuer = "https://127.0.0.1:%d" % port
    well.write(corp="    realm: corp", factors="  idp:\n    plugin: oidc\n"
               "    realm: idp\n    issuer: %s\n    ca: file:%s\n"
               "    client_id: x\n    client_secret: file:bind.secret\n" % (
                   issuer, cert[0]))
    try:
        with serving(Provider, port, cert, off=3600) as server:
            found(well, "error", issuer, "this clock is 3[56]..? s behind")
            server.off = -15
            # its answer may be under way for a while, on a busy machine
            found(well, "warning", issuer,
                  "this clock is (1[3-9]|2[0-5]) s ahead")
            server.off = 0
            said = doctor(well)["findings"]
            assert not [f for f in said if f["where"] == issuer and
                        "clock" in f["what"]], said
    finally:
        well.write(corp="", factors="")


# ----------------------------------------------------------------------
# factors and the daemon


def test_directory_down(well):
    good = well.settings["ldap"]
    well.write(ldap="ldaps://127.0.0.1:%d" % free_port())
    try:
        said = found(well, "error", "corp", ".")
        assert any(f["do"] == "countersign test corp" for f in said)
    finally:
        well.write(ldap=good)


def test_secret_missing(well):
    path = well.dir / "bind.secret"
    path.rename(well.dir / "away")
    try:
        said = doctor(well)["findings"]
        assert [f for f in said if f["severity"] == "error" and
                "bind.secret" in f["what"] + f["where"]], said
    finally:
        (well.dir / "away").rename(path)


def test_option_at_fault_is_named(well):
    """A plugin says what an option is or needs; the host, which one."""
    well.write(corp="    domain: example.com")
    try:
        found(well, "error", well.conf, "`domain` and url exclude each other")
    finally:
        well.write(corp="")


def test_audit_folder_missing(make_site):
    """It is no factor's trouble."""
    site = make_site(**HEALTHY)
    site.conf.write_text(site.conf.read_text().replace(
        "/audit.json", "/nowhere/audit.json"))
    said = [f for f in doctor(site)["findings"] if "audit log" in f["what"]]
    assert len(said) == 1 and said[0]["area"] == "daemon" and \
        "manual page" not in said[0]["do"], said


def test_nobody_listens(make_site):
    site = make_site(**HEALTHY)
    site.daemon.stop()
    said = found(site, "error", site.dir / "run/check.sock",
                 "check: nobody listens")
    assert len([f for f in said if "nobody listens" in f["what"]]) == 3
    found(site, "error", ":%d" % site.metrics, "metrics: nobody listens")


def test_not_ready(make_site):
    site = make_site(**HEALTHY)
    db = site.dir / "state/state.db"
    db.rename(site.dir / "state/away")
    until("the daemon notices", lambda: not site.ready())
    found(site, "error", ":%d" % site.metrics, "no logins are accepted: .*")


def test_answers_a_stranger(well):
    """The file shuts somebody out, and the daemon runs on with the old."""
    well.write(lambda t: t.replace(
        'metrics: { tcp: "127.0.0.1:%d" }' % well.metrics,
        'metrics: { tcp: "127.0.0.1:%d", peers: 192.0.2.0/24 }' %
        well.metrics))
    found(well, "error", ":%d" % well.metrics, "answers whom the file")


def test_clear_text(make_site):
    site = make_site(start=False, **HEALTHY)
    site.write(lambda t: t.replace(
        'metrics: { tcp: "127.0.0.1:%d" }' % site.metrics,
        'metrics: { tcp: "0.0.0.0:%d", peers: 127.0.0.0/8, clear_text: '
        'accepted }' % site.metrics))
    site.command("init")
    site.start()
    found(site, "warning", ":%d" % site.metrics, "whoever is on the way")


@pytest.mark.skipif(resource.getrlimit(resource.RLIMIT_CORE)[1] == 0,
                    reason="this shell forbids core dumps")
def test_core_dumps(make_site):
    """countersignd forbids itself; here somebody listens who does not."""
    site = make_site(**HEALTHY)
    site.daemon.stop()
    path = site.dir / "run/check.sock"
    path.unlink(missing_ok=True)
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(str(path))
            s.listen()
            found(site, "error", "/proc/%d/limits" % os.getpid(),
                  "may leave a core dump")
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)


class Old(Provider):
    def do_GET(self):
        body = self.server.answers.get(self.path, "").encode()
        self.send_response_only(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)


def test_older_version(make_site):
    """Asked of the daemon itself; of one from before it could say so too."""
    site = make_site(**HEALTHY)
    site.daemon.stop()
    with serving(Old, site.metrics, answers={
            "/metrics": 'countersign_build_info{version="0.0.1"} 1\n'}) as s:
        found(site, "warning", ":%d" % site.metrics,
              "version 0.0.1 runs, .* is installed")
        s.answers = {}
        found(site, "warning", ":%d" % site.metrics, r"version \(not told\)")


@pytest.mark.skipif(not ROOT, reason="needs root to look at the daemon")
def test_program_replaced(make_site):
    site = make_site(start=False, **HEALTHY)
    site.command("init")
    program = site.dir / "countersignd"
    real = BUILD / "gateway/.libs/countersignd"
    shutil.copy2(real if real.exists() else BUILD / "gateway/countersignd",
                 program)
    site.daemon = Process(
        site.dir / "daemon.log", program, "-c", site.conf, "--plugins",
        plugins(), "--data", data(), env=dict(
            SANITIZED, LD_LIBRARY_PATH=str(BUILD / ".libs")))
    until("countersignd is ready", lambda: site.ready() or site.ended())
    assert wrong(site) == []
    new = site.dir / "new"
    shutil.copy2(program, new)
    new.rename(program)
    found(site, "warning", program, "was replaced since the daemon began")


def test_sockets_of_systemd(make_site, tmp_path):
    """Who made the sockets is not the daemon then: it is another process, of
    root, that may well dump core."""
    site = make_site(**HEALTHY)
    holder = tmp_path / "systemd-holder"
    holder.write_text(
        "#!%s\nimport os, socket, sys, time\n"
        "s = socket.socket(socket.AF_UNIX)\ns.bind(sys.argv[1])\n"
        "s.listen()\nopen('/proc/self/comm', 'w').write('systemd')\n"
        "os.chmod(sys.argv[1], 0o660)\nprint('ready', flush=True)\n"
        "time.sleep(600)\n" % sys.executable)
    holder.chmod(0o755)
    path = site.dir / "run/check.sock"
    group = path.stat().st_gid
    path.unlink()
    for name in ("pages", "check"):
        (site.dir / "run" / (name + ".sock")).unlink(missing_ok=True)
    holders = [Process(tmp_path / name, holder,
                       site.dir / "run" / (name + ".sock"))
               for name in ("pages", "check")]
    try:
        for p in holders:
            until("it listens", lambda: "ready" in p.said())
        for name in ("pages", "check"):
            os.chown(site.dir / "run" / (name + ".sock"), -1, group)
        assert wrong(site) == []
    finally:
        for p in holders:
            p.stop()


def test_nothing_is_changed(well):
    def tree():
        return {str(p): (p.stat().st_mode, p.stat().st_uid)
                for p in well.dir.rglob("*")}
    before, events = tree(), len(well.audit())
    doctor(well)
    assert tree() == before
    assert len(well.audit()) == events
