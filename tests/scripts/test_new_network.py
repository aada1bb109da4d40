"""A new network works, with tests that pass, before its author has written a line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def new_network(tree: Path, name: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "scripts/new-network", name],
        env=os.environ | {"ISTHMUS_TREE": str(tree)},
        capture_output=True,
        check=False,
        text=True,
    )


def copied_tree(folder: Path) -> Path:
    for package in ("bridges", "tests/bridges", "docs/networks"):
        shutil.copytree(ROOT / package, folder / package)
    (folder / "tests/__init__.py").touch()
    return folder


def test_a_new_network_keeps_the_contract(tmp_path: Path) -> None:
    tree = copied_tree(tmp_path)

    assert new_network(tree, "parrot").returncode == 0

    outcome = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/bridges/networks/test_parrot.py"],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree)},
        capture_output=True,
        check=False,
        text=True,
    )
    assert outcome.returncode == 0, outcome.stdout
    assert 'id="parrot", name="Parrot"' in (tree / "bridges/networks/parrot/network.py").read_text()


def test_a_name_that_is_taken_or_no_name_is_refused(tmp_path: Path) -> None:
    tree = copied_tree(tmp_path)

    assert "already" in new_network(tree, "echo").stderr
    assert "small letters" in new_network(tree, "../x").stderr
