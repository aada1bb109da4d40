"""What we have asked a server, and its answers."""

import asyncio
from itertools import count

from attrs import define, field

from bridges.kit.failures import Transient
from bridges.networks.irc.lines import Line

ANSWER_S = 60
MAX_LINES = 5_000
LOST = "The connection to IRC was lost."


@define(eq=False)
class Question:
    done: asyncio.Future[None]
    lines: list[Line] = field(factory=list)


@define(eq=False)
class Questions:
    """By label (IRCv3 labeled-response) where the server knows those, by PING where it does not."""

    _numbers: "count[int]" = field(factory=count)
    _open: dict[str, Question] = field(factory=dict)
    _batches: dict[str, str] = field(factory=dict)
    """Of batches: which label they answer."""

    def ask(self) -> tuple[str, Question]:
        label = f"isthmus{next(self._numbers)}"
        question = Question(asyncio.get_running_loop().create_future())
        self._open[label] = question
        return label, question

    async def answered(self, label: str, question: Question) -> list[Line]:
        """Raises Transient if it may not have been heard."""
        try:
            async with asyncio.timeout(ANSWER_S):
                await question.done
        except TimeoutError as error:
            raise Transient("The IRC server does not answer.") from error
        finally:
            self._open.pop(label, None)
        return question.lines

    def lost(self) -> None:
        for question in self._open.values():
            if not question.done.done():
                question.done.set_exception(Transient(LOST))
                # Whoever waited may have gone.
                question.done.exception()
        self._open.clear()
        self._batches.clear()

    def pong(self, token: str) -> None:
        if (question := self._open.get(token)) and not question.done.done():
            question.done.set_result(None)

    def note(self, line: Line) -> None:
        """An answer that is a batch ends with it; another is a single line."""
        label = line.tags.get("label")
        if line.command == "BATCH":
            self._batch(line, label)
            return
        label = label or self._batches.get(line.tags.get("batch", ""))
        question = self._open.get(label) if label else None
        if question is None:
            return
        if len(question.lines) < MAX_LINES:
            question.lines.append(line)
        if "label" in line.tags and not question.done.done():
            question.done.set_result(None)

    def _batch(self, line: Line, label: str | None) -> None:
        reference = line.parameter(0)
        if reference.startswith("+"):
            label = label or self._batches.get(line.tags.get("batch", ""))
            if label:
                self._batches[reference[1:]] = label
            return
        label = self._batches.pop(reference[1:], None)
        is_outermost = label is not None and label not in self._batches.values()
        question = self._open.get(label) if label and is_outermost else None
        if question and not question.done.done():
            question.done.set_result(None)
