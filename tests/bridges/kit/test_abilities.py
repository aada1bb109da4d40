"""What is claimed is what is defined, by the one table and by the types."""

from bridges.kit.abilities import ABILITIES, METHODS, claimed
from bridges.networks.echo.network import EchoSession


def test_every_ability_has_its_methods() -> None:
    assert set(ABILITIES) == set(METHODS)
    for name, methods in METHODS.items():
        assert all(hasattr(ABILITIES[name], method) for method in methods)


def test_half_an_ability_is_none() -> None:
    class Half:
        async def react(self) -> None: ...

    assert claimed(Half) == []
    assert "reactions" in claimed(EchoSession)
