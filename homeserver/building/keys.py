"""What clients need for end-to-end encryption, put together."""

from attrs import frozen

from homeserver.building.accounts import AccountsPart
from homeserver.client_api.cross_signing import CrossSigningEndpoints
from homeserver.client_api.dehydrated_devices import DehydratedDeviceEndpoints
from homeserver.client_api.key_backup import BackedUpKeyEndpoints, KeyBackupEndpoints
from homeserver.client_api.keys import KeyEndpoints
from homeserver.config.settings import Settings
from homeserver.devices.cross_signing import CrossSigning
from homeserver.devices.dehydrated import DehydratedDevices
from homeserver.devices.key_backups import KeyBackups
from homeserver.devices.key_changes import KeyChanges
from homeserver.devices.keys import Keys
from homeserver.devices.one_time_keys import OneTimeKeys
from homeserver.devices.signatures import Signatures
from homeserver.storage.database import Database


@frozen(kw_only=True)
class KeysPart:
    """`endpoints` belong to the resource `client`."""

    keys: Keys
    one_time_keys: OneTimeKeys
    endpoints: tuple[object, ...]


def build_keys(settings: Settings, db: Database, accounts: AccountsPart) -> KeysPart:
    keys = Keys(db, settings.server_name)
    one_time_keys = OneTimeKeys(db, settings.server_name)
    backups = KeyBackups(db)
    return KeysPart(
        keys=keys,
        one_time_keys=one_time_keys,
        endpoints=(
            KeyEndpoints(keys, one_time_keys, KeyChanges(db)),
            CrossSigningEndpoints(CrossSigning(db), Signatures(db), accounts.interactive_auth),
            KeyBackupEndpoints(backups),
            BackedUpKeyEndpoints(backups),
            DehydratedDeviceEndpoints(DehydratedDevices(db, accounts.devices)),
        ),
    )
