"""Polls (MSC3381) in both directions, in the form that clients know and in the one to come."""

from bridges.kit.json_values import JsonObject
from bridges.kit.parts import Poll

PREFIX, TEXT = "org.matrix.msc3381.poll", "org.matrix.msc1767.text"
START, RESPONSE, END = f"{PREFIX}.start", f"{PREFIX}.response", f"{PREFIX}.end"
STARTS, RESPONSES = frozenset((START, "m.poll.start")), frozenset((RESPONSE, "m.poll.response"))
ENDS = frozenset((END, "m.poll.end"))
MAX_OPTIONS = 20


def poll_content(poll: Poll) -> JsonObject:
    lines = (f"{number}. {it}" for number, it in enumerate(poll.options, 1))
    return {
        TEXT: "\n".join((poll.question, *lines)),
        START: {
            "kind": f"{PREFIX}.{'disclosed' if poll.is_open else 'undisclosed'}",
            "max_selections": poll.most,
            "question": {TEXT: poll.question, "body": poll.question, "msgtype": "m.text"},
            "answers": [{"id": str(place), TEXT: it} for place, it in enumerate(poll.options)],
        },
    }


def response_content(poll_event: str, options: tuple[int, ...]) -> JsonObject:
    return {
        "m.relates_to": {"rel_type": "m.reference", "event_id": poll_event},
        RESPONSE: {"answers": [str(it) for it in options]},
    }


def end_content(poll_event: str, counts: list[tuple[str, int]]) -> JsonObject:
    """`counts`: the options with how many chose them, if the network tells."""
    lines = [f"{option}: {count}" for option, count in counts]
    return {
        "m.relates_to": {"rel_type": "m.reference", "event_id": poll_event},
        TEXT: "\n".join(("The poll has ended.", *lines)),
        END: {},
    }


def read_poll(content: JsonObject) -> tuple[Poll, list[str]] | None:
    """The poll, and the ids of its answers in order. None where it is none."""
    poll = content.get(START) or content.get("m.poll")
    if not isinstance(poll, dict) or not isinstance(poll.get("answers"), list):
        return None
    answers = [it for it in poll["answers"] if isinstance(it, dict)][:MAX_OPTIONS]
    ids = [str(it.get("id", it.get("m.id", ""))) for it in answers]
    question, most = text_of(poll.get("question")), poll.get("max_selections", 1)
    if not answers or not question:
        return None
    is_open = str(poll.get("kind", "")).endswith(".disclosed")
    most = most if isinstance(most, int) and most > 0 else 1
    return Poll(question, tuple(map(text_of, answers)), min(most, len(ids)), is_open), ids


def read_response(content: JsonObject) -> list[str]:
    """The ids of the answers that were chosen."""
    given = content.get(RESPONSE)
    chosen = given.get("answers") if isinstance(given, dict) else content.get("m.selections")
    return [it for it in chosen if isinstance(it, str)] if isinstance(chosen, list) else []


def text_of(value: object) -> str:
    """Of extensible events, old and new."""
    if not isinstance(value, dict):
        return ""
    old, new = value.get(TEXT), value.get("m.text")
    if isinstance(old, str):
        return old
    if isinstance(new, list) and new and isinstance(new[0], dict):
        return str(new[0].get("body", ""))
    return str(value.get("body", ""))
