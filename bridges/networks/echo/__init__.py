"""Echo, the example to copy. `create` is what the bridge calls, with the network's settings."""

from collections.abc import Mapping

from bridges.networks.echo.network import Echo


def create(settings: Mapping[str, object]) -> Echo:
    return Echo(int(str(settings.get("remembers", 0))))
