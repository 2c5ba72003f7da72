# SPDX-License-Identifier: Apache-2.0
"""Fixtures: one directory and one site for all; a fresh person for each."""
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from people import Person  # noqa: E402
from servers import Directory, Site  # noqa: E402


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


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    """What the daemon said, beside a failure."""
    outcome = yield
    report = outcome.get_result()
    args = getattr(item, "funcargs", {})
    site = args.get("site") or getattr(args.get("saml"), "site", None)
    if report.when == "call" and report.failed and site is not None \
            and site.daemon is not None:
        report.sections.append(("countersignd", site.daemon.said()[-4000:]))
        report.sections.append(("nginx", site.nginx.said()[-3000:]))
        report.sections.append(("audit", "\n".join(
            str(e) for e in site.audit()[-6:])))


def pytest_report_header(config):
    return "build: %s" % os.environ.get("CSN_TOP_BUILDDIR", "build/check/gcc")
