#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""samba-people.py DIR: the people and groups of tests/peers/samba.sh

In one process, for samba-tool takes a second for each. Passwords are
Pw.NAME.12345; everybody is CN=NAME below CN=Users.
"""
import sys

from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB
from ldb import FLAG_MOD_ADD, FLAG_MOD_REPLACE, Dn, Message, MessageElement

DIR = sys.argv[1]
BASE = "DC=ad,DC=example,DC=com"
PEOPLE = ("svc", "alice", "bob", "carol", "disabled", "acctexp",
          "mustchange", "hours", "locked", "oldpw", "chg-must", "chg-old",
          "chg-soon")


def database(path):
    lp = LoadParm()
    lp.load(DIR + "/etc/smb.conf")
    return SamDB(url=path, session_info=system_session(), lp=lp)


def put(db, name, attribute, *values):
    m = Message()
    m.dn = Dn(db, "CN=%s,CN=Users,%s" % (name, BASE))
    m[attribute] = MessageElement(list(values), FLAG_MOD_REPLACE, attribute)
    db.modify(m)


def domain(db, **values):
    m = Message()
    m.dn = Dn(db, BASE)
    for name, value in values.items():
        m[name] = MessageElement([value], FLAG_MOD_REPLACE, name)
    db.modify(m)


sam = database(DIR + "/private/sam.ldb")
domain(sam, minPwdAge="0", lockoutThreshold="3")
for person in PEOPLE:
    sam.newuser(person, "Pw.%s.12345" % person, givenname=person,
                surname="Test", mailaddress=person + "@example.com")
sam.setexpiry("(sAMAccountName=svc)", 0, no_expiry_req=True)
put(sam, "alice", "displayName", "Alice Liddell")
put(sam, "bob", "displayName", "山田 太郎")
put(sam, "disabled", "userAccountControl", "514")
put(sam, "acctexp", "accountExpires", "131000000000000000")
put(sam, "hours", "logonHours", b"\0" * 21)
for person in ("mustchange", "chg-must"):
    put(sam, person, "pwdLastSet", "0")
for group in ("g-leaf", "g-mid", "g-top", "g-other", "g-primary"):
    sam.newgroup(group)
for group, member in (("g-leaf", "alice"), ("g-mid", "g-leaf"),
                      ("g-top", "g-mid"), ("g-leaf", "g-top"),
                      ("g-other", "bob"), ("g-primary", "carol")):
    sam.add_remove_group_members(group, [member], add_members_operation=True)
found = sam.search(BASE, expression="(sAMAccountName=g-primary)",
                   attrs=["primaryGroupToken"])
put(sam, "carol", "primaryGroupID", str(found[0]["primaryGroupToken"]))
# a service of Samba's that is not started here would do this
m = Message()
m.dn = Dn(sam, "CN=DC1,OU=Domain Controllers," + BASE)
m["servicePrincipalName"] = MessageElement(
    ["ldap/dc1.ad.example.com"], FLAG_MOD_ADD, "servicePrincipalName")
sam.modify(m)
# a past pwdLastSet is refused by the front door
raw = database("%s/private/sam.ldb.d/%s.ldb" % (DIR, BASE.upper()))
for person in ("oldpw", "chg-old"):
    put(raw, person, "pwdLastSet", "131000000000000000")
