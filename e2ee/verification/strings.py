"""Comparing short strings: what one side of the exchange knows and says. Spec: "m.sas.v1"."""

from attrs import define

from e2ee.devices import Device
from e2ee.encoding import JsonObject, field, optional
from e2ee.errors import VerificationRefused
from e2ee.vault import Random
from e2ee.verification.sas import (
    HKDF_AGREEMENT,
    MAC,
    OLD_MAC,
    Agreement,
    Party,
    commitment,
    commitments,
    decimals,
    emoji,
)

SAS = "m.sas.v1"
OFFER: JsonObject = {
    "method": SAS,
    "key_agreement_protocols": [HKDF_AGREEMENT],
    "hashes": ["sha256"],
    "message_authentication_codes": [MAC, OLD_MAC],
    "short_authentication_string": ["decimal", "emoji"],
}


@define
class Keys:
    """What is being verified, fixed at the beginning."""

    our_device: str
    our_master: str | None
    their_device: Device
    their_master: str | None


@define
class Comparison:
    """Whoever started shows a key after the other one has committed to its own."""

    ours: Party
    theirs: Party
    id: str
    we_started: bool
    _start: JsonObject
    _agreement: Agreement | None = None
    _commitment: str = ""
    _mac_method: str = MAC
    _strings: tuple[str, ...] = ()
    their_mac: JsonObject | None = None
    sent_mac: bool = False

    # Agreeing on a secret

    def answer(self, random: Random) -> JsonObject:
        """The accept to their start."""
        macs = optional(self._start, "message_authentication_codes", list, [])
        strings = optional(self._start, "short_authentication_string", list, [])
        protocols = optional(self._start, "key_agreement_protocols", list, [])
        fits = HKDF_AGREEMENT in protocols and "decimal" in strings
        fits = fits and "sha256" in optional(self._start, "hashes", list, [])
        method = next((one for one in (MAC, OLD_MAC) if one in macs), None)
        if not fits or method is None:
            raise VerificationRefused("m.unknown_method", "We have no method in common.")
        self._agree(method, strings, random)
        assert self._agreement is not None
        return {
            "method": SAS,
            "key_agreement_protocol": HKDF_AGREEMENT,
            "hash": "sha256",
            "message_authentication_code": method,
            "short_authentication_string": list(self._strings),
            "commitment": commitment(self._agreement.our_key, self._start),
        }

    def take_accept(self, content: JsonObject, random: Random) -> JsonObject:
        """The key to show in return."""
        if not self.we_started or self._agreement is not None:
            raise VerificationRefused("m.unexpected_message", "Nothing is to be accepted.")
        method = content.get("message_authentication_code")
        strings = optional(content, "short_authentication_string", list, [])
        known = method in (MAC, OLD_MAC) and bool({"decimal", "emoji"} & texts(strings))
        chosen = (content.get("key_agreement_protocol"), content.get("hash"))
        if not known or chosen != (HKDF_AGREEMENT, "sha256"):
            raise VerificationRefused("m.unknown_method", "We did not offer that.")
        self._commitment = field(content, "commitment", str)
        self._agree(str(method), strings, random)
        return self._our_key()

    def take_key(self, content: JsonObject) -> JsonObject | None:
        """Our key in return, unless it was shown before."""
        if self._agreement is None or self.has_met:
            raise VerificationRefused("m.unexpected_message", "No key is awaited.")
        key = field(content, "key", str)
        if self.we_started and self._commitment.rstrip("=") not in commitments(key, self._start):
            raise VerificationRefused("m.mismatched_commitment", "The key was exchanged.")
        self._agreement.meet(key)
        return None if self.we_started else self._our_key()

    @property
    def has_met(self) -> bool:
        return self._agreement is not None and bool(self._agreement.their_key)

    @property
    def emoji(self) -> list[tuple[str, str]] | None:
        return emoji(self._string()) if "emoji" in self._strings and self.has_met else None

    @property
    def decimals(self) -> tuple[int, int, int] | None:
        return decimals(self._string()) if self.has_met else None

    # Proving the keys

    def take_mac(self, content: JsonObject) -> None:
        if not self.has_met or self.their_mac is not None:
            raise VerificationRefused("m.unexpected_message", "No MAC is awaited.")
        field(content, "mac", dict)
        field(content, "keys", str)
        self.their_mac = content

    def our_mac(self, keys: Keys) -> JsonObject | None:
        """Once. By the old method, which is written in two ways, as they write it: after theirs."""
        if self.sent_mac or (self._mac_method == OLD_MAC and self.their_mac is None):
            return None
        named = {f"ed25519:{self.ours.device_id}": keys.our_device}
        if keys.our_master is not None:
            named[f"ed25519:{keys.our_master}"] = keys.our_master
        method = self._writing()

        def mac(text: str, name: str) -> str:
            assert self._agreement is not None
            return self._agreement.mac(method, text, self.ours, self.theirs, self.id, name)

        macs = {name: mac(key, name) for name, key in named.items()}
        self.sent_mac = True
        return {"mac": macs, "keys": mac(",".join(sorted(macs)), "KEY_IDS")}

    def proven(self, keys: Keys) -> set[str]:
        """Their keys whose MACs are right. Those that we do not know are left out, not believed."""
        assert self.their_mac is not None
        method, macs = self._writing(), self.their_mac["mac"]
        names = self._expected(method, ",".join(sorted(macs)), "KEY_IDS")
        if self.their_mac["keys"].rstrip("=") != names:
            raise VerificationRefused("m.key_mismatch", "The MAC of the key list is wrong.")
        known = {f"ed25519:{keys.their_device.device_id}": keys.their_device.ed25519}
        if keys.their_master is not None:
            known[f"ed25519:{keys.their_master}"] = keys.their_master
        proven = set()
        for name in macs.keys() & known.keys():
            expected = self._expected(method, known[name], name)
            if not isinstance(macs[name], str) or macs[name].rstrip("=") != expected:
                raise VerificationRefused("m.key_mismatch", f"The MAC of {name} is wrong.")
            proven.add(known[name])
        if not proven:
            raise VerificationRefused("m.key_mismatch", "No key that we know was proven.")
        return proven

    # Inside

    def _agree(self, method: str, strings: list[object], random: Random) -> None:
        self._mac_method = method
        self._strings = tuple(one for one in ("decimal", "emoji") if one in strings)
        self._agreement = Agreement.of(random(32))

    def _our_key(self) -> JsonObject:
        assert self._agreement is not None
        return {"key": self._agreement.our_key}

    def _writing(self) -> str:
        """How they write the MACs of the old method: as libolm did, or rightly."""
        if self._mac_method == MAC or self.their_mac is None:
            return self._mac_method
        names = ",".join(sorted(self.their_mac["mac"]))
        return MAC if self.their_mac["keys"] == self._expected(MAC, names, "KEY_IDS") else OLD_MAC

    def _expected(self, method: str, text: str, name: str) -> str:
        assert self._agreement is not None
        return self._agreement.mac(method, text, self.theirs, self.ours, self.id, name)

    def _string(self) -> bytes:
        assert self._agreement is not None
        mine = (self.ours, self._agreement.our_key)
        other = (self.theirs, self._agreement.their_key)
        first, second = (mine, other) if self.we_started else (other, mine)
        return self._agreement.string(*first, *second, self.id)


def texts(values: list[object]) -> set[str]:
    return {one for one in values if isinstance(one, str)}
