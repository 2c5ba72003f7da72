#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""https-stub.py FOLDER: web servers that behave badly on demand

Serves on 127.0.0.1 with the certificates that lie in FOLDER (good.pem,
name.pem, old.pem, other.pem: each with its key; ca.pem for clients), says
"ready" and its ports, and goes on until its standard input ends. The path says
how it answers. The ports are free ones, in this order:

    a good certificate, another name's, an expired one, another CA's,
    wants a client certificate, accepts and says nothing, no TLS,
    a proxy (CONNECT), TLS 1.1 at most, refuses connections
"""
import json
import os
import socket
import ssl
import sys
import threading
import time
import warnings

FOLDER = sys.argv[1]
lock = threading.Lock()
count = {"connections": 0, "proxied": 0}


def bound():
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    return s


def context(name):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    c.load_cert_chain(os.path.join(FOLDER, name + ".pem"))
    return c


def read_request(f):
    """(method, path, [(name, value)], body), or None at the end."""
    first = f.readline()
    if not first:
        return None
    headers = []
    while True:
        line = f.readline().rstrip(b"\r\n")
        if not line:
            break
        name, _, value = line.partition(b":")
        headers.append([name.decode("latin-1"),
                        value.strip().decode("latin-1")])
    n = int(dict((k.lower(), v) for k, v in headers)
            .get("content-length", "0"))
    method, path, _ = first.decode().split(" ", 2)
    return method, path, headers, f.read(n)


def answer(f, body, status="200 OK", headers=(), length=True):
    if isinstance(body, str):
        body = body.encode()
    head = ["HTTP/1.1 " + status]
    head += ["%s: %s" % h for h in headers]
    if length:
        head.append("Content-Length: %d" % len(body))
    f.write("\r\n".join(head).encode("utf-8") + b"\r\n\r\n" + body)
    f.flush()


def number(path):
    return int(path.split("=")[1])


def on_path(f, conn, number_of_connection, request):
    """Answers; False when the connection is to be closed."""
    method, path, headers, body = request
    if path == "/echo" or path.startswith("/echo?"):
        answer(f, json.dumps({"method": method, "path": path,
                              "headers": headers,
                              "body": body.decode("latin-1")}),
               headers=[("Content-Type", "application/json"),
                        ("X-Twice", "1"), ("X-TWICE", "2"),
                        ("X-Text", " \u5c71 "), ("X-Empty", "")])
    elif path == "/connection":
        answer(f, "%d %d" % (number_of_connection,
                             getattr(conn, "session_reused", False) is True))
    elif path == "/proxied":
        answer(f, str(count["proxied"]))
    elif path == "/status":
        answer(f, "no", "503 Busy")
    elif path == "/redirect":
        answer(f, "", "302 Found",
               [("Location", "https://elsewhere.example/echo")])
    elif path == "/cookie":
        answer(f, "", headers=[("Set-Cookie", "a=b; Path=/")])
    elif path.startswith("/big="):
        answer(f, b"x" * number(path))
    elif path.startswith("/endless="):
        answer(f, b"x" * number(path), length=False)
        return False
    elif path.startswith("/headers="):
        answer(f, "", headers=[("X-%d" % i, "y")
                               for i in range(number(path))])
    elif path.startswith("/wide="):
        answer(f, "", headers=[("X-%d" % i, "y" * 10000)
                               for i in range(number(path))])
    elif path == "/odd":
        f.write(b"HTTP/1.1 200 OK\r\nX Y: blank\r\nX-Latin: \xe9\r\n"
                b"X-Bell: \x07\r\n: empty\r\nX-Good: 1\r\n"
                b"Content-Length: 0\r\n\r\n")
        f.flush()
    elif path == "/colonless":
        f.write(b"HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 0\r\n\r\n")
        f.flush()
    elif path == "/continue":
        f.write(b"HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n")
        answer(f, "late", headers=[("X-Late", "1")])
    elif path == "/trailer":
        f.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                b"X-Head: 1\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n"
                b"X-Trailer: 1\r\nHTTP/1.1 500: x\r\n\r\n")
        f.flush()
    elif path == "/gzip":
        answer(f, b"\x1f\x8b\x08\x00", headers=[("Content-Encoding", "gzip")])
    elif path == "/garbage":
        f.write(b"\x00\x01garbage\r\n\r\n")
        f.flush()
        return False
    elif path == "/old":
        f.write(b"plain text of HTTP/0.9")
        f.flush()
        return False
    elif path == "/cut":
        f.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        f.flush()
        return False
    elif path == "/mute":
        time.sleep(60)
        return False
    elif path == "/drip":
        f.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(1000):
            f.write(b"x")
            f.flush()
            time.sleep(0.05)
        return False
    elif path == "/last":
        answer(f, "bye", headers=[("Connection", "close")])
        return False
    elif path == "/leave":
        answer(f, "bye")
        return False
    else:
        answer(f, "?", "404 Not Found")
    return True


def serve(conn, ctx):
    with lock:
        count["connections"] += 1
        own = count["connections"]
    try:
        if ctx is not None:
            conn = ctx.wrap_socket(conn, server_side=True)
        f = conn.makefile("rwb")
        while True:
            request = read_request(f)
            if request is None or not on_path(f, conn, own, request):
                break
        f.close()
    except (OSError, ValueError):
        pass
    finally:
        conn.close()


def pump(a, b):
    try:
        while True:
            data = a.recv(65536)
            if not data:
                break
            b.sendall(data)
    except OSError:
        pass
    for s in (a, b):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def proxy(conn, _):
    """CONNECT to whatever name, which is always ourselves."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += conn.recv(4096)
    port = int(data.split(b" ")[1].rsplit(b":", 1)[1])
    with lock:
        count["proxied"] += 1
    there = socket.create_connection(("127.0.0.1", port))
    conn.sendall(b"HTTP/1.1 200 OK\r\nX-Proxy: 1\r\n\r\n")
    threading.Thread(target=pump, args=(there, conn), daemon=True).start()
    pump(conn, there)


def keep(conn, _, kept=[]):
    kept.append(conn)


def accept(s, handler, ctx):
    while True:
        conn, _ = s.accept()
        threading.Thread(target=handler, args=(conn, ctx),
                         daemon=True).start()


def main():
    wants = context("good")
    wants.verify_mode = ssl.CERT_REQUIRED
    wants.load_verify_locations(os.path.join(FOLDER, "ca.pem"))
    ancient = context("good")
    warnings.simplefilter("ignore", DeprecationWarning)
    ancient.minimum_version = ssl.TLSVersion.TLSv1
    ancient.maximum_version = ssl.TLSVersion.TLSv1_1
    ancient.set_ciphers("ALL:@SECLEVEL=0")
    rooms = [(serve, context("good")), (serve, context("name")),
             (serve, context("old")), (serve, context("other")),
             (serve, wants), (keep, None), (serve, None), (proxy, None),
             (serve, ancient)]
    ports = []
    for handler, ctx in rooms:
        s = bound()
        s.listen(64)
        ports.append(s.getsockname()[1])
        threading.Thread(target=accept, args=(s, handler, ctx),
                         daemon=True).start()
    closed = bound()
    ports.append(closed.getsockname()[1])
    print("ready", *ports, flush=True)
    sys.stdin.read()


main()
