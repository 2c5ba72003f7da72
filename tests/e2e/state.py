# SPDX-License-Identifier: Apache-2.0
"""What is kept, to see that nothing changed."""
import hashlib
import sqlite3


def rows(site, but=("l/",)):
    """The store's rows by key: a hash of each value. Last-seen times (l/) are
    written whenever a session is used."""
    db = sqlite3.connect("file:%s?mode=ro" % (site.dir / "state/state.db"),
                         uri=True)
    try:
        found = db.execute("SELECT k, v FROM kv").fetchall()
    finally:
        db.close()
    return {bytes(k).decode("latin-1"): hashlib.sha256(bytes(v)).hexdigest()
            for k, v in found
            if not bytes(k).decode("latin-1").startswith(but)}


def logins(site):
    """How often somebody got in, or got a device."""
    return len([e for e in site.audit() if e["event"] in (
        "login", "step-up", "enrolled", "factor-granted")])
