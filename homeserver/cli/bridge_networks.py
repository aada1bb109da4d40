"""What a bridge's own program says of its network. The homeserver itself knows none."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from attrs import frozen

from homeserver.cli.command import CommandError
from homeserver.supervision.child import PASSED_ON

PATIENCE_S = 60


@frozen
class Setting:
    """A question for whoever sets the bridge up. Without a default it must be answered."""

    name: str
    question: str
    kind: str
    default: Any
    is_secret: bool
    is_asked: bool


@frozen
class BridgesProgram:
    """`python -m bridges`, wherever it is installed."""

    _python: str

    @classmethod
    def of(cls, python: Path | None) -> "BridgesProgram":
        return cls(str(python or sys.executable))

    def networks(self) -> list[str]:
        return list(self._ask("networks"))

    def settings_of(self, network: str) -> list[Setting]:
        return [Setting(**it) for it in self._ask("describe", network)["settings"]]

    def create(self, config: Path, answers: dict[str, Any]) -> dict[str, str]:
        """Writes the settings file; returns the registrations, as YAML."""
        created: dict[str, str] = self._ask(
            "create", "--config", str(config), said=json.dumps(answers)
        )
        return created

    def _ask(self, *words: str, said: str = "") -> Any:
        command = [self._python, "-P", "-m", "bridges", *words]
        env = {name: value for name, value in os.environ.items() if name in PASSED_ON}
        try:
            done = subprocess.run(
                command,
                input=said,
                env=env,
                check=False,
                capture_output=True,
                text=True,
                timeout=PATIENCE_S,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise CommandError(f"{self._python} cannot be run: {error}.") from None
        if done.returncode:
            raise CommandError(reason(done.stderr))
        return json.loads(done.stdout)


def reason(complaint: str) -> str:
    last = complaint.strip().split("\n")[-1]
    if "ModuleNotFoundError" in last or "No module named" in last:
        return (
            f"The bridges are not installed completely ({last}). In the environment of the server: "
            "pip install 'isthmus[bridges]'; in a clone: scripts/venv bridges"
        )
    return last or "The bridge's program failed and said nothing."
