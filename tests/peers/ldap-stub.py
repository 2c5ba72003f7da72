#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""ldap-stub.py MODE TLSDIR - a directory server that misbehaves

Listens on 127.0.0.1, prints "port N", serves until it is ended. It knows the
service account cn=svc (any password) and one person, uid=alice, whose entry
it gives to every search; a bind as her is right with the password pw-alice.
What it does wrong is the mode:

  good             nothing
  mute             accepts and says nothing
  tls-mute         finishes the TLS handshake and says nothing
  starttls-mute    accepts StartTLS, then says nothing
  starttls-no      refuses StartTLS
  starttls-inject  accepts StartTLS and puts a bind's success behind it
  wrong-name       shows the certificate of another host
  ends-soon        shows a certificate that ends in five days
  drip             answers a byte every 100 ms
  cut              closes in the middle of its answer
  hang-search      answers binds only
  hang-person      answers everything but a person's bind
  hang-nobody      the same, and finds nobody
  busy             answers every search with busy
  hurried          meets a search's time limit a second early, as Samba may:
                   one of a second at once
  huge             announces an answer of 2 GB
  garbage          answers with bytes that are no LDAP
  wrong-id         answers another request than ours
  flood            gives the entry without end
  references       the same with references to another server
  twice            gives the entry twice
  reference        gives references to other servers besides
  referral         answers a person's bind with a referral
  policy-garbage   says yes to a bind, with a policy control of rubbish
  range            gives 1,800 groups in parts of 1,500, as Windows does
  range-again      gives the first part again and again
  range-stops      gives the first part and no other
  pages            gives 1,800 groups in pages (RFC 2696)
  pages-again      gives a cookie for one more page without end
  pages-empty      the same with pages of nothing
  pages-cut        meets its size limit in the second page
  pages-late       meets its time limit in the second page
  pages-stop       closes behind the first page
  pages-garbage    gives a page control of rubbish
  pages-unknown    knows no pages, and meets its size limit
  change-answer    wants a first password changed, and changes it
  change-hang, change-cut, change-id   the same, and changes it, but does not
                   answer, closes, or answers another request
  bytes            goes wrong at a byte that the service account's name says:
                   cn=svc-WHAT-N-WHERE, WHAT stall, cut, or flip and the bits,
                   N the byte of all it answers on one connection, WHERE the
                   service account's connection (s) or the person's (p)
  disabled, account-expired, expired, must-change, locked   Active Directory's sub-codes
