# SPDX-License-Identifier: Apache-2.0
"""Real SAML identity providers for the tests, and a person at their pages.

The person's side is plain HTTP: each provider has a cookie jar and a CA of its
own, as another site has.
"""
import functools
import html
import http.cookiejar
import os
import pathlib
import re
import shutil
import ssl
import urllib.parse
import urllib.request

from lxml import etree

from servers import PEERS, TOP, folder, free_port, run


def own_keys(to, name="sp"):
    """A key pair of ours, as PEM files."""
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-sha256", "-nodes",
        "-days", "30", "-subj", "/CN=" + name, "-keyout",
        to / (name + ".key"), "-out", to / (name + ".crt"))
    (to / (name + ".key")).chmod(0o600)


SCHEMAS = pathlib.Path("/usr/share/simplesamlphp/schemas")


@functools.lru_cache(maxsize=None)
def schema(name):
    return etree.XMLSchema(etree.parse(
        str(SCHEMAS / ("saml-schema-%s-2.0.xsd" % name))))


def by_schema(xml):
    """The root of a message, or of metadata, which must be as the schemas of
    the standard say."""
    root = etree.fromstring(xml)
    schema("metadata" if ":metadata}" in root.tag else
           "protocol").assertValid(root)
    return root


def in_manual(words):
    """What the manual's table says of a provider's log, in one line."""
    text = (TOP / "docs/man/countersign-saml.7").read_text()
    assert words in text.replace("\\\n", ""), words
    return words


def form_of(page):
    """(action, fields) of a page's first form."""
    form = re.search(r"<form[^>]*>", page)
    action = re.search(r'action="([^"]*)"', form.group(0)) if form else None
    fields = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name = re.search(r'name="([^"]*)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name:
            fields[name.group(1)] = html.unescape(
                value.group(1) if value else "")
    return html.unescape(action.group(1)) if action else "", fields


def certificate(xml):
    """The one that its first signature names."""
    return "".join(etree.fromstring(xml).findtext(
        ".//{*}X509Certificate").split())


def signed(xml):
    """Of which elements a signature is a child."""
    return [s.getparent().tag.rpartition("}")[2]
            for s in etree.fromstring(xml).iter("{*}Signature")]


class Visitor:
    """A person's browser at a provider; a new one is signed in nowhere."""

    class Stop(urllib.request.HTTPRedirectHandler):
        """Redirects are followed as long as they stay at the provider."""

        def __init__(self, base):
            self.base = base

        def redirect_request(self, req, fp, code, msg, headers, newurl):
            if not newurl.startswith(self.base):
                return None
            return super().redirect_request(req, fp, code, msg, headers,
                                            newurl)

    def __init__(self, idp):
        self.idp = idp
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(
                context=ssl.create_default_context(cafile=idp.ca)),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
            self.Stop(idp.base))

    def fetch(self, url, fields=None):
        """(address, text); the address is another site's when the provider
        sent the browser away."""
        data = urllib.parse.urlencode(fields).encode() if fields else None
        try:
            with self.opener.open(url, data, timeout=120) as r:
                return r.url, r.read().decode()
        except urllib.error.HTTPError as e:
            if e.code in (302, 303, 307):
                return e.headers["Location"], ""
            return e.url, e.read().decode()

    def sign_in(self, url, user=None, password=None, fields=None):
        """From the request's address to the form that goes back: (action,
        fields). Without a name nobody is asked for."""
        at, page = self.fetch(url, fields)
        action, names = form_of(page)
        if user and "SAMLResponse" not in names and "SAMLart" not in at:
            at, page = self.fetch(*self.idp.answer(at, action, names, user,
                                                   password))
            action, names = form_of(page)
        return (action, names) if names else (at, {})


