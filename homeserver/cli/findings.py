"""What a check of `isthmus doctor` finds."""

from typing import Literal

from attrs import frozen

Severity = Literal["ok", "warning", "problem"]


@frozen
class Finding:
    """`remedy` says in plain words what to do; empty when all is well."""

    check: str
    severity: Severity
    text: str
    remedy: str = ""


def good(check: str, text: str) -> Finding:
    return Finding(check, "ok", text)


def warning(check: str, text: str, remedy: str) -> Finding:
    return Finding(check, "warning", text, remedy)


def problem(check: str, text: str, remedy: str) -> Finding:
    return Finding(check, "problem", text, remedy)
