"""What the pages say, in each language."""

from collections.abc import Mapping
from importlib.resources import files

import yaml

LANGUAGES = ("en", "ru")

Sentences = Mapping[str, str]


def load(language: str) -> Sentences:
    text = (files("homeserver.accounts_web") / "sentences" / f"{language}.yaml").read_text("utf-8")
    sentences: Sentences = yaml.safe_load(text)
    return sentences


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
