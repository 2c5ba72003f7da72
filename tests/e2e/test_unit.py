# SPDX-License-Identifier: Apache-2.0
"""The shipped unit, as systemd itself judges it."""
import json
import re
import shutil

import pytest

from servers import TOP, run

UNIT = TOP / "gateway/systemd/countersignd.service"
ANALYZE = shutil.which("systemd-analyze")
needs = pytest.mark.skipif(ANALYZE is None, reason="no systemd-analyze here")

# What a gateway cannot do without, each with its weight; nothing else.
EXPOSED = {
    "PrivateNetwork", "RestrictAddressFamilies=~AF_(INET|INET6)",
    "RestrictAddressFamilies=~AF_UNIX",
    # the resolver, and whose address an interface has
    "RestrictAddressFamilies=~AF_NETLINK",
    # directories and providers are anywhere
    "IPAddressDeny",
    # peers of a socket are told by their user id
    "PrivateUsers",
    # sockets are given to a group; a limit is set at start
    "SystemCallFilter=~@privileged", "SystemCallFilter=~@resources",
    # of ProtectClock itself
    "DeviceAllow", "RootDirectory=/RootImage"}


@needs
def test_exposure():
    """Below 2 is what systemd calls OK, for what speaks on a network."""
    r = run(ANALYZE, "security", "--offline=true", "--threshold=16", UNIT,
            check=False)
    assert r.returncode == 0, r.stdout.splitlines()[-1:]
    score = float(re.search(r"exposure level for countersignd.service: "
                            r"([0-9.]+)", r.stdout).group(1))
    assert score <= 1.6


@needs
def test_each_setting():
    r = run(ANALYZE, "security", "--offline=true", "--json=short", UNIT)
    open_ = {row["name"].rstrip("=") for row in json.loads(r.stdout)
             if row["set"] is False and row["exposure"]}
    assert open_ <= EXPOSED, open_ - EXPOSED


def test_own_user_and_modes():
    text = UNIT.read_text()
    for line in ("User=countersign", "Group=countersign", "UMask=0077",
                 "StateDirectoryMode=0700", "LogsDirectoryMode=0700",
                 "LimitCORE=0", "CapabilityBoundingSet=",
                 "NoNewPrivileges=yes", "ProtectSystem=strict"):
        assert re.search("^%s$" % re.escape(line), text, re.M), line
