from tests.people import Server


def test_a_server_without_turn_says_that_there_is_none(server: Server) -> None:
    alice = server.person("alice")

    # The specification has no word for "none"; clients know the empty object.
    status, _, body = alice.ask("GET", "/v3/voip/turnServer").raw()

    assert (status, body) == (200, b"{}")
