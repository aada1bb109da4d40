"""VK's reactions are numbers. Those that are not here are of later than we know."""

EMOJI = {
    1: "❤️",
    2: "🔥",
    3: "😂",
    4: "👍",
    5: "💩",
    6: "⁉️",
    7: "😭",
    8: "😡",
    9: "👎",
    10: "👌",
    11: "😄",
    12: "🤔",
    13: "🙏",
    14: "😘",
    15: "😍",
    16: "🎉",
}
NUMBERS = {emoji.replace("\ufe0f", ""): number for number, emoji in EMOJI.items()}


def number_of(emoji: str) -> int | None:
    return NUMBERS.get(emoji.replace("\ufe0f", ""))
