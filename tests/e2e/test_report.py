# SPDX-License-Identifier: Apache-2.0
"""Who has no phone yet, by group; and a roll-out in waves."""
import csv
import datetime
import io

import pytest

from people import Person
from servers import BUILD, Site, run

GROUPS = "ou=groups,dc=example,dc=com"
PEOPLE = "ou=people,dc=example,dc=com"


def day(days):
    return (datetime.date.today() + datetime.timedelta(days)).isoformat()


def rolled(text):
    """As docs/configuration.md has it: the first wave has to, the second has
    until a date."""
    text = text.replace("groups:\n", """groups:
  wave1: {{ corp: "cn=wave1,{g}", local: staff }}
  wave2: {{ corp: "cn=wave2,{g}" }}
  gone: {{ corp: "cn=no-such-group,{g}" }}
""".format(g=GROUPS), 1)
    return text.replace("""    require:
      - corp then phone
    allow: { groups: [everybody] }
""", """    require:
      - corp then phone
      - corp where group wave2 and unenrolled phone until %s
    allow: { groups: [everybody] }
""" % day(30))


@pytest.fixture(scope="module")
def wave(directory):
    """Four people, two a wave."""
    names = [next(directory.fresh) for _ in range(4)]
    for g, members in (("wave1", names[:2]), ("wave2", names[2:])):
        directory.add("dn: cn=%s,%s\nobjectClass: groupOfNames\ncn: %s\n%s" %
                      (g, GROUPS, g, "".join(
                          "member: uid=%s,%s\n" % (n, PEOPLE)
                          for n in members)))
    directory.modify("dn: uid=%s,%s\nchangetype: modify\nreplace: cn\n"
                     "cn: =HYPERLINK(\"x\"), Ltd\n" % (names[3], PEOPLE))
    return names


@pytest.fixture(scope="module")
def site(directory, wave):
    s = Site(directory, start=False, corp="    realm: corp", factors="""
  local:
    plugin: file
    realm: local
    users: file:people
""")
    run(BUILD / "gateway/countersign", "-c", s.dir / "none.yml", "people",
        "add", "rescue-1", "--file", s.dir / "people", "--password-stdin",
        stdin="password\n")
    s.write(edit=rolled)
    s.command("init")
    s.start()
    yield s
    s.close()


def report(site, *words):
    r = site.command("report", "unenrolled", *words, check=False)
    return r, list(csv.DictReader(io.StringIO(r.stdout, newline="")))


def test_waves_and_report(site, wave):
    """The first wave enrols at its next login, the second is let in, and the
    report says who is left, since when, and until when."""
    first, second = [Person(site, n, "pw-u") for n in wave[1:3]]
    r = first.type_password(first.ask(site.url("wiki")))
    assert r.page.screen == 11, "no grace for this wave: %s" % r
    assert first.enrol(r).url == site.url("wiki")
    r = second.type_password(second.ask(site.url("wiki")))
    assert r.url == site.url("wiki") and second.name in r.text, r

    r, rows = report(site, "phone", "--groups", "wave1,wave2",
                     "--realm", "corp")
    assert r.returncode == 0 and r.stderr == "", r
    by = {row["subject"]: row for row in rows}
    assert set(by) == set(wave) - {first.name}, rows
    assert by[wave[0]]["group"] == "wave1"
    assert by[wave[0]]["last_login"] == by[wave[0]]["grace_until"] == ""
    assert by[second.name]["group"] == "wave2"
    assert by[second.name]["last_login"].startswith(
        datetime.datetime.now(datetime.timezone.utc).strftime("%Y-"))
    assert by[second.name]["grace_until"][:10] in (day(29), day(30))
    assert by[second.name]["mail"] or True
    # a spreadsheet takes no name for a formula
    assert by[wave[3]]["name"] == "'=HYPERLINK(\"x\"), Ltd"
    x = site.json("report", "unenrolled", "--groups", "wave1",
                  "--realm", "corp")
    assert x["listed"] == 2 and x["unenrolled"] == 1, x


def test_what_cannot_be_listed_is_said(site, wave):
    r, rows = report(site, "phone", "--groups", "wave1")
    assert r.returncode == 1 and len(rows) == 1, r
    assert "group wave1 of realm local is not in this report" in r.stderr
    r, rows = report(site, "--groups", "gone")
    assert r.returncode == 1 and rows == [], r
    assert "did not list it" in r.stderr, r
    r, _ = report(site, "--groups", "nope")
    assert r.returncode == 1 and "no group `nope`" in r.stderr, r
    r, _ = report(site, "corp")
    assert r.returncode == 1 and "not a second factor" in r.stderr, r
    r = site.command("report", check=False)
    assert r.returncode == 2, r
