# SPDX-License-Identifier: Apache-2.0
"""The JSON schema for editors, by a real validator.

What the reader takes it must take, and each name, block and word of the one
must be one of the other's: asked of the command itself, not of its source.
"""
import copy
import json
import re

import jsonschema
import pytest
import yaml

from servers import BUILD, SANITIZED, TOP, plugins, run

CONF = TOP / "tests/conf"


class Core(yaml.SafeLoader):
    """YAML 1.2's core schema, as editors have it: `no` is a text."""
    yaml_implicit_resolvers = {}


for tag, words, first in (
        ("bool", "true|True|TRUE|false|False|FALSE", "tTfF"),
        ("int", "[-+]?[0-9]+", "-+0123456789"),
        ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?",
         "-+.0123456789"),
        ("null", "~|null|Null|NULL|", ["~", "n", "N", ""])):
    Core.add_implicit_resolver("tag:yaml.org,2002:" + tag,
                               re.compile("^(%s)$" % words), list(first))


def parse(text):
    return yaml.load(text, Loader=Core)


def command(*argv, check=True):
    return run(BUILD / "gateway/countersign", "--plugins", plugins(), *argv,
               check=check, env=SANITIZED)


def validator(schema):
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


@pytest.fixture(scope="module")
def schema():
    """Of the plugins that this build has, but for the tests' own."""
    made = json.loads((BUILD / "docs/countersign.schema.json").read_text())
    said = json.loads(command("schema").stdout)
    said["definitions"]["plugins"].pop("relay", None)
    assert made["definitions"]["plugins"] == said["definitions"]["plugins"]
    assert made["properties"] == said["properties"]
    return made


@pytest.fixture(scope="module")
def stubs():
    """Of the plugins that tests/conf is written for."""
    return validator(json.loads(run(
        BUILD / "common/host/stub-schema", env=SANITIZED).stdout))


def faults(v, tree):
    return sorted("/".join(map(str, e.absolute_path)) + ": " + e.message
                  for e in v.iter_errors(tree))


GOOD = sorted(p.stem for p in CONF.glob("*.expected")
              if "loaded\n" in p.read_text())


@pytest.mark.parametrize("name", GOOD)
def test_good_ones(stubs, name):
    assert faults(stubs, parse((CONF / (name + ".yml")).read_text())) == []


def test_examples(schema):
    """The first is good; of the others nothing is wrong but the words that
    `check` refuses by name, as of a later version."""
    v = validator(schema)
    trees = {name: parse((TOP / "examples" / (name + ".yml")).read_text())
             for name in ("minimal", "homelab", "enterprise")}
    assert faults(v, trees["minimal"]) == []
    later = {"homelab": "remember machines webauthn",
             "enterprise": "apps desk operators machines app postgresql "
             "password ca"}
    for name, words in later.items():
        found = faults(v, trees[name])
        assert found
        for line in found:
            assert any("'%s'" % w in line for w in words.split()), line


# What an editor has to underline, of what tests/conf has.
BAD = """bool-yes duration-bad factor-host-words factor-names factor-plugin
factor-secret factor-types factor-unknown-option headers-unknown listen-dialect
list-for-text missing-all number-bad policy-kinds section-no-map""".split()


@pytest.mark.parametrize("name", BAD)
def test_bad_ones(stubs, name):
    assert "loaded" not in (CONF / (name + ".expected")).read_text()
    assert faults(stubs, parse((CONF / (name + ".yml")).read_text()))


BASE = {
    "version": 1, "public_url": "https://login.example.com",
    "factors": {"corp": {"plugin": "ldap", "url": "ldaps://x.example.com",
                         "base": "dc=x"},
                "phone": {"plugin": "totp", "issuer": "x"}},
    "enrol": {"phone": {"link": True}},
    "policies": [{"match": {"host": "a.example.com"},
                  "require": ["corp then phone"]}]}

