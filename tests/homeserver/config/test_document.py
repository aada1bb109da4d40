"""YAML with its lines, without the parts of YAML that surprise or harm."""

import pytest

from homeserver.config.document import MAX_BYTES, Mapping, SettingsError, find, parse, plain


def refused(text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        parse(text, "a.yaml")
    return str(caught.value)


def test_every_key_knows_its_line() -> None:
    tree = parse("a: 1\nb:\n  c: [x, 2]\n", "a.yaml")

    assert plain(tree) == {"a": 1, "b": {"c": ["x", 2]}}
    assert str(find(tree, ("b", "c"))) == "a.yaml, line 3"
    assert find(tree, ("b", "d")) is None


def test_an_empty_file_holds_no_settings() -> None:
    tree = parse("# only a comment\n", "a.yaml")

    assert isinstance(tree, Mapping)
    assert tree.entries == {}


def test_a_key_that_stands_twice_is_refused() -> None:
    assert refused("a: 1\nb: 2\na: 3") == "a.yaml, line 3: 'a' stands here again, after line 1."


def test_references_are_refused() -> None:
    assert "line 2: this is not valid YAML: references (*) are refused" in refused("a: &x 1\nb: *x")


def test_deep_nesting_is_refused() -> None:
    assert "nested too deeply" in refused("[" * 5000)


def test_a_huge_file_is_refused() -> None:
    assert "larger than" in refused("a" * (MAX_BYTES + 1))


@pytest.mark.parametrize(
    "text", ["a: [", "a: !!python/object:os.system x", "\ta: 1", "a: \0", "--- 1\n--- 2"]
)
def test_what_is_no_plain_yaml_is_refused(text: str) -> None:
    assert "not valid YAML" in refused(text)
