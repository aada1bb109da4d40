"""Keys are packed so that the database can give out one without reading the others."""

from hypothesis import given
from hypothesis import strategies as st

from homeserver.json_values import encode
from homeserver.storage.key_batches import SLACK, packed, record_of, unpacked

RECORDS = st.lists(st.text(max_size=300), min_size=1, max_size=8)


@given(RECORDS)
def test_whatever_is_packed_comes_out_in_its_order(texts: list[str]) -> None:
    records = [record_of(f"a:{place}", encode(text)) for place, text in enumerate(texts)]

    found = [
        value
        for batch in packed(records)
        for record in unpacked(batch.packed, 0, batch.width)
        for value in record.values()
    ]

    assert found == texts


@given(RECORDS)
def test_a_record_is_at_its_place_and_not_much_longer_than_it_must_be(texts: list[str]) -> None:
    records = [record_of("a:1", encode(text + ".")) for text in texts]

    for batch in list(packed(list(records))):
        assert len(batch.packed) == batch.count * batch.width
        for taken in range(batch.count):
            record = batch.packed[taken * batch.width : (taken + 1) * batch.width - 1]
            assert record.rstrip(b" ") == records.pop(0)
            assert len(record) - len(record.rstrip(b" ")) <= SLACK


def test_names_that_json_must_escape_are_kept() -> None:
    (batch,) = packed([record_of('a:"\\', b'{"key":"x"}')])

    assert unpacked(batch.packed, 0, batch.width) == [{'a:"\\': {"key": "x"}}]
