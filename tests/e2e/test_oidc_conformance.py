# SPDX-License-Identifier: Apache-2.0
"""tests/conformance/run against a suite made of paper: that it creates a plan,
logs in once for each module, and says what is wrong."""
import subprocess
import sys

from rogue import Raw, Rogue
from servers import TOP

sys.path.insert(0, str(TOP / "tests/conformance"))

from party import as_browsers_ask, is_no_form, said_by_script  # noqa: E402


class Suite(Rogue):
    """Two modules: a login, and a token of another issuer."""
    alias, modules = "/test/a/countersign-basic", [
        "oidcc-client-test", "oidcc-client-test-invalid-iss"]

    def __init__(self, result="PASSED"):
        super().__init__()
        self.url, self.result = self.issuer, result
        self.issuer = self.url + self.alias
        self.asked_of, self.waiting, self.plan = [], False, None
        self.honest, self.angry, self.lost = True, False, False

    def route(self, path, form, query, headers):
        if path.startswith("/api/"):
            return self.api(path[5:], query)
        assert path.startswith(self.alias + "/"), path
        if self.lost and path.endswith("/auth"):
            raise Raw(404, "text/html", b"<p>no such page")
        return super().route(path[len(self.alias):], form, query, headers)

    def api(self, path, query):
        if path == "server":
            return {"version": "5.2.4"}
        if path == "plan":
            if self.angry:
                raise Raw(400, body=b"no such variant")
            self.plan = query["planName"]
            return {"id": "p", "modules": [
                {"testModule": name} for name in self.modules]}
        if path == "runner":
            self.asked_of.append(query["test"])
            self.waiting = True
            return {"id": query["test"]}
        if path.endswith("/wait-state"):
            state = "WAITING" if self.waiting else "FINISHED"
            self.waiting = False
            return {"state": state}
        if path.startswith("info/"):
            return {"result": self.result, "status": "FINISHED"}
        if path.startswith("log/"):
            return [{"result": "SUCCESS", "src": "Fine", "msg": "well"},
                    {"result": "WARNING", "src": "Looks", "msg": "odd"}]
        return []

    def metadata(self):
        return dict(super().metadata(), issuer=self.issuer + "/")

    def laid(self, place, good):
        if place == "authorize":
            return dict(good, iss=self.issuer + "/")
        if place == "claims":
            wrong = self.honest and "invalid-iss" in self.asked_of[-1]
            return dict(good, aud="countersign", iss=self.issuer +
                        ("/x" if wrong else "/"))
        return good


class Framing(Suite):
    """A logout by a page with a frame, whose sid stands in the address as it
    has been drawn: with that of a real suite, the first is no address."""
    alias, modules = "/test/a/countersign-front-channel-logout", [
        "oidcc-client-test-rp-frontchannel-rpinitlogout"]

    def __init__(self):
        super().__init__("REVIEW")
        self.sids = [r"x\\_%;^", r"y\\_\&#39; ^"]

    def route(self, path, form, query, headers):
        if path == self.alias + "/end":
            back = query["post_logout_redirect_uri"]
            raise Raw(kind="text/html", body=(
                "<script>var iframe; let url = '%s/framed';"
                "iframe.src = '%s?iss=%s&amp;sid=%s';"
                "location.href='%s?state=%s';</script>" % (
                    self.issuer, back.replace("logged-out",
                                              "frontchannel-logout"),
                    self.issuer + "/", self.sids.pop(0), back,
                    query["state"])).replace("/", r"\/").replace(
                        r"<\/", "</").encode())
        if path == self.alias + "/framed":
            return {}
        return super().route(path, form, query, headers)


class Core(Suite):
    alias, modules = "/test/a/countersign-core-secret-post", [
        "oidcc-client-test", "oidcc-client-test-client-secret-basic"]


def conformance(suite, tmp_path, only="basic", *more):
    return subprocess.run(
        [str(TOP / "tests/conformance/run"), suite.url, "--only", only,
         "--out", str(tmp_path / "out")] +
        list(more or ["--ca", str(suite.ca)]),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=240, check=False)