"""
import os
import re
import socket
import ssl
import sys
import threading
import time

MODE, TLSDIR = sys.argv[1], sys.argv[2]
SUBCODES = {"disabled": b"533", "expired": b"532",
            "account-expired": b"701", "must-change": b"773",
            "locked": b"775"}
SID = (b"\1\5\0\0\0\0\0\5\x15\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0"
       b"\x50\4\0\0")          # S-1-5-21-1-2-3-1104
ALICE = b"uid=alice,ou=people,dc=example,dc=com"
BIND, SEARCH, EXTENDED, UNBIND = 0x60, 0x63, 0x77, 0x42
PASSWORD = b"pw-alice"
PLAIN = ("mute", "starttls-mute", "starttls-no", "starttls-inject")


def tlv(tag, *parts):
    body = b"".join(parts)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    return bytes([tag, 0x82]) + len(body).to_bytes(2, "big") + body


def message(msgid, op, controls=b""):
    return tlv(0x30, tlv(2, bytes([msgid])), op, controls)


def result(tag, code, text=b"", more=b""):
    return tlv(tag, tlv(10, bytes([code])), tlv(4), tlv(4, text), more)


def attribute(name, *values):
    return tlv(0x30, tlv(4, name), tlv(0x31, *[tlv(4, v) for v in values]))


def entry(dn=ALICE):
    found = [attribute(b"uid", b"alice"), attribute(b"cn", b"Alice"),
             attribute(b"sAMAccountName", b"alice"),
             attribute(b"userAccountControl", b"512"),
             attribute(b"objectGUID", bytes(range(16))),
             attribute(b"entryUUID", b"7c5a6b06-0000-1041-8000-000000000001")]
    if MODE.startswith("range"):
        found += [attribute(b"memberOf"), part(0),
                  attribute(b"objectSid", SID),
                  attribute(b"primaryGroupID", b"513")]
    return tlv(0x64, tlv(4, dn), tlv(0x30, *found))


def part(at):
    """Of memberOf, from the at-th value on."""
    if MODE == "range-again":
        at = 0
    end = min(at + 1500, 1800)
    name = b"memberOf;range=%d-%s" % (
        at, b"*" if end == 1800 else b"%d" % (end - 1))
    return attribute(name, *[b"cn=g%d,dc=com" % i for i in range(at, end)])


def ranged(body):
    """The answer to what is asked beside the person, or None."""
    more = re.search(rb"memberOf;range=(\d+)-\*", body)
    if more and MODE == "range-stops":
        return tlv(0x64, tlv(4, ALICE), tlv(0x30))
    if more:
        return tlv(0x64, tlv(4, ALICE), tlv(0x30, part(int(more[1]))))
    if b"S-1-5-21-1-2-3-513" in body:
        return tlv(0x64, tlv(4, b"cn=Domain Users,dc=com"), tlv(
            0x30, attribute(b"objectSid", SID[:-4] + b"\1\2\0\0")))
    return None


def read_tlv(data, at=0):
    """(tag, value, end), or None while it is not all there."""
    if len(data) < at + 2:
        return None
    n, at2 = data[at + 1], at + 2
    if n & 0x80:
        k = n & 0x7f
        n, at2 = int.from_bytes(data[at2:at2 + k], "big"), at2 + k
    if len(data) < at2 + n:
        return None
    return data[at], data[at2:at2 + n], at2 + n


def requests(conn):
    """(message id, tag, body, controls) of each request."""
    data = b""
    while True:
        got = read_tlv(data)
        if got is None:
            more = conn.recv(65536)
            if not more:
                return
            data += more
            continue
        data = data[got[2]:]
        _, msgid, end = read_tlv(got[1])
        tag, body, end = read_tlv(got[1], end)
        yield int.from_bytes(msgid, "big"), tag, body, got[1][end:]


class Faulty:
    """A connection whose answers go wrong at a byte: mode "bytes"."""

    def __init__(self, conn):
        self.conn, self.sent = conn, 0
        self.what, self.at = "none", 0
        self.person = b"uid=alice,ou=people,dc=example,dc=com"

    def named(self, name):
        """Who binds here says what goes wrong."""
        told = re.match(rb"(cn=svc|uid=alice)-([a-z0-9]+)-(\d+)-([sp]),", name)
        if not told:
            return
        if told[4] == b"p":
            self.person = b"uid=alice-%s-%s-p,ou=people,dc=example,dc=com" % (
                told[2], told[3])
        if told[4] == (b"s" if told[1] == b"cn=svc" else b"p"):
            self.what, self.at = told[2].decode(), int(told[3])

    def recv(self, n):
        return self.conn.recv(n)

    def close(self):
        self.conn.close()

    def sendall(self, data):
        left = self.at - self.sent
        self.sent += len(data)
        if self.what == "none" or not 0 <= left < len(data):
            self.conn.sendall(data)
        elif self.what.startswith("flip"):
            bad = bytearray(data)
            bad[left] ^= int(self.what[4:])
            self.conn.sendall(bytes(bad))
        else:
            self.conn.sendall(data[:left])
            if self.what == "stall":
                time.sleep(20)
            self.conn.close()
            raise OSError("as told")


def say(conn, data):
    if MODE == "drip":
        for i in range(len(data)):
            conn.sendall(data[i:i + 1])
            time.sleep(0.1)
    elif MODE == "cut":
        conn.sendall(data[:len(data) // 2])
        conn.close()
    elif MODE == "huge":
        conn.sendall(b"\x30\x84\x7f\xff\xff\xff" + data)
    elif MODE == "garbage":
        conn.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    else:
        conn.sendall(data)


def on_bind(conn, msgid, body):
    _, _, end = read_tlv(body)
    _, name, end = read_tlv(body, end)
    _, password, _ = read_tlv(body, end)
    right = not name.startswith(b"uid=") or password == PASSWORD
    if MODE == "bytes":
        conn.named(name)
    if name.startswith(b"cn=svc"):
        conn.sendall(message(msgid, result(0x61, 0)))
    elif MODE in ("hang-person", "hang-nobody"):
        return
    elif MODE == "referral":
        url = tlv(0xa3, tlv(4, b"ldap://127.0.0.1:1/"))
        say(conn, message(msgid, result(0x61, 10, b"", url)))
    elif MODE.startswith("change") and right and PASSWORD == b"pw-alice":
        control = tlv(0x30, tlv(4, b"1.3.6.1.4.1.42.2.27.8.5.1"),
                      tlv(4, tlv(0x30, tlv(0x81, b"\2"))))
        say(conn, message(msgid, result(0x61, 0), tlv(0xa0, control)))
    elif MODE == "policy-garbage":
        control = tlv(0x30, tlv(4, b"1.3.6.1.4.1.42.2.27.8.5.1"),
                      tlv(4, b"\x30\x7f\xa0\x84\xff\xff\xff\xff\x81"))
        say(conn, message(msgid, result(0x61, 0), tlv(0xa0, control)))
    elif MODE in SUBCODES and right:
        text = b"80090308: LdapErr: DSID-0C0903A9, comment: " \
            b"AcceptSecurityContext error, data %s, v4563" % SUBCODES[MODE]
        say(conn, message(msgid, result(0x61, 49, text)))
    else:
        say(conn, message(msgid, result(0x61, 0 if right else 49)))


def on_change(conn, msgid, body):
    """RFC 3062: the new one is the last of its values."""
    global PASSWORD
    PASSWORD = re.search(rb"\x82.(.+)$", body, re.S)[1]
    if MODE == "change-cut":
        conn.close()
    elif MODE != "change-hang":
        conn.sendall(message(msgid + (MODE == "change-id"),
                             result(0x78, 0)))


def on_group_pages(conn, msgid, controls):
    """1,800 groups, 500 at a time: the cookie is where to go on."""
    asked = re.search(rb"1\.2\.840\.113556\.1\.4\.319.*at=(\d+)", controls, re.S)
    at = int(asked[1]) if asked else 0
    end = min(at + 500, 1800)
    if MODE == "pages-empty":
        end = at + 1
    elif at == 500 and MODE in ("pages-cut", "pages-late"):
        end = at + 10
    if MODE != "pages-empty":
        conn.sendall(b"".join(message(msgid, tlv(0x64, tlv(
            4, b"cn=g%d,dc=com" % i), tlv(0x30))) for i in range(at, end)))
    cookie = b"" if end == 1800 else b"at=%d" % end
    if MODE == "pages-again":
        cookie = b"at=0"
    value = tlv(0x30, tlv(2, b"\0"), tlv(4, cookie))
    if MODE == "pages-garbage":
        value = b"\x30\x7f\x02\x84\xff\xff\xff\xff"
    code = {"pages-cut": 4, "pages-late": 3}.get(MODE, 0) if at else 0
    back = tlv(0xa0, tlv(0x30, tlv(4, b"1.2.840.113556.1.4.319"),
                         tlv(4, value)))
    if MODE == "pages-unknown":
        code, back = 4, b""
    conn.sendall(message(msgid, result(0x65, code), back))
    if MODE == "pages-stop":
        conn.close()


def time_limit(body):
    """What a search says behind its base, scope, deref and size limit."""
    end = 0
    for _ in range(5):
        _, value, end = read_tlv(body, end)
    return int.from_bytes(value, "big")


def on_search(conn, msgid, body, controls):
    times = {"flood": 10 ** 9, "twice": 2, "hang-nobody": 0}.get(MODE, 1)
    if MODE == "hang-search":
        return
    if MODE == "busy":
        conn.sendall(message(msgid, result(0x65, 51)))
        return
    if MODE == "hurried" and time_limit(body) < 2:
        conn.sendall(message(msgid, result(0x65, 3)))
        return
    if MODE.startswith("pages") and b"member" in body:
        on_group_pages(conn, msgid, controls)
        return
    if MODE == "wrong-id":
        msgid += 1
    elsewhere = message(msgid, tlv(
        0x73, tlv(4, b"ldap://127.0.0.1:1/dc=com??sub")))
    if MODE == "reference":
        conn.sendall(elsewhere)
    while MODE == "references":
        conn.sendall(100 * elsewhere)
    beside = ranged(body) if MODE.startswith("range") else None
    for _ in range(times):
        say(conn, message(msgid, beside or entry(
            conn.person if MODE == "bytes" else ALICE)))
    say(conn, message(msgid, result(0x65, 0)))


def serve_tls(conn):
    name = {"wrong-name": "wrong", "ends-soon": "short"}.get(MODE, "server")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(TLSDIR, name + ".crt"),
                            os.path.join(TLSDIR, name + ".key"))
    conn = context.wrap_socket(conn, server_side=True)
    if MODE == "tls-mute":
        time.sleep(60)
    if MODE == "bytes":
        conn = Faulty(conn)
    for msgid, tag, body, controls in requests(conn):
        if tag == BIND:
            on_bind(conn, msgid, body)
        elif tag == SEARCH:
            on_search(conn, msgid, body, controls)
        elif tag == EXTENDED:
            on_change(conn, msgid, body)
        elif tag == UNBIND:
            break


def serve_clear(conn):
    if MODE == "mute":
        time.sleep(60)
    for msgid, tag, _, _ in requests(conn):
        if tag != EXTENDED or MODE == "starttls-no":
            conn.sendall(message(msgid, result(0x78, 2)))
            continue
        yes = message(msgid, result(0x78, 0))
        if MODE == "starttls-inject":
            conn.sendall(yes + message(2, result(0x61, 0)))
            serve_tls(conn)
        conn.sendall(yes)
        time.sleep(60)


def serve(conn):
    try:
        (serve_clear if MODE in PLAIN else serve_tls)(conn)
    except (OSError, TypeError, ValueError):
        pass  # the client went away: that is what is tested
    conn.close()


def main():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    print("port %d" % listener.getsockname()[1], flush=True)
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=serve, args=(conn,), daemon=True).start()


main()
