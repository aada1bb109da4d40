"""The languages in which this server speaks to people."""

from collections.abc import Callable, Mapping
from functools import partial
from importlib.resources import files

import yaml

LANGUAGES = ("en", "ru")

Sentences = Mapping[str, str]


def load(package: str, folder: str) -> dict[str, Sentences]:
    """What is said in each language: files of sentences by key."""
    place = files(package) / folder
    texts = {it: (place / f"{it}.yaml").read_text("utf-8") for it in LANGUAGES}
    return {language: yaml.safe_load(text) for language, text in texts.items()}


def speaker(sentences: Sentences) -> Callable[..., str]:
    """Says the sentence of a key, with its gaps filled."""
    return partial(sentence, sentences)


def sentence(sentences: Sentences, key: str, /, **values: object) -> str:
    return sentences[key].format_map(values)


def preferred(accept_language: str) -> str:
    """The language of ours that a browser likes best: RFC 9110, section 12.5.4."""
    best, language = 0.0, LANGUAGES[0]
    for wish in accept_language[:500].split(","):
        name, _, weight = wish.strip().partition(";q=")
        code = name.partition("-")[0].strip().lower()
        liking = weight_of(weight)
        if code in LANGUAGES and liking > best:
            best, language = liking, code
    return language


def weight_of(text: str) -> float:
    try:
        return min(1.0, float(text)) if text else 1.0
    except ValueError:
        return 0.0
