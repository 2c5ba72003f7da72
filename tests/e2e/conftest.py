# SPDX-License-Identifier: Apache-2.0
"""Fixtures: one directory and one site for all; a fresh person for each."""
import itertools
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from people import Person  # noqa: E402
from servers import Directory, Site, logs_grown, logs_mark  # noqa: E402


# Files that share what takes its time to start are run by one process.
TOGETHER = {"test_oidc_keycloak": "keycloak", "test_saml_keycloak": "keycloak",
            "test_saml_keys": "keycloak", "test_saml_soap": "keycloak"}
# What takes longest begins first, so that all processes end at about one time.
LONGEST = ("test_probe", "keycloak", "test_proxies", "test_oidc_modules",
           "test_account", "test_oidc_rogue", "test_pages",
           "test_oidc_session", "test_trouble", "test_timing")


def part(item):
    return TOGETHER.get(item.path.stem, item.path.stem)


def claimed(items, folder):
    """The tests of the parts that no other process has claimed, each part
    when the one before is about to end."""
    parts = {}
    for item in items:
        parts.setdefault(part(item), []).append(item)
    order = [p for p in LONGEST if p in parts]
    for name in order + [p for p in parts if p not in order]:
        try:
            (folder / name).mkdir()
        except FileExistsError:
            continue
        yield from parts[name]


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    """./check runs several processes side by side, which wait for browsers,
    peers and clocks more than they compute: each takes what is left."""
    folder = os.environ.get("CSN_E2E_CLAIMS")
    if not folder or session.testsfailed or session.config.option.collectonly:
        return None             # as pytest does it
    mine = claimed(session.items, pathlib.Path(folder))
    item = next(mine, None)
    while item is not None:
        following = next(mine, None)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
        item = following
    return True


@pytest.fixture(scope="session")
def directory():
    d = Directory()
    yield d
    d.close()


@pytest.fixture(scope="session")
def site(directory):
    s = Site(directory)
    yield s
    s.close()


@pytest.fixture
def make_site(directory):
    """Sites of a test's own, with settings of its own."""
    made = []

    def make(**settings):
        made.append(Site(directory, **settings))
        return made[-1]
    yield make
    for s in made:
        s.close()


@pytest.fixture
def somebody(directory):
    """A person of the directory who has done nothing yet."""
    def make(site, **browser):
        return Person(site, next(directory.fresh), "pw-u", **browser)
    return make


@pytest.fixture
def person(site, somebody):
    return somebody(site)


@pytest.fixture(scope="module")
def saml(request, directory):
    """Where people log in by SAML: what the module names SITE."""
    s = request.module.SITE(directory)
    yield s
    s.close()


@pytest.fixture
def b(saml):
    """A browser that was nowhere yet."""
    return saml.new()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup():
    logs_mark()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport():
    """Beside a failure what every server said in this test, and why the audit
    log says that something was refused."""
    report = (yield).get_result()
    if report.failed:
        report.sections += itertools.islice(logs_grown(), 12)


def pytest_report_header(config):
    return "build: %s" % os.environ.get("CSN_TOP_BUILDDIR", "build/check/gcc")
