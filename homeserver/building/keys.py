"""What clients need for end-to-end encryption, put together."""

from attrs import frozen

from homeserver.building.accounts import AccountsPart
from homeserver.building.ground import Ground
from homeserver.building.parts import Part
from homeserver.building.peers import PeersPart
from homeserver.changes import DeviceListLost
from homeserver.client_api.cross_signing import CrossSigningEndpoints
from homeserver.client_api.dehydrated_devices import DehydratedDeviceEndpoints
from homeserver.client_api.key_backup import BackedUpKeyEndpoints, KeyBackupEndpoints
from homeserver.client_api.keys import KeyEndpoints
from homeserver.config.settings import Settings
from homeserver.delivery.followed_lists import FollowedLists
from homeserver.devices import claim_marks
from homeserver.devices.claim_marks import ClaimMarks
from homeserver.devices.cross_signing import CrossSigning
from homeserver.devices.dehydrated import DehydratedDevices
from homeserver.devices.elsewhere import RemoteKeys
from homeserver.devices.key_backups import KeyBackups
from homeserver.devices.key_changes import KeyChanges
from homeserver.devices.keys import Keys
from homeserver.devices.one_time_keys import OneTimeKeys
from homeserver.devices.resyncs import Resyncs
from homeserver.devices.serving import DevicesForServers
from homeserver.devices.signatures import Signatures
from homeserver.devices.tracking import Tracking
from homeserver.federation_api.devices import DeviceEndpoints, ToldOfDevices
from homeserver.storage.database import Database


@frozen(kw_only=True)
class KeysPart(Part):
    """`endpoints` belong to the resource `client`."""

    keys: Keys
    one_time_keys: OneTimeKeys
    endpoints: tuple[object, ...]
    _db: Database
    _marks: ClaimMarks

    async def start(self) -> None:
        await claim_marks.check(self._db, self._marks)

    async def stop(self) -> None:
        self._marks.close()


@frozen(kw_only=True)
class SharedKeys(Part):
    """Keys of users here and elsewhere; `endpoints` belong to the resource `federation`."""

    remote: RemoteKeys
    told: ToldOfDevices
    endpoints: tuple[object, ...]
    _resyncs: Resyncs

    async def start(self) -> None:
        self._resyncs.start()

    async def stop(self) -> None:
        self._resyncs.stop()


def build_claim_marks(settings: Settings) -> ClaimMarks:
    return ClaimMarks(claim_marks.place_of(settings.signing_key_path))


def build_keys(
    ground: Ground, accounts: AccountsPart, shared: SharedKeys | None, marks: ClaimMarks
) -> KeysPart:
    settings, db = ground.settings, ground.db
    remote = shared.remote if shared else None
    keys = Keys(db, settings.server_name, remote)
    one_time_keys = OneTimeKeys(db, settings.server_name, marks, remote)
    backups = KeyBackups(db)
    return KeysPart(
        keys=keys,
        one_time_keys=one_time_keys,
        endpoints=(
            KeyEndpoints(keys, one_time_keys, KeyChanges(db)),
            CrossSigningEndpoints(
                CrossSigning(db, ground.world.clock),
                Signatures(db),
                accounts.interactive_auth,
                accounts.approvals,
            ),
            KeyBackupEndpoints(backups),
            BackedUpKeyEndpoints(backups),
            DehydratedDeviceEndpoints(DehydratedDevices(db, accounts.devices)),
        ),
        db=db,
        marks=marks,
    )


def build_shared_keys(ground: Ground, peers: PeersPart, marks: ClaimMarks) -> SharedKeys | None:
    """None where this server talks to no others."""
    settings, world, db, notifier = ground.settings, ground.world, ground.db, ground.notifier
    if not settings.federation.enabled:
        return None
    name = settings.server_name
    tracking = Tracking(name, db)
    FollowedLists(tracking).listen(notifier)
    resyncs = Resyncs(tracking, peers.peers, peers.backoff, world.clock, world.random)
    notifier.listen(DeviceListLost, resyncs.lost)
    serving = DevicesForServers(
        db, name, OneTimeKeys(db, name, marks), settings.federation.show_device_names
    )
    return SharedKeys(
        remote=RemoteKeys(tracking, peers.peers),
        told=ToldOfDevices(tracking),
        endpoints=(DeviceEndpoints(serving),),
        resyncs=resyncs,
    )
