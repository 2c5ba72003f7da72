# SPDX-License-Identifier: Apache-2.0
"""Disks with little room, for tests of what is done when there is none."""
import contextlib

import pytest

from servers import ROOT, run, until


@contextlib.contextmanager
def small_disk(path, size="2m"):
    """A file system of that size, or a skipped test."""
    r = run("mount", "-t", "tmpfs", "-o", "size=%s,mode=0700" % size,
            "tmpfs", path, check=False) if ROOT else None
    if r is None or r.returncode != 0:
        pytest.skip("cannot mount a small file system here")
    try:
        yield
    finally:
        until("unmounted", lambda: run("umount", path,
                                       check=False).returncode == 0)
