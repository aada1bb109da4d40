from homeserver.events.push_rules.actions import NOTHING, read_actions, without_historical


def test_tweaks_are_read() -> None:
    actions = read_actions(
        ["notify", {"set_tweak": "sound", "value": "bing"}, {"set_tweak": "flash", "value": 3}]
    )

    assert (actions.notify, actions.highlight, actions.sound) == (True, False, "bing")
    assert actions.tweaks == {"sound": "bing", "flash": 3}


def test_a_highlight_without_value_is_true() -> None:
    assert read_actions(["notify", {"set_tweak": "highlight"}]).highlight
    assert not read_actions(["notify", {"set_tweak": "highlight", "value": False}]).highlight


def test_tweaks_alone_do_nothing() -> None:
    assert read_actions([{"set_tweak": "highlight"}]) == NOTHING


def test_historical_actions_are_ignored() -> None:
    assert read_actions(["dont_notify"]) == read_actions(["coalesce"]) == NOTHING
    assert without_historical(["dont_notify", "notify", "coalesce", {}]) == ["notify", {}]