class SimpleSamlPhp:
    def __init__(self, entity_id, acs, slo, certificate, **settings):
        self.dir = folder()
        self.port, self.back = free_port(), free_port()
        self.base = "https://127.0.0.1:%d" % self.port
        self.url = self.base + "/simplesaml/saml2/idp/"
        self.metadata = self.url + "metadata.php"
        self.entity_id = self.metadata
        self.ca = self.dir / "ca.crt"
        self.env = dict({"PORT": str(self.port), "HTTP_PORT": str(self.back),
                         "SP_ENTITY_ID": entity_id, "SP_ACS": acs,
                         "SP_SLO": slo, "SP_CERT": str(certificate)},
                        **settings)
        self.start()

    def start(self):
        run("bash", PEERS / "simplesamlphp.sh", "start", self.dir,
            env=self.env)

    def stop(self):
        run("bash", PEERS / "simplesamlphp.sh", "stop", self.dir)

    def set(self, **settings):
        self.stop()
        self.env.update(settings)
        self.start()

    def said(self):
        """Its log, with the messages that it read."""
        log = self.dir / "log/simplesamlphp.log"
        return log.read_text() if log.exists() else ""

    def answer(self, at, action, names, user, password):
        """The login page wants its AuthState back, at the page's address."""
        return at.split("?")[0], dict(names, username=user,
                                      password=password)

    def close(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)


# ----------------------------------------------------------------------

KEYS = "org.keycloak.keys.KeyProvider"
MAPPER = {"protocol": "saml", "protocolMapper": "saml-user-property-mapper"}


def pem(path):
    return "".join(line for line in path.read_text().splitlines()
                   if "-----" not in line)


class Keycloak:
    """A realm of the Keycloak that all tests share, with keys of its own."""

    name = "saml"

    def __init__(self, *clients):
        """Each client: (entity_id, acs, slo, certificate, attributes)."""
        import keycloak     # with pytest, which the demo does without
        self.server = keycloak.server()
        self.base, self.ca = self.server.base, self.server.ca
        self.entity_id = "%s/realms/%s" % (self.base, self.name)
        self.url = self.entity_id + "/protocol/saml"
        self.metadata = self.url + "/descriptor"
        self.clients = clients
        self.dir = folder()
        own_keys(self.dir, "idp")
        self.start()

    @staticmethod
    def client(entity_id, acs, slo, certificate, more):
        back = "saml_single_logout_service_url_soap" in more
        attributes = {
            "saml.assertion.signature": "true",
            "saml.server.signature": "true",
            "saml.signature.algorithm": "RSA_SHA256",
            "saml_signature_canonicalization_method":
                "http://www.w3.org/2001/10/xml-exc-c14n#",
            "saml.client.signature": "true",
            "saml.signing.certificate": pem(certificate),
            "saml.encryption.certificate": pem(certificate),
            "saml.authnstatement": "true",
            "saml.force.post.binding": "true",
            "saml_name_id_format": "persistent",
            "saml_assertion_consumer_url_post": acs,
            "saml_single_logout_service_url_post": slo,
            "saml_single_logout_service_url_redirect": slo}
        return {
            "clientId": entity_id, "enabled": True, "protocol": "saml",
            "frontchannelLogout": not back, "redirectUris": [acs, slo],
            "defaultClientScopes": [], "attributes": dict(attributes, **more),
            "protocolMappers": [
                dict(MAPPER, name=name, config={
                    "user.attribute": user, "attribute.name": name,
                    "attribute.nameformat": "Basic"})
                for name, user in (("uid", "username"), ("email", "email"))]}

    def realm(self):
        return {
            "realm": self.name, "enabled": True, "sslRequired": "external",
            "users": [{"username": n, "enabled": True, "email":
                       n + "@example.com", "firstName": n, "lastName": "L",
                       "credentials": [{"type": "password",
                                        "value": n + "pw"}]}
                      for n in ("alice", "bob")],
            "components": {KEYS: [self.key("idp", 200)]},
            "clients": [self.client(*c) for c in self.clients]}

    def key(self, name, priority):
        """The active one of the highest priority signs."""
        return {"name": name, "providerId": "rsa", "config": {
            "privateKey": [(self.dir / (name + ".key")).read_text()],
            "certificate": [(self.dir / (name + ".crt")).read_text()],
            "priority": [str(priority)], "enabled": ["true"],
            "active": ["true"], "algorithm": ["RS256"]}}

    def add_key(self, name, priority):
        """A new one, in the metadata at once."""
        own_keys(self.dir, name)
        self.server.ask("POST", "/%s/components" % self.name, dict(
            self.key(name, priority), providerType=KEYS))

    def stored_key(self, name):
        return [c for c in self.server.ask(
            "GET", "/%s/components?type=%s" % (self.name, KEYS))
                if c["name"] == name][0]

    def prefer_key(self, name, priority):
        stored = self.stored_key(name)
        del stored["config"]["privateKey"]      # hidden: it stays as it is
        stored["config"]["priority"] = [str(priority)]
        self.server.ask("PUT", "/%s/components/%s" % (
            self.name, stored["id"]), stored)

    def drop_key(self, name):
        self.server.ask("DELETE", "/%s/components/%s" % (
            self.name, self.stored_key(name)["id"]))

    def start(self):
        self.server.ask("POST", "", self.realm())

    def said(self):
        return (self.server.dir / "kc.log").read_text()

    def move_client(self, entity_id, acs="https://elsewhere.example/acs"):
        """The client is at another address."""
        c = self.server.ask("GET", "/%s/clients?clientId=%s" % (
            self.name, urllib.parse.quote(entity_id, safe="")))[0]
        c["redirectUris"] = [acs]
        c["attributes"]["saml_assertion_consumer_url_post"] = acs
        self.server.ask("PUT", "/%s/clients/%s" % (self.name, c["id"]), c)

    def log_out(self, name):
        """By its administrator: all sessions of that person."""
        user = self.server.ask("GET", "/%s/users?exact=true&username=%s" % (
            self.name, name))[0]
        self.server.ask("POST", "/%s/users/%s/logout" % (
            self.name, user["id"]))

    def answer(self, at, action, names, user, password):
        return urllib.parse.urljoin(at, action), dict(
            names, username=user, password=password)

    def close(self):
        self.server.ask("DELETE", "/" + self.name)
        shutil.rmtree(self.dir, ignore_errors=True)


