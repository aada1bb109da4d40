"""People without a login: their nicks follow their names on Matrix."""

from attrs import define, evolve

from bridges.kit.chats import Person
from bridges.networks.irc.names import guest_nick
from bridges.networks.irc.session import IrcSession


@define(eq=False)
class IrcGuest(IrcSession):
    async def present(self, person: Person) -> None:
        connection, _ = self._connected()
        nick = guest_nick(person, self._settings.guest_nick)
        self._login = evolve(self._login, name=nick)
        connection.account = self._account()
        self._company.ears.will_be_called(self._login.id, connection.fold(nick))
        await connection.write("NICK", nick)
