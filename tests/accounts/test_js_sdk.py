"""matrix-js-sdk signs in by OAuth 2.0 and by a QR code; the browser's part is played by HTTP."""

import subprocess
from pathlib import Path

from tests.clients.test_js_sdk import environment, node, sdk

__all__ = ["node", "sdk"]

SCRIPT = Path(__file__).with_name("oauth.test.mjs")
PATIENCE_S = 180
CONVERSATIONS = 4


def test_js_sdk_signs_in(node: str, sdk: None, base: str) -> None:
    done = subprocess.run(
        [node, "--test", "--test-force-exit", str(SCRIPT)],
        env=environment(node) | {"ISTHMUS_TEST_BASE_URL": base},
        capture_output=True,
        check=False,
        text=True,
        timeout=PATIENCE_S,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"pass {CONVERSATIONS}\n" in done.stdout, done.stdout
