# SPDX-License-Identifier: Apache-2.0
"""Bytes sent as they are, to nginx or past it to countersignd's sockets."""
import os
import socket
import ssl
import subprocess
import sys
import textwrap

# by the other side, with or without TLS around it
CLOSED = (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError)


class Answer:
    def __init__(self, data):
        self.data = data
        head, _, self.body = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1]) if data else 0
        self.headers = [tuple(line.split(": ", 1)) for line in lines[1:]
                        if ": " in line]
        self.text = self.body.decode("utf-8", "replace")

    def header(self, name, default=""):
        return ", ".join(v for n, v in self.headers
                         if n.lower() == name.lower()) or default

    def __repr__(self):
        return "<%d %r>" % (self.status, self.data[:600])


def read_all(conn):
    data = b""
    while True:
        try:
            piece = conn.recv(65536)
        except CLOSED:
            break
        if not piece:
            break
        data += piece
    return data


def exchange(conn, data):
    try:
        conn.sendall(data)
        if conn.family == socket.AF_UNIX:
            conn.shutdown(socket.SHUT_WR)
    except CLOSED:
        pass                    # it has answered before it read all
    with conn:
        return Answer(read_all(conn))


def unix(path, data):
    conn = socket.socket(socket.AF_UNIX)
    conn.settimeout(60)
    conn.connect(str(path))
    return exchange(conn, data)


def head(method, target, lines, body=b"", version="HTTP/1.1"):
    """A request of these header lines, each a (name, value) or bytes."""
    out = b"%s %s %s\r\n" % (method.encode(), target.encode("latin-1"),
                             version.encode())
    for line in lines:
        if isinstance(line, bytes):
            out += line + b"\r\n"
        else:
            name, value = line
            if not isinstance(value, bytes):
                value = value.encode("latin-1")
            out += name.encode() + b": " + value + b"\r\n"
    return out + b"\r\n" + body


def as_nobody(path):
    """What a user of this machine gets who is not a listed peer."""
    code = textwrap.dedent("""
        import os, socket, sys
        os.setgroups([]); os.setgid(65534); os.setuid(65534)
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(30)
        try:
            s.connect(sys.argv[1])
            s.sendall(b"GET /check HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
            sys.stdout.write("%r" % s.recv(1000))
        except OSError as e:
            sys.stdout.write(type(e).__name__)
        """)
    return subprocess.run([sys.executable, "-c", code, str(path)],
                          stdout=subprocess.PIPE, text=True, timeout=60,
                          check=True, env=dict(os.environ)).stdout
