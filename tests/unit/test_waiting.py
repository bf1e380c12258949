"""Which waits are reported on standard error."""

from __future__ import annotations

from classifier.cli.wait_notice import WaitNotice


def test_of_simultaneous_waits_only_the_first_is_reported(capsys):
    tell = WaitNotice()
    for why in ("first", "second"):
        tell(60.0, why)
    assert capsys.readouterr().err == "classifier: waiting 60 s: first\n"


def test_the_same_reason_is_not_reported_repeatedly(capsys):
    tell = WaitNotice()
    for why in ("busy", "busy", "gone"):
        tell(2.001, why)
        tell._until = 0.0  # the wait is over
    assert capsys.readouterr().err == "classifier: waiting 2 s: busy\nclassifier: waiting 2 s: gone\n"


def test_short_waits_are_not_reported(capsys):
    WaitNotice()(2.0, "nothing")
    assert capsys.readouterr().err == ""
