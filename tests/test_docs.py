"""Documents agree with the code: generated ones are fresh, links lead somewhere, names exist."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from homeserver.config.explain import entries
from homeserver.config.sample import docs, sample
from homeserver.storage.all_holdings import EVENTS, LISTED, NOT_OF_PEOPLE
from scripts.specs import admin

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = ROOT / "homeserver/storage/schema"
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)#\s]*)(#[^)\s]*)?\)")


def documents() -> list[Path]:
    return sorted(
        path
        for pattern in ("*.md", "docs/**/*.md", "config/**/*.md", "changelog.d/*.md")
        for path in ROOT.glob(pattern)
    )


def headings(text: str) -> set[str]:
    """The anchors that a page offers, as GitHub and GitLab make them."""
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}


def test_the_sample_is_fresh() -> None:
    """Else: isthmus config sample > config/homeserver.yaml"""
    assert (ROOT / "config/homeserver.yaml").read_text() == sample()


def test_the_page_of_settings_is_fresh() -> None:
    """Else: isthmus config docs > docs/settings.md"""
    assert (ROOT / "docs/settings.md").read_text() == docs()


def test_the_page_of_the_admin_api_is_fresh() -> None:
    """Else: python -m scripts.specs.admin"""
    assert (ROOT / "docs/admin-api.md").read_text() == admin.page()


def test_every_setting_is_in_the_sample_and_on_the_page() -> None:
    for name in ("config/homeserver.yaml", "docs/settings.md"):
        text = (ROOT / name).read_text()
        assert [entry.key for entry in entries() if entry.name not in text] == []


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    for target, anchor in LINK.findall(path.read_text()):
        there = (path.parent / target).resolve() if target else path
        assert there.exists(), f"{path.name}: {target}"
        if anchor and there.suffix == ".md":
            assert anchor[1:] in headings(there.read_text()), f"{path.name}: {target}{anchor}"


def test_every_decision_has_a_number_of_its_own_and_stands_in_the_list() -> None:
    pages = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))
    listed = (ROOT / "docs/decisions/README.md").read_text()

    numbers = [page.name.split("-")[0] for page in pages]
    assert len(set(numbers)) == len(numbers)
    assert [page.name for page in pages if f"]({page.name})" not in listed] == []
    assert all(page.read_text().startswith(f"# {page.name[:4]}: ") for page in pages)


def test_the_architecture_names_every_package() -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    packages = [path.parent.name for path in (ROOT / "homeserver").glob("*/__init__.py")]

    assert [name for name in packages if f"`{name}/`" not in text] == []


def test_news_fragments_have_a_known_kind() -> None:
    kinds = re.findall(
        r"^\| `(\w+)` \|", (ROOT / "changelog.d/README.md").read_text(), re.MULTILINE
    )
    fragments = [path for path in (ROOT / "changelog.d").iterdir() if path.name != "README.md"]

    assert kinds
    assert [path.name for path in fragments if path.name.split(".")[1] not in kinds] == []


@pytest.mark.parametrize("name", ["proxies/traefik.yaml", "compose.yaml", "homeserver.yaml"])
def test_what_is_yaml_is_read(name: str) -> None:
    assert isinstance(yaml.safe_load((ROOT / "config" / name).read_text()), dict)


@pytest.mark.parametrize(
    "name", ["start", "test", "venv", "install-packages", "new-network", "../.ci/run"]
)
def test_shell_scripts_parse(name: str) -> None:
    subprocess.run(["sh", "-n", str(ROOT / "scripts" / name)], check=True)


def test_the_landing_page_needs_nothing_from_elsewhere() -> None:
    page = (ROOT / "homeserver/http/pages/index.html").read_text()

    assert "{server_name}" in page
    assert "<script" not in page
    assert re.findall(r'(?:src|url\()\s*=?["\']?https?:', page) == []


def test_every_table_says_what_it_holds_of_people() -> None:
    """Else: name it in homeserver/storage/all_holdings.py, which exports and erasures go by."""
    schema = "".join(path.read_text() for path in sorted(SCHEMA.glob("*.sql")))
    made = set(re.findall(r"CREATE (?:VIRTUAL )?TABLE (\w+)", schema))
    there = made - set(re.findall(r"DROP TABLE (\w+)", schema))
    named = {it.table for it in (*LISTED, EVENTS)}
    impersonal = {table for some in NOT_OF_PEOPLE.values() for table in some.split()}

    assert there - named - impersonal == set()


def test_every_attacker_of_the_threat_model_is_played() -> None:
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", (ROOT / "docs/threat-model.md").read_text())

    assert len(named) > 60
    for path, test in named:
        text = (ROOT / "tests/homeserver" / path).read_text()
        assert re.search(rf"^def {test}\(", text, re.MULTILINE), f"{path} has no {test}"
