"""What the operator may say."""

import pytest

from bridges.networks.telegram.settings import TelegramSettings, read


def test_nothing_need_be_said() -> None:
    assert read({}) == TelegramSettings()
    assert read({"api": "http://127.0.0.1:8081/"}).api == "http://127.0.0.1:8081"
    assert read({"webhook": True, "recall_s": 1}).webhook


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"poll_s": 500}, "from 1 to 50"),
        ({"apy": "x"}, "no setting apy"),
        ({"poll_s": "long"}, "poll_s must be of the type int"),
        ({"poll_s": True}, "poll_s must be of the type int"),
        ({"webhook": "yes"}, "webhook must be of the type bool"),
        ({"api": "ftp://x"}, "http://"),
    ],
)
def test_mistakes_are_told_in_words(settings: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read(settings)
