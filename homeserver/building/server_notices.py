"""What the server says to its users, put together."""

from attrs import frozen

from homeserver.accounts_web.addresses import DEVICE
from homeserver.admin_api.server_notices import ServerNoticeEndpoints
from homeserver.building.accounts import AccountsPart
from homeserver.building.ground import Ground
from homeserver.building.parts import Part
from homeserver.building.rooms import RoomsPart
from homeserver.building.world import World
from homeserver.changes import SignedIn
from homeserver.config.settings import Settings
from homeserver.rooms.member_events import MemberEvents
from homeserver.rooms.opening import Opening
from homeserver.rooms.sending import Sending
from homeserver.rooms.server_notices import ServerNotices
from homeserver.storage import profiles
from homeserver.users.account_letters import AccountLetters
from homeserver.users.accounts import Accounts
from homeserver.users.sign_in_news import SignInNews


@frozen(kw_only=True)
class ServerNoticesPart(Part):
    """`endpoints` belong to the resource `client`."""

    notices: ServerNotices
    endpoints: tuple[object, ...]
    _accounts: Accounts
    _settings: Settings
    _world: World

    async def start(self) -> None:
        settings = self._settings.rooms.server_notices
        if settings.localpart is not None:
            now_ms = self._world.clock.now_ms()
            await self._accounts.add_system_user(self.notices.sender, settings.display_name, now_ms)


def build_server_notices(
    ground: Ground, rooms: RoomsPart, accounts: AccountsPart
) -> ServerNoticesPart:
    settings, world, db = ground.settings, ground.world, ground.db
    members = MemberEvents(rooms.author, profiles.for_member_event)
    opening = Opening(members, world.clock, world.random)
    sending = Sending(db, rooms.author, rooms.checks)
    wanted = settings.rooms.server_notices
    sender = f"@{wanted.localpart or 'notices'}:{settings.server_name}"
    notices = ServerNotices(db, opening, sending, wanted, sender)
    if settings.sessions.tell_new_ones and (accounts.mail or wanted.localpart):
        mail = accounts.mail
        letters = mail.letters if mail else AccountLetters(settings.server_name)
        page = settings.baseurl + DEVICE if settings.has_oauth else ""
        addresses = mail.addresses if mail else None
        news = SignInNews(db, world.clock, letters, notices.tell, addresses, page)
        ground.notifier.listen(SignedIn, news.tell)
    return ServerNoticesPart(
        notices=notices,
        endpoints=(ServerNoticeEndpoints(notices),),
        accounts=accounts.accounts,
        settings=settings,
        world=world,
    )
