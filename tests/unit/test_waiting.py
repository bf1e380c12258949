"""Which waits are told on standard error."""

from __future__ import annotations

from classifier.cli.waiting import WaitTeller


def test_of_waits_at_the_same_time_the_first_is_told(capsys):
    tell = WaitTeller()
    for why in ("first", "second"):
        tell(60.0, why)
    assert capsys.readouterr().err == "classifier: waiting 60 s: first\n"


def test_short_waits_are_not_told(capsys):
    WaitTeller()(2.0, "nothing")
    assert capsys.readouterr().err == ""
