"""What the server imports is what setup.cfg installs."""

import ast
import configparser
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def imported() -> set[str]:
    """Top-level packages that the server imports, without the standard library's."""
    names: set[str] = set()
    for path in (ROOT / "homeserver").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.partition(".")[0])
    return names - sys.stdlib_module_names - {"homeserver"}


def required() -> set[str]:
    """Distributions in install_requires, in small letters."""
    setup = configparser.ConfigParser(interpolation=None)
    setup.read(ROOT / "setup.cfg")
    lines = setup["options"]["install_requires"].split("\n")
    names = (re.match(r"[\w.-]+", line) for line in lines)
    return {name[0].lower().replace("-", "_") for name in names if name}


def test_every_import_is_required() -> None:
    distributions = packages_distributions()
    missing = {
        name
        for name in imported()
        if not required() & {each.lower().replace("-", "_") for each in distributions.get(name, [])}
    }

    assert missing == set()
