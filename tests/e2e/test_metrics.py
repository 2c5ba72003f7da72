# SPDX-License-Identifier: Apache-2.0
"""What /metrics says, by a parser that takes nothing but the text format of
Prometheus (version 0.0.4), and no name in a label."""
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
SAMPLE = re.compile(r"(%s)(?:\{(%s(?:,%s)*)\})? (\S+)" % (
    NAME, LABEL.replace("(", "(?:").replace("(?:?:", "(?:"),
    LABEL.replace("(", "(?:").replace("(?:?:", "(?:")))
VALUE = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?"
                   r"|[-+]?Inf|NaN")
KINDS = ("counter", "gauge", "histogram", "summary", "untyped")


def parse(text):
    """{name: (kind, help, [(labels, value)])}; anything odd is an error."""
    assert text.endswith("\n") and "\r" not in text and "\n\n" not in text
    families, series, current = {}, set(), None
    for line in text.splitlines():
        assert line == line.strip(), repr(line)
        m = re.fullmatch(r"# HELP (%s) (.+)" % NAME, line)
        if m:
            current = m.group(1)
            assert current not in families, "twice: " + current
            families[current] = [None, m.group(2), []]
            continue
        m = re.fullmatch(r"# TYPE (%s) ([a-z]+)" % NAME, line)
        if m:
            assert m.group(1) == current and m.group(2) in KINDS, line
            assert families[current][0] is None and \
                not families[current][2], line
            families[current][0] = m.group(2)
            continue
        m = SAMPLE.fullmatch(line)
        assert m, "no line of the format: %r" % line
        name, labels, value = m.group(1), m.group(2), m.groups()[-1]
        assert name == current, "%s stands below %s" % (name, current)
        assert VALUE.fullmatch(value), line
        pairs = tuple(re.findall(LABEL, labels or ""))
        assert len({k for k, _ in pairs}) == len(pairs), line
        assert (name, pairs) not in series, "twice: " + line
        series.add((name, pairs))
        families[current][2].append((pairs, float(value)))
    for name, (kind, _, samples) in families.items():
        assert kind and samples, name
        assert (kind == "counter") == name.endswith("_total"), name
        assert kind != "counter" or all(v >= 0 for _, v in samples), name
    return families


# A label is of ours or a number; what a stranger, a person or a host can name
# is none.
LABELS = {"version", "le", "outcome", "kind"}


def test_format_and_labels(site, person):
    person.login()
    person.browser.once("GET", site.url("desk", "/closed"))
    text = site.metric()[1]
    families = parse(text)
    assert len(families) >= 11
    assert families["countersign_factors_granted_total"][2][0][1] >= 2
    assert families["countersign_ready"][2] == [((), 1.0)]
    for name, (_, _, samples) in families.items():
        assert name.startswith("countersign_"), name
        for pairs, _ in samples:
            assert {k for k, _ in pairs} <= LABELS, (name, pairs)
            for _, value in pairs:
                assert re.fullmatch(r"[a-z0-9_.+-]{1,32}", value), value
    for word in (person.name, site.host("desk"), "corp", "127.0.0.1",
                 "wiki", "/closed"):
        assert word not in text, word


def test_the_parser_is_strict():
    good = "# HELP a_total x\n# TYPE a_total counter\na_total{b=\"c\"} 1\n"
    assert parse(good)["a_total"][2] == [((("b", "c"),), 1.0)]
    for bad in (good[:-1], good.replace(" 1", " one"),
                good.replace(" 1", "  1"), good + good,
                good.replace("counter", "count"),
                good.replace("a_total{", "b_total{"),
                good.replace('"c"', '"c\\x"'), good.replace("# HELP", "#HELP"),
                good.replace("a_total", "a"), good.replace("b=", "b-="),
                good.replace('b="c"', 'b="c",b="d"'),
                good + 'a_total{b="c"} 2\n'):
        try:
            parse(bad)
        except AssertionError:
            continue
        raise AssertionError("taken: %r" % bad)