# ----------------------------------------------------------------------

SP = """<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" \
entityID="%(id)s"><md:SPSSODescriptor AuthnRequestsSigned="true" \
WantAssertionsSigned="false" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">\
<md:KeyDescriptor><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">\
<ds:X509Data><ds:X509Certificate>%(cert)s</ds:X509Certificate></ds:X509Data>\
</ds:KeyInfo></md:KeyDescriptor>%(slo)s<md:AssertionConsumerService index="0" \
isDefault="true" Binding="%(b)sHTTP-POST" Location="%(acs)s"/>\
</md:SPSSODescriptor></md:EntityDescriptor>
"""
SP_SLO = '<md:SingleLogoutService Binding="%(b)s%(how)s" Location="%(at)s"/>'
BINDINGS = "urn:oasis:names:tc:SAML:2.0:bindings:"


class LemonLdap:
    """tests/peers/lemonldap.sh: its SAML is made with lasso."""

    script = PEERS / "lemonldap.sh"

    def __init__(self, entity_id, acs, slo, certificate, **settings):
        self.dir = folder()
        self.port, self.back = free_port(), free_port()
        self.base = "https://127.0.0.1:%d" % self.port
        self.entity_id = self.metadata = self.base + "/saml/metadata"
        self.url = self.base + "/saml/"
        self.ca = self.dir / "ca.crt"
        self.sp = {"id": entity_id, "acs": acs, "cert": pem(certificate),
                   "b": BINDINGS}
        self.slo = {"HTTP-Redirect": slo, "HTTP-POST": slo,
                    "SOAP": slo[:-3] + "soap"}
        self.describe(*self.slo)
        self.env = dict({"PORT": str(self.port), "HTTP_PORT": str(self.back),
                         "SP_METADATA": str(self.dir / "sp.xml")},
                        **settings)
        self.start()

    def describe(self, *logouts):
        """Our metadata, with these ways to log out; for its next start."""
        (self.dir / "sp.xml").write_text(SP % dict(self.sp, slo="".join(
            SP_SLO % {"b": BINDINGS, "how": how, "at": self.slo[how]}
            for how in logouts)))

    def start(self):
        run("bash", self.script, "start", self.dir, env=self.env)

    def stop(self):
        run("bash", self.script, "stop", self.dir)

    def set(self, **settings):
        self.stop()
        self.env.update(settings)
        self.start()

    def said(self):
        return (self.dir / "llng.log").read_text()

    @staticmethod
    def why_not():
        psgi = "/usr/share/lemonldap-ng/portal/htdocs/index.psgi"
        return None if os.path.exists(psgi) and shutil.which("plackup") \
            else "liblemonldap-ng-portal-perl is not installed"

    def answer(self, at, action, names, user, password):
        return at.split("?")[0], dict(names, user=user, password=password)

    def close(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)
