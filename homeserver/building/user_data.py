"""What belongs to users besides their accounts, put together."""

from attrs import frozen

from homeserver.building.delivery import to_device_elsewhere
from homeserver.building.ground import Ground
from homeserver.building.parts import Part
from homeserver.changes import AccountErased, ProfileChanged
from homeserver.client_api.account_data import AccountDataEndpoints
from homeserver.client_api.filters import FilterEndpoints
from homeserver.client_api.openid import OpenIdEndpoints
from homeserver.client_api.presence import PresenceEndpoints
from homeserver.client_api.profile import ProfileEndpoints
from homeserver.client_api.push_rules import PushRuleEndpoints
from homeserver.client_api.pushers import PusherEndpoints
from homeserver.client_api.tags import TagEndpoints
from homeserver.client_api.to_device import ToDeviceEndpoints
from homeserver.client_api.user_directory import UserDirectoryEndpoints
from homeserver.config.settings import Settings
from homeserver.devices.to_device import ToDevice
from homeserver.users.account_data import AccountData
from homeserver.users.acquaintances import Acquaintances
from homeserver.users.directory import UserDirectory
from homeserver.users.filters import Filters
from homeserver.users.openid import OpenId
from homeserver.users.presence import Presence
from homeserver.users.profiles import Elsewhere, Profiles, Propagate
from homeserver.users.push_rules import PushRules
from homeserver.users.pusher_kinds import EMAIL, HTTP, WEB_PUSH
from homeserver.users.pushers import Pushers
from homeserver.users.rate_limits import Limits
from homeserver.users.tags import Tags


@frozen(kw_only=True)
class UserDataPart(Part):
    """`endpoints` belong to the resource `client`; syncs need `filters` and `presence`."""

    filters: Filters
    presence: Presence
    profiles: Profiles
    pushers: Pushers
    openid: OpenId
    to_device: ToDevice
    endpoints: tuple[object, ...]

    async def start(self) -> None:
        await self.presence.start()


def build_user_data(
    ground: Ground, presence: Presence, propagate: Propagate, elsewhere: Elsewhere
) -> UserDataPart:
    """`propagate` takes a changed name or picture to the rooms of its user; `elsewhere` asks for
    profiles that are not here.
    """
    settings, world, db, notifier = ground.settings, ground.world, ground.db, ground.notifier
    filters = Filters(db)
    notifier.listen(ProfileChanged, presence.profile_changed)
    notifier.listen(AccountErased, presence.account_erased)
    profiles = Profiles(db, settings.profiles, propagate, elsewhere)
    openid = OpenId(db, world.clock, world.random, settings.server_name)
    carry = to_device_elsewhere(settings, world)
    if settings.user_directory.enabled:
        Acquaintances(settings.server_name, db).listen(notifier)
    limits = Limits(settings.rate_limits, world.clock)
    pushers = Pushers(db, world.clock, world.random, pusher_kinds(settings), limits)
    to_device = ToDevice(db, world.clock, settings.server_name, carry)
    return UserDataPart(
        filters=filters,
        presence=presence,
        profiles=profiles,
        pushers=pushers,
        openid=openid,
        to_device=to_device,
        endpoints=(
            ProfileEndpoints(profiles),
            AccountDataEndpoints(AccountData(db)),
            TagEndpoints(Tags(db)),
            FilterEndpoints(filters),
            PushRuleEndpoints(PushRules(db)),
            PusherEndpoints(pushers),
            PresenceEndpoints(presence),
            UserDirectoryEndpoints(UserDirectory(db, settings.user_directory)),
            ToDeviceEndpoints(to_device),
            OpenIdEndpoints(openid),
        ),
    )


def pusher_kinds(settings: Settings) -> frozenset[str]:
    """Those that this server serves."""
    kinds = {HTTP}
    if settings.push.web_push:
        kinds.update(WEB_PUSH)
    if settings.mail.host is not None:
        kinds.add(EMAIL)
    return frozenset(kinds)
