"""Reviews the queue with keys in a terminal, or with lines from a pipe.

What enters: a session and a source of keys. What leaves: decisions. Each key is one decision, or asks for its
arguments; from a pipe, a line is a key and its arguments: `c LEAF`, `o RULE why`, `n WORDS`.
"""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from classifier.cli import exits
from classifier.errors import ConfigError, InputError
from classifier.text.characters import shown
from classifier.text.counting import count_of

if TYPE_CHECKING:
    from classifier.review.decide import DecisionWish
    from classifier.review.queue import QueueFilter, QueuePlace
    from classifier.review.session import ReviewSession

HELP = """\
  a  accept the label           2  take the runner-up
  c  change: pick a leaf        o  out of scope, with a reason
  u  unplaced: fits no leaf     s  skip: ask again at the end
  n  note                       z  undo your last decision
  ?  these keys                 q  quit"""
_MOST_SHOWN = 12
"""Most leaves that the picker lists."""


class Keys:
    """The source of keys and text.

    Args:
        key: The next key; empty at the end.
        line: Asks for text with a prompt.
    """

    def __init__(self, key: Callable[[], str], line: Callable[[str], str]) -> None:
        self.key = key
        self.line = line


def keys_of(stream: TextIO) -> Keys:
    """Reads single keys from a terminal, lines from anything else."""
    if stream.isatty():
        return Keys(_one_key, _ask)
    rest: list[str] = []

    def key() -> str:
        for line in stream:
            head, _, tail = line.strip().partition(" ")
            rest[:] = [tail.strip()]
            if head:
                return head[0] if head.isalpha() else head
        return ""

    def words(_: str) -> str:
        return rest.pop() if rest else ""

    return Keys(key, words)


def _one_key() -> str:
    """The next key; keys typed ahead are kept (`click.getchar` discards them)."""
    sys.stdout.flush()
    try:
        import termios
        import tty
    except ImportError:  # Windows
        import click

        return click.getchar()
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor, termios.TCSANOW)
        key = os.read(descriptor, 1)
        while key == b"\x1b" and select.select([descriptor], [], [], 0)[0]:  # an arrow sends several bytes
            os.read(descriptor, 1)
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)
    return key.decode("ascii", "replace")


def _ask(prompt: str) -> str:
    try:
        return input(f"{prompt}: ").strip()
    except EOFError:
        return ""


def run_session(
    session: ReviewSession,
    wanted: QueueFilter,
    keys: Keys,
    again: Callable[..., str],
    *,
    conflicts: bool = False,
) -> int:
    """Shows papers and takes decisions until the queue or the keys end.

    Args:
        again: Options -> the command that reviews this run with them.

    Raises:
        ConfigError: This reviewer may not decide on this run.
    """
    from classifier.cli.review_reports import paper_in_words

    plan = session.plan
    if plan.is_double and session.name not in plan.reviewers and not conflicts:
        raise ConfigError(
            f"'{session.name}' does not review this run; its reviewers are {', '.join(plan.reviewers)}"
        )
    done = 0
    print(HELP)
    try:
        while places := _places(session, wanted, conflicts):
            print(f"\n{paper_in_words(session, places[0], len(places))}")
            decided = _one_paper(session, places[0], keys, resolve=conflicts)
            if decided is None:
                break
            done += decided
        else:
            print("\nThe queue is empty.")
    finally:
        session.close()
    saved = count_of(done, "decision")
    print(f"classifier: {saved} saved; `{again(methods=True)}` says when to stop", file=sys.stderr)
    return exits.DONE


def _places(session: ReviewSession, wanted: QueueFilter, conflicts: bool) -> list[QueuePlace]:
    if not conflicts:
        return session.queue(wanted)
    from classifier.review.queue import QueuePlace, Why

    sentence = "The reviewers disagree."
    return [QueuePlace(paper, Why.other, sentence) for paper in session.conflicts()]


def _one_paper(session: ReviewSession, place: QueuePlace, keys: Keys, *, resolve: bool) -> int | None:
    """The number of decisions made on a paper: 1, 0 after an undo, or None to quit."""
    while True:
        key = keys.key()
        if key in ("", "q", "\x03", "\x04"):
            return None
        if key == "?":
            print(HELP)
            continue
        if key == "z":
            undone = session.undo()
            print(f"  taken back: {', '.join(made.key for made in undone) or 'nothing'}")
            return -len(undone)
        try:
            wish = _wish(session, place, key, keys, resolve)
            if wish is None:
                continue
            session.decide(place, wish)
        except InputError as error:
            print(f"  {error.message}")
            continue
        print(f"  {wish.label or ('skipped' if wish.skip else 'noted')}")
        return 1


def _wish(
    session: ReviewSession, place: QueuePlace, key: str, keys: Keys, resolve: bool
) -> DecisionWish | None:
    """The decision for a key; None if the key has no meaning, or nothing was chosen."""
    from classifier.model.record import OUT_OF_SCOPE, UNPLACED
    from classifier.review.decide import ACCEPT, DecisionWish

    paper = place.paper
    if key == "a":
        return DecisionWish(label=paper.machine if resolve else ACCEPT, resolve=resolve)
    if key == "2":
        runner_up = paper.filed.row.label.runner_up if paper.shows_machine(session.plan) else None
        if runner_up is None:
            raise InputError("there is no runner-up to take")
        return DecisionWish(label=runner_up, resolve=resolve)
    if key == "c":
        leaf, note = _pick(list(session.taxonomy.leaves), "leaf, or some letters of it", keys)
        return DecisionWish(label=leaf, note=note, resolve=resolve) if leaf else None
    if key == "o":
        rules = list(session.taxonomy.rules)
        rule, note = _pick(rules, f"reason ({', '.join(rules)}; empty for none)", keys)
        return DecisionWish(label=OUT_OF_SCOPE, scope_reason=rule, note=note, resolve=resolve)
    if key == "u":
        return DecisionWish(label=UNPLACED, note=keys.line("why (may be empty)"), resolve=resolve)
    if key == "s" and resolve:
        raise InputError("a conflict cannot be skipped; q quits")
    if key == "s":
        return DecisionWish(skip=True)
    if key == "n":
        note = keys.line("note")
        return DecisionWish(note=note) if note else None
    print(f"  '{key}' is no key here\n{HELP}" if key.isprintable() else HELP)
    return None


def _pick(choices: list[str], prompt: str, keys: Keys) -> tuple[str | None, str]:
    """One of the choices, by its id, its number or a unique part of it; and the text after it.

    Raises:
        InputError: Several choices match, or none; they are listed.
    """
    word, _, note = keys.line(prompt).partition(" ")
    if not word:
        return None, ""
    found = [choice for choice in choices if word.casefold() in choice.casefold()]
    if word in choices:
        found = [word]
    elif word.isdigit() and 0 < int(word) <= len(choices):
        found = [choices[int(word) - 1]]
    if len(found) == 1:
        return found[0], note.strip()
    listed = found or choices
    for choice in listed[:_MOST_SHOWN]:
        print(f"    {choices.index(choice) + 1}  {choice}")
    matches = f"{len(found)} of these match" if found else "none of these matches"
    raise InputError(f"{matches} '{shown(word)}'; press the key again, then a number")
