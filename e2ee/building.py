"""Builds the parts of a machine once, and gives each what it needs."""

from attrs import frozen

from e2ee.author_requests import AuthorRequests, GivingAgain
from e2ee.backup import Backup
from e2ee.claims import Claims
from e2ee.device_lists import DeviceLists
from e2ee.history import Giving, Taking
from e2ee.identity import OwnIdentity
from e2ee.inbox import Handlers, Inbox, KeyHandlers, OwnHandlers
from e2ee.key_requests import KeyRequests, SecretRequests
from e2ee.means import Means
from e2ee.olm_channel import OlmChannel
from e2ee.outgoing import Outgoing
from e2ee.own_device import OwnDevice
from e2ee.own_devices import OwnDevices
from e2ee.ratchets.ratchet import Ratchets
from e2ee.reading import Reading
from e2ee.records import Records
from e2ee.requests import Asker
from e2ee.room_keys import RoomKeys
from e2ee.room_messages import RoomMessages
from e2ee.rooms import Rooms
from e2ee.sharing import Channels, OwnSessions, Recipients, ShareWith, Sharing
from e2ee.sleepers import Sleepers
from e2ee.trust import TrustWeb
from e2ee.vault import Random
from e2ee.verification.verifications import Believers, Verifications


@frozen
class Parts:
    own: OwnDevice
    lists: DeviceLists
    trust: TrustWeb
    rooms: Rooms
    outgoing: Outgoing
    recipients: Recipients
    sharing: Sharing
    messages: RoomMessages
    reading: Reading
    inbox: Inbox
    key_requests: KeyRequests
    author_requests: AuthorRequests
    giving_again: GivingAgain
    secret_requests: SecretRequests
    identity: OwnIdentity
    backup: Backup
    giving: Giving
    taking: Taking
    keys: RoomKeys
    sleepers: Sleepers
    verifications: Verifications
    askers: tuple[Asker, ...]


def build(
    user_id: str, device_id: str, records: Records, ratchets: Ratchets, random: Random
) -> Parts:
    own = OwnDevice(user_id, device_id, records, ratchets)
    lists = DeviceLists(user_id, records)
    trust = TrustWeb(user_id, lists)
    rooms = Rooms(records)
    outgoing = Outgoing(records, random)
    channel = OlmChannel(own, lists, records, ratchets)
    claims = Claims(lists, channel, outgoing, records, random)
    channels = Channels(claims, channel, outgoing)
    keys = RoomKeys(records, ratchets)
    recipients = Recipients(own, lists, trust, ShareWith.IDENTIFIED)
    sessions = OwnSessions(own, keys, records, ratchets)
    sharing = Sharing(rooms, recipients, channels, keys, sessions)
    messages = RoomMessages(rooms, sharing, outgoing, records)
    means = Means(records, outgoing, random)
    devices = OwnDevices(own, lists, trust)
    identity = OwnIdentity(devices, means)
    key_requests = KeyRequests(devices, keys, channels, records, random)
    author_requests = AuthorRequests(own, keys, means)
    giving_again = GivingAgain(lists, keys, sessions, channels, records)
    secret_requests = SecretRequests(devices, channels, records, random)
    believers = Believers(own, lists, trust, identity)
    verifications = Verifications(believers, outgoing, random, messages.send)
    taking = Taking(user_id, keys, records)
    handlers = Handlers(
        KeyHandlers(lists, keys, taking, author_requests, giving_again),
        OwnHandlers(key_requests, secret_requests, identity),
        verifications,
    )
    return Parts(
        own=own,
        lists=lists,
        trust=trust,
        rooms=rooms,
        outgoing=outgoing,
        recipients=recipients,
        sharing=sharing,
        messages=messages,
        reading=Reading(lists, trust, keys, records),
        inbox=Inbox(records, channel, claims, trust, handlers),
        key_requests=key_requests,
        author_requests=author_requests,
        giving_again=giving_again,
        secret_requests=secret_requests,
        identity=identity,
        backup=Backup(devices, identity, keys, means),
        giving=Giving(lists, trust, rooms, keys, channels),
        taking=taking,
        keys=keys,
        sleepers=Sleepers(own, identity, keys, ratchets, means),
        verifications=verifications,
        askers=(own, lists, rooms, claims, outgoing),
    )
