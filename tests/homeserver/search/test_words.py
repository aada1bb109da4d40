import pytest

from homeserver.search.words import MAX_CHARACTERS, MAX_SOUGHT, Sought, sought_in, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello, World! x_y 3.5", ["hello", "world", "x", "y", "3", "5"]),
        ("Crème brûlée à la STRASSE", ["creme", "brulee", "a", "la", "strasse"]),
        ("Straße", ["strasse"]),
        ("Привет, Ёжик", ["привет", "ежик"]),
        ("ΣΊΣΥΦΟΣ", ["σισυφοσ"]),
        ("İstanbul ﬁne Ｗｉｄｅ", ["istanbul", "fine", "wide"]),
        ("मैट्रिक्स सर्वर", ["मैट्रिक्स", "सर्वर"]),
        ("مَرْحَبًا", ["مرحبا"]),
        ("서울에서 만나요", ["서울에서", "만나요"]),
        ("東京都", ["東京", "京都", "都"]),
        ("ｶﾞﾗｽ", ["ガラ", "ラス", "ス"]),
        ("matrixで話す", ["matrix", "で話", "話す", "す"]),
        ("สวัสดี", ["สว", "วั", "ัส", "สด", "ดี", "ี"]),
        ("well done👍🏽!", ["well", "done", "👍"]),
        ("\u200bhid\u00adden", ["hidden"]),
        ("...", []),
    ],
)
def test_texts_of_any_language_fall_into_words(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_words_and_texts_are_bounded() -> None:
    assert words_of("a" * 1000) == ["a" * 64]
    assert len(words_of("é " * MAX_CHARACTERS)) == MAX_CHARACTERS // 2
    assert len(sought_in(" ".join(map(str, range(100))))) == MAX_SOUGHT


def test_a_search_takes_longer_words_for_beginnings_and_pairs_for_a_phrase() -> None:
    assert sought_in("House of 東京都 house 家") == [
        Sought("house", ("house",), True),
        Sought("of", ("of",), False),
        Sought("東京都", ("東京", "京都"), False),
        Sought("家", ("家",), True),
    ]
