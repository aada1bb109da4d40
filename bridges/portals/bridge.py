"""A bridge put together."""

from attrs import define, frozen

from bridges.matrix.batches import Batches
from bridges.matrix.puppeteer import Puppeteer
from bridges.matrix.transactions import Push
from bridges.portals.addresses import Addresses
from bridges.portals.arrivals import Arrivals, Carriers
from bridges.portals.changes import Changes
from bridges.portals.chat_commands import ChatCommands
from bridges.portals.commands import Commands
from bridges.portals.deliveries import Deliveries
from bridges.portals.departures import Departures, Speakers
from bridges.portals.encryption import Encryption
from bridges.portals.entrance import Entrance
from bridges.portals.expiry import Expiry
from bridges.portals.furnishing import Furnishing
from bridges.portals.gaps import Gaps
from bridges.portals.ghosts import Ghosts
from bridges.portals.ground import Ground
from bridges.portals.histories import Histories
from bridges.portals.login_commands import LoginCommands
from bridges.portals.meter import Meter
from bridges.portals.notices import Notices
from bridges.portals.pages import Pages
from bridges.portals.passing import PassingThings
from bridges.portals.permissions import Permissions
from bridges.portals.plumbing import Plumbing
from bridges.portals.profiles import Pictures, Profiles
from bridges.portals.puppet_commands import PuppetCommands
from bridges.portals.puppets import Puppets
from bridges.portals.reactions import Reactions
from bridges.portals.reading import Closed, Reading
from bridges.portals.reception import Reception
from bridges.portals.replies import Replies
from bridges.portals.rooms import Company, PortalRooms
from bridges.portals.sessions import Sessions
from bridges.portals.signs import Signs
from bridges.portals.spaces import Spaces
from bridges.portals.statuses import Statuses
from bridges.portals.succession import Succession
from bridges.portals.utterances import Utterances
from bridges.portals.voices import Voices
from bridges.portals.wishes import Wishes


@frozen
class Doors:
    """What a homeserver may offer besides: encryption for services, speaking for people."""

    encryption: Encryption | None = None
    puppeteer: Puppeteer | None = None
    history: int = 1000
    """So many old messages of each chat are brought over."""
    tidies: bool = False
    """Rooms that no login serves any more are left."""
    shows_delivery: bool = False
    """Of each message is said, to clients that show it, that it is on somebody's device."""


@define(eq=False)
class Bridge:
    ground: Ground
    sessions: Sessions
    commands: Commands
    arrivals: Arrivals
    departures: Departures
    passing: PassingThings
    reading: Reading
    encryption: Encryption | None
    puppets: Puppets
    meter: Meter
    entrance: Entrance
    reception: Reception
    expiry: Expiry
    histories: Histories
    succession: Succession

    @classmethod
    def build(
        cls, ground: Ground, permissions: Permissions, doors: "Doors | None" = None
    ) -> "Bridge":
        doors = doors or Doors()
        ghosts = Ghosts(ground)
        sessions = Sessions(ground, Notices(ground).tell)
        puppets = Puppets(ground, sessions, doors.puppeteer)
        addresses, pictures = Addresses(ground.names, sessions), Pictures(ground)
        furnishing = Furnishing(ground, addresses, pictures)
        voices, expiry = Voices(ground, ghosts, puppets), Expiry(ground)
        batches = Batches(ground.rooms.client, ground.rooms.sealing)
        pages = Pages(ground, voices, addresses)
        histories = Histories(ground, sessions, pages, batches, doors.history)
        company = Company(Spaces(ground), puppets, histories)
        portals = PortalRooms(ground, ghosts, furnishing, company)
        statuses = Statuses(ground)
        succession = Succession(ground, sessions, portals, doors.tidies)
        carriers = Carriers(
            portals,
            Deliveries(ground, voices, expiry),
            Changes(ground, ghosts, voices, portals, furnishing),
            Signs(ground, ghosts, voices, statuses if doors.shows_delivery else None),
            addresses,
            Profiles(ground, ghosts, pictures),
        )
        reading = Reading(ground, doors.encryption or Closed())
        replies, entrance = Replies(ground), Entrance(ground, sessions)
        reception = Reception(ground, sessions, portals, succession)
        logins = LoginCommands(ground, sessions, replies, entrance, succession)
        chats = ChatCommands(ground, sessions, succession, replies, reception)
        plumbing = Plumbing(ground, portals, reception, replies, permissions)
        puppet = PuppetCommands(ground, replies)
        deeds = logins.deeds() | chats.deeds() | plumbing.deeds() | puppet.deeds()
        commands = Commands(ground, permissions, replies, logins, deeds)
        speakers = Speakers(
            Utterances(ground, addresses, Reactions(ground)),
            Wishes(ground, addresses),
            statuses,
            commands.handle,
            expiry,
            entrance,
        )
        return cls(
            ground,
            sessions,
            commands,
            Arrivals(ground, sessions, carriers, Gaps(ground), succession),
            Departures(ground, sessions, permissions, speakers, reading),
            PassingThings(ground, sessions, puppets),
            reading,
            doors.encryption,
            puppets,
            Meter(ground, sessions),
            entrance,
            reception,
            expiry,
            histories,
            succession,
        )

    async def start(self) -> None:
        await self.ground.accounts.register(self.ground.names.bot[1:].split(":")[0])
        if self.encryption is not None:
            await self.encryption.start(self.reading.key_arrived)
        await self.reading.start(self.departures.look)
        await self.sessions.start(self.arrivals)
        await self.arrivals.start()
        await self.departures.start()
        await self.expiry.start()
        await self.histories.start()
        await self.succession.start()

    async def stop(self) -> None:
        await self.sessions.stop()
        await self.commands.stop()
        await self.passing.stop()
        await self.departures.stop()
        await self.arrivals.stop()
        await self.expiry.stop()
        await self.histories.stop()
        await self.succession.stop()
        await self.reading.stop()
        if self.encryption is not None:
            await self.encryption.stop()

    async def accept(self, push: Push) -> None:
        """Keys first, so that what comes with them can be read."""
        if self.encryption is not None:
            await self.encryption.accept(push.whole, push.events)
        self.ground.rooms.members.forget_changed(push.events)
        events = [one for one in push.events if not self.puppets.is_echo(one)]
        await self.departures.accept(push.id, events)
        self.passing.accept(push.ephemeral)
