# SPDX-License-Identifier: Apache-2.0
"""The browser of browser.py by HTTP/2: curl carries what it says."""
import subprocess
import urllib.parse

from browser import Browser, Response, relation


class Browser2(Browser):
    def __init__(self, ca, **more):
        super().__init__(ca, **more)
        self.ca = ca

    def once(self, method, url, body=None, headers=None, initiator=None,
             mode="navigate", site=None):
        parts = urllib.parse.urlsplit(url)
        h = self.fetch_headers(method, url, initiator, mode,
                               site or relation(initiator, url))
        del h["Host"]
        if body is not None and not isinstance(body, bytes):
            body = urllib.parse.urlencode(body).encode()
            h["Content-Type"] = "application/x-www-form-urlencoded"
        h.update(headers or {})
        argv = ["curl", "-s", "-i", "--http2", "--path-as-is", "--cacert",
                str(self.ca), "-m", "40", "-X", method, "--noproxy", "*",
                "--resolve", "%s:%d:%s" % (parts.hostname, parts.port or 443,
                                           self.dial)]
        for name, value in h.items():
            for v in value if isinstance(value, list) else [value]:
                if v is not None:
                    argv += ["-H", "%s: %s" % (name, v)]
        if body is not None:
            argv += ["--data-binary", "@-"]
        r = subprocess.run(argv + [url], input=body or b"",
                           stdout=subprocess.PIPE, timeout=60, check=True)
        return self.read(url, parts.netloc, r.stdout)

    def read(self, url, netloc, data):
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        version, status = lines[0].split()[:2]
        assert version == "HTTP/2", (url, lines[0])
        pairs = [tuple(line.split(": ", 1)) for line in lines[1:]
                 if ": " in line]
        self.keep(netloc, [v for n, v in pairs if n == "set-cookie"])
        return Response(url, int(status), pairs, body)
