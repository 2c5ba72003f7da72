#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""app.py SOCKET TITLE OTHER-URL - the demo's application: it greets people

It knows nothing of logins: who is there stands in the headers that nginx
sets. Any application that reads Remote-User and the like is like this one.
"""
import html
import http.server
import os
import socketserver
import sys
import urllib.parse

SOCKET, TITLE, OTHER = sys.argv[1:4]

PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1.1rem/1.6 system-ui, sans-serif; margin: 0 auto;
  max-width: 40rem; padding: 3rem 1.25rem; }}
dt {{ font-weight: 600; }} dd {{ margin: 0 0 .75rem; }}
</style>
<h1>{title}: hello, {name}</h1>
<dl>
<dt>You are</dt><dd id="user">{user}</dd>
<dt>Your groups</dt><dd id="groups">{groups}</dd>
<dt>Your mail</dt><dd id="mail">{mail}</dd>
<dt>Cookies that reached this application</dt><dd id="cookies">{cookies}</dd>
</dl>
<p><a href="{other}">The other application</a>: no new login</p>
<p><a href="/.countersign/logout">Log out</a></p>
</html>
"""


class Handler(http.server.BaseHTTPRequestHandler):
    def told(self, name):
        """A header as text: what is not ASCII comes percent-encoded."""
        value = urllib.parse.unquote(self.headers.get(name, ""))
        return html.escape(value) or "-"

    def do_GET(self):
        page = PAGE.format(
            title=html.escape(TITLE), other=html.escape(OTHER),
            user=self.told("Remote-User"), name=self.told("Remote-Name"),
            groups=self.told("Remote-Groups").replace(",", ", "),
            mail=self.told("Remote-Email"),
            cookies=self.told("Cookie")).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(page)

    def address_string(self):
        return "nginx"


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


with Server(SOCKET, Handler) as server:
    os.chmod(SOCKET, 0o666)
    server.serve_forever()