def test_runner(tmp_path):
    s = Suite()
    try:
        r = conformance(s, tmp_path)
        assert r.returncode == 0 and \
            "basic: 2 modules, 2 PASSED; 0 not good" in r.stdout, r.stdout
        assert s.plan == "oidcc-client-basic-certification-test-plan"
        assert "iss-wrong" in r.stdout and len(list(
            (tmp_path / "out").iterdir())) == 2
        # a suite that does not notice: what should have been refused was not
        s.honest = False
        r = conformance(s, tmp_path)
        assert r.returncode == 1 and \
            "let in  ** should be refused" in r.stdout, r.stdout
        assert "1 not good" in r.stdout
        assert "WARNING: Looks: odd" in r.stdout and "well" not in r.stdout
        # one plan that cannot be made keeps no other from being tried
        s.angry = True
        r = conformance(s, tmp_path, "basic,config")
        assert r.returncode == 1 and r.stdout.count(
            "api/plan with 400: no such variant") == 2, r.stdout
        assert "2 are not good" in r.stdout
        r = conformance(s, tmp_path, "basics")
        assert r.returncode == 2 and "no plan is called basics" in r.stdout
    finally:
        s.close()


def test_modules_of_another_kind(tmp_path):
    """A plan that has more than is meant for it."""
    s = Core()
    try:
        r = conformance(s, tmp_path, "core-secret-post")
        assert r.returncode == 0 and s.asked_of == ["oidcc-client-test"] and \
            "1 modules, 1 PASSED; 1 left out; 0 not good" in r.stdout, r.stdout
    finally:
        s.close()


def test_an_address_that_is_none(tmp_path):
    """The suite draws a sid of any characters and writes it into the frame's
    address as it is: where that is none, it draws again."""
    s = Framing()
    try:
        r = conformance(s, tmp_path, "front-channel-logout")
        assert r.returncode == 0 and "logged out by a frame" in r.stdout and \
            "1 modules, 1 REVIEW; 0 not good" in r.stdout, r.stdout
        assert r.stdout.count("once more: ") == 1 and s.sids == []
        # the first one has been called off
        assert s.times("/api/runner/" + s.modules[0]) == 1
    finally:
        s.close()


def test_an_address_in_a_script():
    sid = said_by_script(r"iframe.src = 'https:\/\/a\/?b=c&amp;"
                         r"sid=\\\&#39; \u0026x';", "iframe.src")
    assert sid == "https://a/?b=c&sid=\\' &x"
    assert as_browsers_ask(sid) == "https://a/?b=c&sid=\\%27%20&x"
    for query, bad in (("a=b&c=%41", False), ("", False), ("a=%", True),
                       ("a=%4", True), ("a=%4g", True), ("a=b&", True),
                       ("a=b&&c", True), ("a=b&=c", True), ("a", False)):
        assert is_no_form("https://a/?" + query) is bad, query


def test_an_accident_is_no_refusal(tmp_path):
    """Out, as it should be, but not because the token was looked at."""
    s = Suite()
    s.lost = True
    try:
        r = conformance(s, tmp_path, "basic", "--ca", str(s.ca), "--module",
                        "invalid-iss")
        assert r.returncode == 1 and "out " in r.stdout and \
            "** should be refused" in r.stdout, r.stdout
        assert "1 modules, 1 PASSED; 1 left out; 1 not good" in r.stdout
    finally:
        s.close()


def test_a_certificate_of_its_own(tmp_path):
    """The suite's is self-signed: trusted when it is said so, and only then;
    what stands in the way is said in words, without a traceback."""
    s = Suite()
    try:
        r = conformance(s, tmp_path, "basic", "--trust")
        assert "trusted for this run: the certificate with SHA-256" in \
            r.stdout and (tmp_path / "out/suite.pem").exists(), r.stdout
        for more, words in ((["--module", "x"], "no answer from"),
                            (["--ca", "/none.pem"], "no such file")):
            r = conformance(s, tmp_path, "basic", *more)
            assert r.returncode == 1 and words in r.stdout, r.stdout
            assert "Traceback" not in r.stdout, r.stdout
    finally:
        s.close()
