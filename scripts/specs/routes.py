"""What the code serves, and what it calls, as method and path or path alone."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from attrs import frozen

SOURCE = Path(__file__).parents[2] / "homeserver"
_PARAMETER = re.compile(r"\{[^}]*\}")


def nameless(path: str) -> str:
    """A path template without the names of its parameters."""
    return _PARAMETER.sub("{}", path).rstrip("/")


@frozen
class Code:
    """Paths are nameless on both sides."""

    routes: set[tuple[str, str]]
    called: set[str]

    def serves(self, method: str, path: str) -> bool:
        return (method, nameless(path)) in self.routes

    def calls(self, path: str) -> bool:
        """Whether the code names a path, in whole or up to its first parameter."""
        whole = nameless(path)
        before, parameter, _ = whole.partition("{}")
        return whole in self.called or (bool(parameter) and before in self.called)


def registered_routes() -> set[tuple[str, str]]:
    """Method and nameless path of every endpoint of a class that `homeserver.app` loads.

    Modules stay loaded, so this is right only in a process that has loaded nothing else.
    """
    import_module("homeserver.app")
    return {
        (route.method, nameless(route.path))
        for name, module in list(sys.modules.items())
        if name.startswith("homeserver.")
        for endpoints in vars(module).values()
        if isinstance(endpoints, type)
        for function in vars(endpoints).values()
        for route in getattr(function, "routes", ())
    }


def called_paths() -> set[str]:
    """Every text of the code that is a path of Matrix, or the part of one up to a parameter."""
    texts = (text for file in SOURCE.rglob("*.py") for text in _texts(ast.parse(file.read_text())))
    return {_PARAMETER.sub("{}", text) for text in texts if text.startswith("/_matrix/")}


def _texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
