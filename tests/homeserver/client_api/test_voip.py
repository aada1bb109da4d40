from tests.people import Server


def test_a_server_without_turn_says_that_there_is_none(server: Server) -> None:
    alice = server.person("alice")

    assert alice.get("/v3/voip/turnServer") == {}
