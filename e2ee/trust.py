"""Who is who: which devices and users we believe. Spec: "Cross-signing"."""

from attrs import define

from e2ee.device_lists import DeviceLists
from e2ee.devices import Device
from e2ee.errors import IdentityChanged, NotPossible
from e2ee.happenings import Trust
from e2ee.signing import is_signed


@define
class TrustWeb:
    """Our own master key, once verified, is the root of everything."""

    own_user_id: str
    _lists: DeviceLists

    def is_own_identity_verified(self) -> bool:
        identity = self._lists.identity(self.own_user_id)
        return identity is not None and self._own_root() == identity.master

    def verify_own_identity(self, master: str) -> None:
        """We hold its private key, or somebody with whom we verified told us so."""
        self._lists.note(self.own_user_id, root=master, first_master=master, changed=False)

    def is_verified(self, user_id: str) -> bool:
        """Whether a user's identity is signed by ours, through our user-signing key."""
        if user_id == self.own_user_id:
            return self.is_own_identity_verified()
        ours, theirs = self._lists.identity(self.own_user_id), self._lists.identity(user_id)
        if ours is None or theirs is None or ours.user_signing is None:
            return False
        return self.is_own_identity_verified() and is_signed(
            theirs.master_keys, self.own_user_id, ours.user_signing
        )

    def of(self, device: Device) -> Trust:
        mark = self._lists.mark(device)
        if mark == "blocked":
            return Trust.BLOCKED
        if mark == "verified":
            return Trust.VERIFIED
        identity = self._lists.identity(device.user_id)
        if identity is None or not is_signed(device.keys, device.user_id, identity.self_signing):
            return Trust.UNSIGNED
        if self.is_verified(device.user_id):
            return Trust.VERIFIED
        if self.is_changed(device.user_id):
            return Trust.CHANGED
        return Trust.CROSS_SIGNED

    def is_changed(self, user_id: str) -> bool:
        """Whether the user has another identity than at first, and nobody has accepted it."""
        return bool(self._lists.fact(user_id, "changed")) and not self.is_verified(user_id)

    def remember_verified(self, user_id: str) -> None:
        """Somebody whom we verified may not change quietly."""
        if self.is_verified(user_id) and not self._lists.fact(user_id, "was_verified"):
            self._lists.note(user_id, was_verified=True)

    def check_unchanged(self, user_id: str) -> None:
        """Raises IdentityChanged for a verified user who is not whom we verified any more."""
        if self._lists.fact(user_id, "was_verified") and not self.is_verified(user_id):
            raise IdentityChanged(
                f"{user_id} has another identity than the one you verified. "
                "Verify it again, or acknowledge the change."
            )

    def acknowledge(self, user_id: str) -> None:
        """Go on with the user's present identity, unverified."""
        identity = self._lists.identity(user_id)
        if identity is None:
            raise NotPossible(f"{user_id} has no identity.")
        self._lists.note(user_id, was_verified=False, changed=False, first_master=identity.master)

    def _own_root(self) -> str | None:
        root = self._lists.fact(self.own_user_id, "root")
        return root if isinstance(root, str) else None
