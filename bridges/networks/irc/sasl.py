"""Proving who we are: SASL PLAIN, or EXTERNAL by a client certificate (CertFP)."""

from base64 import b64encode
from collections.abc import Iterator

from attrs import define, field

PIECE = 400
FAILED = ("902", "904", "905", "906")
DONE = ("900", "903", "907")


@define
class Account:
    """With whom we come. The certificate, with its key, is PEM."""

    nick: str
    name: str = ""
    password: str = field(default="", repr=False)
    certificate: str = field(default="", repr=False)

    @property
    def has_proof(self) -> bool:
        return bool(self.password or self.certificate)

    @property
    def account(self) -> str:
        return self.name or self.nick


def mechanism(account: Account, offered: str) -> str | None:
    """`offered`: what the server lists behind `sasl=`; nothing means that it does not tell."""
    listed = offered.upper().split(",") if offered else ["EXTERNAL", "PLAIN"]
    if account.certificate and "EXTERNAL" in listed:
        return "EXTERNAL"
    return "PLAIN" if account.password and "PLAIN" in listed else None


def answers(account: Account, chosen: str) -> Iterator[str]:
    """Lines of AUTHENTICATE; an empty or a full last piece is followed by `+`."""
    name = account.account
    proof = "" if chosen == "EXTERNAL" else f"{name}\0{name}\0{account.password}"
    secret = b64encode(proof.encode()).decode()
    for start in range(0, len(secret) + 1, PIECE):
        yield secret[start : start + PIECE] or "+"
