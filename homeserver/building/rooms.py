"""What happens in rooms, put together."""

from attrs import frozen

from homeserver.building.appservices import Asking
from homeserver.building.ground import Ground
from homeserver.building.peers import PeersPart
from homeserver.building.shared_rooms import SharedRooms, build_shared_rooms
from homeserver.building.world import World
from homeserver.client_api.aliases import AliasEndpoints
from homeserver.client_api.batches import BatchEndpoints
from homeserver.client_api.directory import DirectoryEndpoints
from homeserver.client_api.membership import EnteringEndpoints, LeavingEndpoints
from homeserver.client_api.room_creation import RoomCreationEndpoints
from homeserver.client_api.upgrades import UpgradeEndpoints
from homeserver.config.settings import Settings
from homeserver.rooms.aliases import Aliases
from homeserver.rooms.author import Author
from homeserver.rooms.batches import Batches
from homeserver.rooms.creation import Creation, CreationRules
from homeserver.rooms.deleting import Deleting
from homeserver.rooms.directory import Directory
from homeserver.rooms.inviting import Inviting
from homeserver.rooms.joining import Joining
from homeserver.rooms.knocking import Knocking
from homeserver.rooms.leaving import Leaving
from homeserver.rooms.member_events import MemberEvents
from homeserver.rooms.opening import Opening
from homeserver.rooms.policy_servers import PolicyServers
from homeserver.rooms.profile_changes import ProfileChanges
from homeserver.rooms.receipts import Receipts
from homeserver.rooms.remote import NoRemoteRooms, RemoteRooms
from homeserver.rooms.removing import Removing
from homeserver.rooms.state_checks import StateChecks
from homeserver.rooms.timeline import Appended
from homeserver.rooms.typing import Typing
from homeserver.rooms.upgrades import Upgrades
from homeserver.signing_key import load_or_make
from homeserver.storage import profiles
from homeserver.storage.database import Database
from homeserver.storage.search import index_of
from homeserver.users.appservices import AppServices


@frozen(kw_only=True)
class RoomsPart:
    """`endpoints` belong to the resource `client`; syncs show `typing` and `receipts`."""

    typing: Typing
    receipts: Receipts
    leaving: Leaving
    profile_changes: ProfileChanges
    author: Author
    checks: StateChecks
    aliases: Aliases
    directory: Directory
    shared: SharedRooms | None
    members: MemberEvents
    joining: Joining
    endpoints: tuple[object, ...]


@frozen(kw_only=True)
class Foundations:
    """What all of it stands on."""

    settings: Settings
    world: World
    db: Database
    author: Author
    members: MemberEvents
    checks: StateChecks
    aliases: Aliases
    remote: RemoteRooms
    shared: SharedRooms | None
    services: AppServices


def build_rooms(ground: Ground, asking: Asking, peers: PeersPart) -> RoomsPart:
    settings, world, db, notifier = ground.settings, ground.world, ground.db, ground.notifier
    it = lay_foundations(ground, asking, peers)
    leaving = Leaving(db, it.members, it.remote)
    directory = Directory(db)
    notifier.listen(Appended, directory.note)
    return RoomsPart(
        typing=Typing(db, world.clock, notifier),
        receipts=Receipts(db, world.clock),
        leaving=leaving,
        profile_changes=ProfileChanges(db, it.members),
        author=it.author,
        checks=it.checks,
        aliases=it.aliases,
        directory=directory,
        shared=it.shared,
        members=it.members,
        joining=Joining(db, it.members, it.aliases, it.remote),
        endpoints=(
            LeavingEndpoints(leaving, Removing(db, it.members)),
            AliasEndpoints(it.aliases),
            DirectoryEndpoints(directory, it.remote, settings.server_name),
            *ways_in(it),
        ),
    )


def lay_foundations(ground: Ground, asking: Asking, peers: PeersPart) -> Foundations:
    settings, world, db = ground.settings, ground.world, ground.db
    signing_key = load_or_make(settings.signing_key_path, world.random)
    policy = PolicyServers(peers.peers, world.clock) if settings.federation.enabled else None
    author = Author(settings.server_name, signing_key, world.clock, world.random, policy)
    shared = build_shared_rooms(ground, author, peers, policy) if policy else None
    services, questions = asking.services, asking.questions
    remote: RemoteRooms = shared.remote if shared else NoRemoteRooms()
    return Foundations(
        settings=settings,
        world=world,
        db=db,
        author=author,
        members=MemberEvents(author, profiles.for_member_event),
        checks=StateChecks(settings.server_name, services.knows_user, remote, questions.make_user),
        aliases=Aliases(db, author, remote, services.alias_is_closed_to, questions.make_room),
        remote=remote,
        shared=shared,
        services=services,
    )


def ways_in(it: Foundations) -> tuple[object, ...]:
    opening = Opening(it.members, it.world.clock, it.world.random)
    inviting = Inviting(it.db, it.members, it.checks, it.remote)
    rules = CreationRules(it.checks, it.settings.rooms.encryption_by_default)
    creation = Creation(it.db, opening, it.aliases, inviting, rules)
    return (
        RoomCreationEndpoints(
            creation,
            it.settings.server_name,
            it.settings.rooms.default_room_version,
            it.services.may_speak,
        ),
        BatchEndpoints(
            Batches(it.db, it.world.clock, it.author, it.services.may_speak),
            Deleting(it.db, it.members, index_of(it.db.dialect.name)),
        ),
        UpgradeEndpoints(Upgrades(it.db, opening)),
        EnteringEndpoints(
            Joining(it.db, it.members, it.aliases, it.remote),
            Knocking(it.db, it.members, it.aliases, it.remote),
            inviting,
        ),
    )
