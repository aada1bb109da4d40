"""The names of XML that are read and written. Each is of the XEP that its comment gives."""

CLIENT = "jabber:client"
STANZA_ERRORS = "urn:ietf:params:xml:ns:xmpp-stanzas"
MUC = "http://jabber.org/protocol/muc"  # 0045
MUC_USER = f"{MUC}#user"
MUC_ADMIN = f"{MUC}#admin"
MUC_OWNER = f"{MUC}#owner"
DATA = "jabber:x:data"  # 0004
DISCO_INFO = "http://jabber.org/protocol/disco#info"  # 0030
DISCO_ITEMS = "http://jabber.org/protocol/disco#items"
ROSTER = "jabber:iq:roster"
VCARD = "vcard-temp"  # 0054
VCARD_UPDATE = "vcard-temp:x:update"  # 0153
OOB = "jabber:x:oob"  # 0066
STATES = "http://jabber.org/protocol/chatstates"  # 0085
RECEIPTS = "urn:xmpp:receipts"  # 0184
PING = "urn:xmpp:ping"  # 0199
DELAY = "urn:xmpp:delay"  # 0203
INVITE = "jabber:x:conference"  # 0249
CARBONS = "urn:xmpp:carbons:2"  # 0280
FORWARD = "urn:xmpp:forward:0"  # 0297
CORRECT = "urn:xmpp:message-correct:0"  # 0308
MAM = "urn:xmpp:mam:2"  # 0313
RSM = "http://jabber.org/protocol/rsm"  # 0059
MARKERS = "urn:xmpp:chat-markers:0"  # 0333
HINTS = "urn:xmpp:hints"  # 0334
IDS = "urn:xmpp:sid:0"  # 0359
UPLOAD = "urn:xmpp:http:upload:0"  # 0363
OMEMO = ("eu.siacs.conversations.axolotl", "urn:xmpp:omemo:2")  # 0384
OCCUPANT = "urn:xmpp:occupant-id:0"  # 0421
RETRACT = "urn:xmpp:message-retract:1"  # 0424
RETRACT_OLD = "urn:xmpp:message-retract:0"
FASTEN = "urn:xmpp:fasten:0"  # 0422
FALLBACK = "urn:xmpp:fallback:0"  # 0428
REACTIONS = "urn:xmpp:reactions:0"  # 0444
REPLY = "urn:xmpp:reply:0"  # 0461


def tag(space: str, name: str) -> str:
    return f"{{{space}}}{name}"
