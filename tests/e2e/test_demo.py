# SPDX-License-Identifier: Apache-2.0
"""The demo's walk, where only the packages of the demo are there."""
from servers import TOP, run

# of the group `test` of build-aux/install-packages, not of `build` or `demo`
AWAY = ["pytest", "selenium", "yaml", "jsonschema", "samba", "pip"]


def test_walk_needs_no_package_of_the_tests():
    """It begins, and fails at what it was told, not at what it imports."""
    r = run("/usr/bin/python3", "-c", """
import runpy, sys
for name in %r:
    sys.modules[name] = None
sys.argv = ["walk.py", "/no/such/ca", "1", "", ""]
runpy.run_path(%r, run_name="__main__")
""" % (AWAY, str(TOP / "tests/demo/walk.py")), check=False)
    assert r.returncode == 1 and "A surprise." in r.stderr, r.stderr
    assert "FileNotFoundError" in r.stderr, r.stderr