MISTAKES = [
    ("version", 2), ("versoin", 1), ("public_url", ["x"]),
    ("session", {"idle": "30 minutes"}), ("session", {"idle": 30}),
    ("session", {"idel": "30m"}), ("store", {"mysql": "x"}),
    ("store", "state.db"), ("keys", {"dir": "file:/x"}),
    ("listen", {"check": {"unix": "/x", "dialect": "apache"}}),
    ("listen", {"check": {"unix": "/x", "tcp": "127.0.0.1:1",
                          "dialect": "nginx"}}),
    ("listen", {"pages": {"unix": "/x", "clear_text": "yes"}}),
    ("networks", {"office": []}), ("networks", ["10.0.0.0/8"]),
    ("realms", {"corp": {"case": "lower"}}),
    ("factors", {"corp": {"url": "ldaps://x"}}),
    ("factors", {"corp": {"plugin": "nonesuch"}}),
    ("factors", {"corp": {"plugin": "ldap", "timeout": "soon"}}),
    ("factors", {"corp": {"plugin": "ldap", "bind_password": "hunter2"}}),
    ("factors", {"corp": {"plugin": "ldap", "recover_by": "desk"}}),
    ("factors", {"phone": {"plugin": "totp", "digits": "six"}}),
    ("factors", {"phone": {"plugin": "totp", "realm": "corp"}}),
    ("factors", {"phone": {"plugin": "totp", "digits": 9}}),
    ("enrol", {"phone": "always"}), ("enrol", {"phone": {"first_login": 1}}),
    ("throttle", {"per_person": 0}), ("headers", "authentik"),
    ("policies", []), ("policies", {"match": {"host": "a"}}),
    ("policies", [{"match": {"path": "/x"}, "public": True}]),
    ("policies", [{"match": {"host": "a"}, "public": True, "deny": True}]),
    ("policies", [{"match": {"host": "a"}}]),
    ("policies", [{"match": {"host": "a"}, "public": False}]),
    ("policies", [{"match": {"host": "a"}, "require": []}]),
    ("policies", [{"match": {"host": "a"}, "require": ["corp"],
                   "accept": "nothing"}]),
    ("desk", {}), ("policies", [{"match": {"host": "a"}, "app": "guacamole",
                                 "require": ["corp"]}]),
]


@pytest.mark.parametrize("name,value", MISTAKES, ids=str)
def test_mistakes(schema, name, value):
    v = validator(schema)
    assert faults(v, BASE) == []
    assert faults(v, dict(BASE, **{name: value}))


def test_any_text_may_look_like_a_number(schema):
    tree = copy.deepcopy(BASE)
    tree["site"] = {"name": 2027, "help": {"text": {"en": True}}}
    tree["factors"]["phone"]["label"] = 1.5
    tree["listen"] = {"pages": {"unix": "/x", "mode": 600}}
    assert faults(validator(schema), tree) == []


# ----------------------------------------------------------------------
# the same names on both sides


NAMES = {("networks",): "net", ("realms",): "corp", ("groups",): "g",
         ("ways",): "w", ("enrol",): "phone", ("factors",): "corp",
         ("policies", 0, "fresh"): "phone"}


def blocks(schema, node, path=()):
    """(path, names) of each block with names of ours."""
    if "$ref" in node:
        for name, p in sorted(schema["definitions"]["plugins"].items()):
            yield ("factors", name), set(p["properties"]), name
        return
    for way in node.get("anyOf", []) + node.get("allOf", []):
        yield from blocks(schema, way, path)
    if "properties" in node:
        yield path, set(node["properties"]), None
        for name, child in node["properties"].items():
            yield from blocks(schema, child, path + (name,))
    if isinstance(node.get("additionalProperties"), dict):
        yield from blocks(schema, node["additionalProperties"],
                          path + (NAMES.get(path, "x"),))
    if "items" in node:
        yield from blocks(schema, node["items"], path + (0,))


def put(tree, path, name, value):
    """The tree with a value at a path, whatever has to be made on the way."""
    tree = copy.deepcopy(tree)
    at = tree
    for i, step in enumerate(path):
        if isinstance(step, int):
            continue
        child = at.get(step)
        listed = i + 1 < len(path) and isinstance(path[i + 1], int)
        if listed and isinstance(child, list):
            at = child[0]
            continue
        if listed:
            at[step] = [{}]
            at = at[step][0]
            continue
        if not isinstance(child, dict):
            at[step] = {}
        at = at[step]
    at[name] = value
    return tree


