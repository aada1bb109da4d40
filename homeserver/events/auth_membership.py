"""Who may join, invite, leave, kick, ban and knock. Spec: room version 12, rule 5."""

from attrs import frozen

from homeserver.events.event import Event
from homeserver.events.membership import RoomState, join_rule_in, membership_in
from homeserver.events.power_levels import PowerLevels
from homeserver.events.problems import AuthError
from homeserver.events.third_party_invites import authorize_third_party_invite


def authorize_membership(
    event: Event, state: RoomState, create: Event, levels: PowerLevels
) -> None:
    if event.state_key is None or "membership" not in event.content:
        raise AuthError("A membership event must say whose membership it is, and which.")
    change = _Change(event, event.state_key, state, levels)
    if event.membership == "join":
        change.authorize_join(create)
    elif event.membership == "invite":
        change.authorize_invite()
    elif event.membership == "leave":
        change.authorize_leave()
    elif event.membership == "ban":
        change.authorize_ban()
    elif event.membership == "knock" and event.version.knock:
        change.authorize_knock()
    else:
        raise AuthError("This room knows no such membership.")


@frozen
class _Change:
    event: Event
    target: str
    state: RoomState
    levels: PowerLevels

    def authorize_join(self, create: Event) -> None:
        """Rule 5.3."""
        if self._is_first_join(create):
            return
        if not self._is_of_sender:
            raise AuthError("Nobody can join for somebody else.")
        membership = membership_in(self.state, self.target)
        if membership == "ban":
            raise AuthError("You are banned from this room.")
        rule = join_rule_in(self.state)
        if rule == "public":
            return
        if rule not in self.event.version.join_rules:
            raise AuthError("Nobody can join this room.")
        if membership in ("invite", "join"):
            return
        if rule not in ("restricted", "knock_restricted"):
            raise AuthError("You are not invited to this room.")
        self._check_authorising_user()

    def authorize_invite(self) -> None:
        """Rule 5.4."""
        target = membership_in(self.state, self.target)
        if "third_party_invite" in self.event.content:
            if target == "ban":
                raise AuthError(f"{self.target} is banned from this room.")
            return authorize_third_party_invite(self.event, self.state)
        self._check_sender_is_joined()
        if target == "ban":
            raise AuthError(f"{self.target} is banned from this room.")
        if target == "join":
            raise AuthError(f"{self.target} is already in the room.")
        if self._power < self.levels.invite:
            raise AuthError("You do not have the power to invite users.")

    def authorize_leave(self) -> None:
        """Rule 5.5: leaving, declining, kicking and unbanning."""
        target = membership_in(self.state, self.target)
        if self._is_of_sender:
            knocked = target == "knock" and self.event.version.knock
            if target not in ("invite", "join") and not knocked:
                raise AuthError("You are not in this room.")
            return
        self._check_sender_is_joined()
        if target == "ban" and self._power < self.levels.ban:
            raise AuthError("You do not have the power to unban users.")
        if self._power < self.levels.kick:
            raise AuthError("You do not have the power to remove users.")
        self._check_target_is_weaker()

    def authorize_ban(self) -> None:
        """Rule 5.6."""
        self._check_sender_is_joined()
        if self._power < self.levels.ban:
            raise AuthError("You do not have the power to ban users.")
        self._check_target_is_weaker()

    def authorize_knock(self) -> None:
        """Rule 5.7."""
        rule = join_rule_in(self.state)
        knockable = rule == "knock" or (
            rule == "knock_restricted" and self.event.version.knock_restricted
        )
        if not knockable:
            raise AuthError("This room does not take knocks.")
        if not self._is_of_sender:
            raise AuthError("Nobody can knock for somebody else.")
        membership = membership_in(self.state, self.target)
        if membership == "ban":
            raise AuthError("You are banned from this room.")
        if membership in ("invite", "join"):
            raise AuthError("You are already invited to this room, or in it.")

    @property
    def _power(self) -> int | float:
        return self.levels.user(self.event.sender)

    @property
    def _is_of_sender(self) -> bool:
        return self.event.sender == self.target

    def _is_first_join(self, create: Event) -> bool:
        """Rule 5.3.1: the creator enters a room that has only been created."""
        version = self.event.version
        creator = create.sender if version.creator_is_sender else create.content.get("creator")
        return self.event.prev_events == (create.event_id,) and self.target == creator

    def _check_sender_is_joined(self) -> None:
        if membership_in(self.state, self.event.sender) != "join":
            raise AuthError("You must be in the room to do this.")

    def _check_target_is_weaker(self) -> None:
        if self.levels.user(self.target) >= self._power:
            raise AuthError(f"{self.target} has at least as much power as you.")

    def _check_authorising_user(self) -> None:
        """Rule 5.3.5.2; the signature of their server is checked with the other signatures."""
        authoriser = self.event.content.get("join_authorised_via_users_server")
        if not isinstance(authoriser, str):
            raise AuthError(
                "You are not invited to this room, nor in a room that would let you in."
            )
        if membership_in(self.state, authoriser) != "join":
            raise AuthError(f"{authoriser} let you in, but is not in the room.")
        if self.levels.user(authoriser) < self.levels.invite:
            raise AuthError(f"{authoriser} let you in, but may not invite users.")
