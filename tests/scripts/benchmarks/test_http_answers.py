import pytest

from scripts.benchmarks.http_answers import AnswerReader

WITH_LENGTH = b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3\r\nhel\r\nB;name=value\r\nlo\r\n0\r\n\r\n!!\r\n0\r\n\r\n"
)


@pytest.mark.parametrize(
    ("data", "status", "body"),
    [(WITH_LENGTH, 200, b"hello"), (CHUNKED, 404, b"hello\r\n0\r\n\r\n!!")],
)
def test_an_answer_is_whole_however_its_bytes_arrive(data: bytes, status: int, body: bytes) -> None:
    for size in (1, 7, len(data)):
        reader = AnswerReader()
        pieces = [data[place : place + size] for place in range(0, len(data), size)]

        results = [reader.feed(piece) for piece in pieces]

        assert results == [None] * (len(pieces) - 1) + [body]
        assert reader.status == status


def test_one_answer_follows_another_on_the_same_connection() -> None:
    reader = AnswerReader()

    assert [reader.feed(data) for data in (WITH_LENGTH, CHUNKED, WITH_LENGTH)] == [
        b"hello",
        b"hello\r\n0\r\n\r\n!!",
        b"hello",
    ]


def test_a_connection_that_will_close_is_noticed() -> None:
    reader = AnswerReader()
    reader.feed(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")

    assert reader.closes


def test_an_answer_without_a_length_is_refused() -> None:
    with pytest.raises(ValueError, match="without a length"):
        AnswerReader().feed(b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\nhello")