def said(tmp_path, tree):
    path = tmp_path / "x.yml"
    path.write_text(yaml.safe_dump(tree, default_flow_style=False,
                                   width=4000))
    path.chmod(0o600)
    return path, command("check", path, check=False).stderr


HOST_WORDS = {"plugin", "realm", "label", "offered", "alarm", "people",
              "groups", "recover_by"}


def test_same_names(schema, tmp_path):
    """The reader tells the names of a block beside one that it does not
    know: they are those of the schema, block by block."""
    seen = []
    for path, names, plugin in blocks(schema, schema):
        tree = BASE if plugin is None else put(
            BASE, path, "plugin", plugin)
        if path[:1] == ("account",) or path[:1] == ("desk",):
            tree = put(tree, path[:1], "require", ["corp then phone"])
        if path[:1] == ("desk",):
            tree = put(tree, path[:1], "may", ["look-up"])
        if path[-1:] == ("tls",):
            tree = put(tree, path[:-1], "tcp", "127.0.0.1:9")
        _, text = said(tmp_path, put(tree, path, "zzqx", "1"))
        m = re.search(r"`zzqx` is no setting of [^;\n]*; it has ([a-z_, 0-9]+)"
                      r"$", text, re.M)
        assert m, (path, text)
        known = set(m.group(1).split(", "))
        if plugin is not None:
            names = names - HOST_WORDS
        assert names == known, path
        seen.append(path)
    assert len(seen) >= 22, seen
    for path in (("listen", "check"), ("listen", "pages", "tls"),
                 ("site", "help"), ("enrol", "phone", "first_login"),
                 ("policies", 0, "match"), ("policies", 0, "allow"),
                 ("factors", "ldap"), ("factors", "totp")):
        assert path in seen, seen


def words(schema, node, path=()):
    """(path, word) of each word of a fixed list."""
    if "$ref" in node:
        for name, p in sorted(schema["definitions"]["plugins"].items()):
            yield from words(schema, p, ("factors", name))
        return
    for way in node.get("anyOf", []) + node.get("allOf", []):
        yield from words(schema, way, path)
    for word in node.get("enum", []):
        yield path, word
    for name, child in node.get("properties", {}).items():
        yield from words(schema, child, path + (name,))
    if isinstance(node.get("additionalProperties"), dict):
        yield from words(schema, node["additionalProperties"],
                         path + (NAMES.get(path, "x"),))
    if "items" in node and isinstance(node["items"], dict):
        yield from words(schema, node["items"],
                         path if "enum" in node["items"] else path + (0,))


def fault_at_word(tmp_path, tree, key):
    """What the reader says in the line of a key."""
    path, text = said(tmp_path, tree)
    lines = path.read_text().splitlines()
    at = [i for i, line in enumerate(lines, 1)
          if re.match(r"[ -]*%s:" % re.escape(key), line)]
    return [line for line in text.splitlines()
            for i in at if "%s:%d:" % (path, i) in line
            and "error" in line]


def test_same_words(schema, tmp_path):
    """Each word is taken, and another is not."""
    seen = {}
    for path, word in words(schema, schema):
        plugin = path[1] if path[0] == "factors" else None
        tree = BASE if plugin is None else put(
            BASE, path[:2], "plugin", plugin)
        if path[:1] == ("account",):
            tree = put(tree, ("account",), "require", ["corp then phone"])
        if path[:1] == ("realms",):
            tree = put(tree, ("factors", "corp"), "realm", "corp")
        if path == ("enrol", "phone"):
            tree = {k: v for k, v in BASE.items() if k != "enrol"}
        good = fault_at_word(tmp_path, put(tree, path[:-1], path[-1], word),
                             path[-1])
        assert not [g for g in good if re.search(
            r"there is no|is one of| is [a-z]+ or |is a list of|"
            r"is written", g)], (path, word, good)
        if path not in seen:
            assert fault_at_word(tmp_path, put(
                tree, path[:-1], path[-1], "zzqx"), path[-1]), path
        seen.setdefault(path, []).append(word)
    assert seen[("listen", "check", "dialect")] == [
        "nginx", "caddy", "traefik", "envoy", "haproxy"]
    assert ("headers",) in seen and ("factors", "ldap", "flavour") in seen
