# SPDX-License-Identifier: Apache-2.0
"""What the checkers share: TAP lines, and the files they look at.

A checker shows for each rule that it can fail: expect() takes a bad example,
and is a test of its own.
"""
import os
import subprocess
import sys

SKIP_DIRS = {"build", ".git", "autom4te.cache", "__pycache__", "corpus",
             ".pytest_cache", "demo.d"}


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = 0

    def test(self, name, findings):
        """A test that passes without findings; they are printed."""
        self.count += 1
        findings = list(findings)
        for f in findings[:40]:
            print("# " + f)
        if len(findings) > 40:
            print("# and %d more" % (len(findings) - 40))
        print("%s %d - %s" % ("not ok" if findings else "ok", self.count,
                              name))
        self.failed += bool(findings)

    def expect(self, name, findings):
        """The rule's own test: a bad example must be found."""
        self.test(name + ": finds a bad example",
                  [] if list(findings) else ["the bad example passed"])

    def end(self):
        print("1..%d" % self.count)
        sys.exit(1 if self.failed else 0)


def files(top, *suffixes):
    """Paths below top, relative, of the project's own files."""
    found = []
    for folder, dirs, names in os.walk(top):
        dirs[:] = sorted(d for d in dirs if d not in SKIP_DIRS
                         and not os.path.exists(os.path.join(
                             folder, d, "config.status")))
        for name in sorted(names):
            if name.endswith(suffixes):
                found.append(os.path.relpath(os.path.join(folder, name), top))
    return found


def read(top, path):
    with open(os.path.join(top, path), encoding="utf-8") as f:
        return f.read()


def output(*command):
    """(exit status, stdout and stderr together)"""
    r = subprocess.run(command, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                       encoding="utf-8", errors="replace", check=False)
    return r.returncode, r.stdout
