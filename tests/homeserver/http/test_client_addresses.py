"""Whose word about a client's address counts."""

import pytest

from homeserver.http.client_addresses import plain, read_address
from tests.homeserver.http.shop import Shop

PROXY = "10.0.0.1"


def seen(shop: Shop, peer: str, *headers: str) -> str:
    shop.connect(peer).get("/_shop/hello", *headers)
    return shop.endpoints.ips[-1]


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ("198.51.100.1", "198.51.100.1"),
        ("6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("6.6.6.6, 198.51.100.1, 10.0.0.9", "198.51.100.1"),
        ("198.51.100.1, 6.6.6.6", "6.6.6.6"),
        ("10.0.0.7, 10.0.0.8", "10.0.0.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]:4000", "2001:db8::1"),
        ("198.51.100.1:4000", "198.51.100.1"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("unknown", PROXY),
        ("198.51.100.1, unknown, 10.0.0.9", "10.0.0.9"),
        ("", PROXY),
        ("<script>", PROXY),
        (", ".join(["10.0.0.2"] * 5000), "10.0.0.2"),
    ],
)
def test_a_trusted_proxy_says_who_its_client_is(forwarded: str, expected: str) -> None:
    assert seen(Shop(["10.0.0.0/8"]), PROXY, f"X-Forwarded-For: {forwarded}") == expected


@pytest.mark.parametrize("trusted", [[], ["192.0.2.0/24"], ["::1/128"]])
def test_what_others_say_counts_for_nothing(trusted: list[str]) -> None:
    assert seen(Shop(trusted), PROXY, "X-Forwarded-For: 127.0.0.1") == PROXY


def test_a_proxy_that_says_nothing_is_the_client() -> None:
    assert seen(Shop(["10.0.0.0/8"]), PROXY) == PROXY


def test_a_proxy_in_the_clothes_of_ipv6_is_known() -> None:
    shop = Shop(["10.0.0.0/8"])

    assert seen(shop, "::ffff:10.0.0.1", "X-Forwarded-For: 198.51.100.1") == "198.51.100.1"
    assert seen(shop, "::ffff:203.0.113.9") == "203.0.113.9"


@pytest.mark.parametrize("text", ["", "::", "1.2.3", "1.2.3.4.5", "[::1", "host:80", "1.2.3.4\0"])
def test_reading_addresses_never_fails(text: str) -> None:
    address = read_address(text)
    assert address is None or str(address) in ("::", "::1")
    assert plain(text) == text
