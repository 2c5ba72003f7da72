#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""dns-stub.py: a name server that misbehaves on demand

Answers questions for SRV on 127.0.0.1, UDP and TCP; the first label says how.
Says "ready" with its port and one where nobody listens, and goes on until its
standard input ends.
"""
import random
import socket
import struct
import sys
import threading
import time

SRV, CNAME, A = 33, 5, 1


def name(text):
    out = b""
    for label in text.split("."):
        if label:
            out += bytes([len(label)]) + label.encode()
    return out + b"\0"


def rr(owner, kind, data):
    return owner + struct.pack(">HHIH", kind, 1, 60, len(data)) + data


def srv(priority, weight, port, target, owner=b"\xc0\x0c"):
    return rr(owner, SRV, struct.pack(">HHH", priority, weight, port) +
              name(target))


def message(query, answers, rcode=0, flags=0x8180, more=()):
    question = query[12:]
    return (query[:2] + struct.pack(">HHHHH", flags | rcode, 1, len(answers),
                                    0, len(more)) +
            question + b"".join(answers) + b"".join(more))


def text_of(query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    return ".".join(labels)


def answers_to(query, tcp):
    """What to send, piece by piece; None is silence."""
    full = text_of(query)
    how, domain = full.split(".")[0], ".".join(full.split(".")[2:])
    good = [srv(10, 0, 636, "dc2." + domain), srv(5, 0, 636, "dc1." + domain)]
    extra = [rr(name("dc1." + domain), A, bytes([127, 0, 0, 1]))]
    if how == "_good":
        return [message(query, good, more=extra)]
    if how == "_many":
        many = [srv(0, 1, 636, "dc%d.%s" % (i, domain)) for i in range(60)]
        return [message(query, many if tcp else [],
                        flags=0x8180 if tcp else 0x8380)]
    if how == "_none":
        return [message(query, [], rcode=3)]
    if how == "_empty":
        return [message(query, [])]
    if how == "_failing":
        return [message(query, [], rcode=2)]
    if how == "_notread":
        return [query[:2] + struct.pack(">HHHHH", 0x8181, 0, 0, 0, 0)]
    if how == "_alias":
        return [message(query, [
            rr(b"\xc0\x0c", CNAME, name("_x._tcp." + domain)),
            srv(0, 0, 389, "dc1." + domain, name("_X._TCP." + domain))])]
    if how == "_foreign":
        return [message(query, [srv(0, 0, 389, "dc1.evil.example"),
                                srv(0, 0, 389, "evil" + domain)])]
    if how == "_mixed":
        return [message(query, [srv(0, 0, 389, "dc1.evil.example"),
                                srv(1, 0, 0, "port." + domain),
                                srv(1, 0, 389, "a_b." + domain),
                                srv(1, 0, 389, domain)])]
    if how == "_nowhere":
        return [message(query, [srv(0, 0, 0, "")])]
    if how == "_cutmute":
        return None if tcp else [message(query, [], flags=0x8380)]
    if how == "_cutshort":
        return [message(query, good)[:-9]] if tcp else \
            [message(query, [], flags=0x8380)]
    if how == "_cutagain":
        return [message(query, [], flags=0x8380)]
    if how == "_garbage":
        return [query[:2] + bytes([0x81, 0x80]) + random.randbytes(60)]
    if how == "_short":
        return [query[:5]]
    if how == "_rest":
        return [message(query, good) + b"x"]
    if how == "_forged":
        other = bytes([query[0] ^ 1]) + query[1:]
        asked = query[:12] + name("_y._tcp." + domain) + query[-4:]
        evil = [srv(0, 0, 389, "evil." + domain)]
        return [message(other, evil), message(asked, evil), b"", query,
                message(query, good)]
    if how == "_late":
        time.sleep(0.3)
        return [message(query, good)]
    return None		# _mute


def udp(s):
    while True:
        query, peer = s.recvfrom(4096)
        threading.Thread(target=udp_answer, args=(s, query, peer),
                         daemon=True).start()


def udp_answer(s, query, peer):
    for piece in answers_to(query, False) or []:
        s.sendto(piece, peer)


def tcp_answer(conn):
    n = struct.unpack(">H", conn.recv(2, socket.MSG_WAITALL))[0]
    pieces = answers_to(conn.recv(n, socket.MSG_WAITALL), True)
    if pieces is None:
        time.sleep(60)
    for piece in pieces or []:
        data = struct.pack(">H", len(piece)) + piece
        for i in range(0, len(data), 700):	# in several segments
            conn.sendall(data[i:i + 700])
    conn.close()


def tcp(s):
    while True:
        conn, _ = s.accept()
        threading.Thread(target=tcp_answer, args=(conn,),
                         daemon=True).start()


def main():
    while True:		# until a port is free for both
        t = socket.socket()
        t.bind(("127.0.0.1", 0))
        u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            u.bind(t.getsockname())
            break
        except OSError:
            t.close()
            u.close()
    t.listen(16)
    closed = socket.socket()
    closed.bind(("127.0.0.1", 0))
    for f, s in ((udp, u), (tcp, t)):
        threading.Thread(target=f, args=(s,), daemon=True).start()
    print("ready", t.getsockname()[1], closed.getsockname()[1], flush=True)
    sys.stdin.read()


main()
