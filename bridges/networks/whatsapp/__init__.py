"""WhatsApp: business numbers by the Cloud API."""

from collections.abc import Mapping

from bridges.networks.whatsapp.network import Whatsapp
from bridges.networks.whatsapp.settings import WhatsappSettings, read

SETTINGS = WhatsappSettings


def create(settings: Mapping[str, object]) -> Whatsapp:
    return Whatsapp(read(settings))
