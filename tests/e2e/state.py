# SPDX-License-Identifier: Apache-2.0
"""What is kept, to see that nothing changed."""
import hashlib
import sqlite3
import time


def rows(site, before=None, but=("l/", "store/feed")):
    """The store's rows by key: a hash of each value, and when it ends. Left
    out are last-seen times (l/), written whenever a session is used, and how
    far the feed was when it was last trimmed. Rows of `before` that have ended
    and were swept away since count as there."""
    db = sqlite3.connect("file:%s?mode=ro" % (site.dir / "state/state.db"),
                         uri=True)
    try:
        found = db.execute("SELECT k, v, exp FROM kv").fetchall()
    finally:
        db.close()
    now = {k: was for k, was in (before or {}).items()
           if 0 < was[1] <= time.time() * 1000}
    now.update({bytes(k).decode("latin-1"):
                (hashlib.sha256(bytes(v)).hexdigest(), end)
                for k, v, end in found})
    return {k: was for k, was in now.items() if not k.startswith(but)}


def logins(site):
    """How often somebody got in, or got a device."""
    return len([e for e in site.audit() if e["event"] in (
        "login", "step-up", "enrolled", "factor-granted")])
