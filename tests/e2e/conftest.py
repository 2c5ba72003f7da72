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


# About half of the time of all, so that ./check runs two halves side by side:
# they wait for browsers, peers and clocks more than they compute.
FIRST_HALF = {"test_account", "test_oidc_session", "test_pages", "test_probe",
              "test_proxies", "test_timing", "test_trouble"}


def pytest_collection_modifyitems(config, items):
    half = os.environ.get("CSN_E2E_HALF")
    if half:
        away = [i for i in items
                if (i.path.stem in FIRST_HALF) != (half == "1")]
        config.hook.pytest_deselected(items=away)
        items[:] = [i for i in items if i not in set(away)]


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
