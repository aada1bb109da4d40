"""What the operator says about WhatsApp."""

from collections.abc import Mapping

from attrs import frozen

from bridges.kit.settings import asked, understood


@frozen
class WhatsappSettings:
    """`api` is where the Cloud API is, with its version.

    `template`, of the language `template_language`, asks people to write again, when they have not
    written for a day. `recall_s`: so long we wait, after a broken connection, for WhatsApp's word
    that it has a message.
    """

    api: str = "https://graph.facebook.com/v23.0"
    template: str = asked("Name of an approved template that asks people to write (or none)?", "")
    template_language: str = "en"
    recall_s: float = 5.0


def read(settings: Mapping[str, object]) -> WhatsappSettings:
    """Raises ValueError in words."""
    found = understood("WhatsApp", WhatsappSettings, settings)
    if not found.api.startswith(("https://", "http://")):
        raise ValueError("WhatsApp's setting api must be an address with https://.")
    return found
