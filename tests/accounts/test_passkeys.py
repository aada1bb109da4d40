"""Passkeys in Chromium, with an authenticator that it plays: both languages, phone and desktop."""

from pathlib import Path

import pytest

from tests.accounts.chromium import somebody
from tests.browser import PASSWORD

ACCOUNT = "/_isthmus/account"


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_passkey_is_made_and_opens_the_account(
    named_base: str, tmp_path: Path, language: str, width: int
) -> None:
    account = named_base + ACCOUNT
    with somebody(tmp_path, language, width, scripts=True) as alice:
        alice.has_a_phone()
        alice.opens(f"{account}/register")
        alice.types(username=f"key{language}{width}", password=PASSWORD, repeated=PASSWORD)
        alice.presses("yes")
        alice.opens(f"{account}/passkeys")
        alice.sees("passkeys-none")
        alice.types(name="Phone", password=PASSWORD)
        alice.presses("begin")
        alice.sees("passkey-make")
        alice.goes_on()
        alice.sees("passkey-recovery-codes")
        assert len(alice.texts("ol li, ul.codes li")) == 10
        alice.opens(f"{account}/passkeys")
        assert "Phone" in alice.sees("passkeys")

        alice.signs_out()
        alice.opens(f"{account}/passkey")
        alice.sees("passkey-sign-in")
        alice.goes_on_by_keyboard()
        assert alice.place == account
        assert f"@key{language}{width}:" in alice.sees("passkey-signed-in")

        alice.signs_out()
        alice.opens(f"{account}/sign-in")
        alice.types(username=f"key{language}{width}", password=PASSWORD)
        alice.presses("yes")
        assert alice.place.startswith(f"{account}/passkey"), "the second step"
        alice.goes_on()
        assert alice.place == account


def test_without_a_passkey_the_page_says_so(named_base: str, tmp_path: Path) -> None:
    with somebody(tmp_path, "en", 390, scripts=True) as stranger:
        stranger.has_a_phone()
        stranger.opens(named_base + ACCOUNT + "/passkey")
        stranger.presses_in_vain()
        assert "The browser has shown no passkey" in stranger.sees("passkey-failed")
