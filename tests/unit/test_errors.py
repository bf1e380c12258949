import re
from importlib import import_module
from pkgutil import walk_packages

import pytest

import classifier
from classifier import errors
from classifier.cli import exits
from classifier.errors import ClassifierError, Concern, RateLimited, ReplyError, codes_of, error_class


def subclasses(kind: type[ClassifierError]) -> list[type[ClassifierError]]:
    """All classes below one, depth first, in the order of the file; tests' own classes do not count."""
    here = [sub for sub in kind.__subclasses__() if sub.__module__ == errors.__name__]
    return [found for sub in here for found in (sub, *subclasses(sub))]


ALL = [ClassifierError, *subclasses(ClassifierError)]


def drawn_tree() -> list[tuple[int, str, bool]]:
    """(depth, class name, whether "retryable" is said) for each line of the tree in the docstring."""
    lines = re.findall(r"^    ([│ ]*)[├└]─ (\w+)(.*)$", errors.__doc__ or "", re.MULTILINE)
    return [(len(indent) // 3 + 1, name, "(retryable)" in rest) for indent, name, rest in lines]


def test_the_tree_in_the_docstring_is_the_tree_of_classes():
    real = [(len(kind.mro()) - 4, kind.__name__, kind.retryable) for kind in ALL[1:]]
    assert drawn_tree() == real


def test_codes_are_unique_and_kebab_case():
    codes = [kind.code for kind in ALL]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in codes)


# What a run over many papers does about each error; a new class must be entered here.
POLICY = [
    # class, concerns, retryable, asked again by a resumed run
    ("ClassifierError", Concern.answer, False, False),
    ("ConfigError", Concern.run, False, True),
    ("InputError", Concern.paper, False, False),
    ("BadReference", Concern.paper, False, False),
    ("NotAPdf", Concern.paper, False, False),
    ("EncryptedPdf", Concern.paper, False, False),
    ("NoTextError", Concern.paper, False, False),
    ("NotAPaper", Concern.paper, False, False),
    ("UnreadablePdf", Concern.paper, False, False),
    ("SourceError", Concern.paper, False, False),
    ("PaperNotFound", Concern.paper, False, False),
    ("SourceUnavailable", Concern.paper, True, True),
    ("WrongPaper", Concern.paper, False, False),
    ("ModelError", Concern.server, False, True),
    ("RateLimited", Concern.server, True, True),
    ("ModelTimeout", Concern.server, True, True),
    ("ModelUnavailable", Concern.server, True, True),
    ("ContextOverflow", Concern.answer, False, False),
    ("Refused", Concern.server, False, True),
    ("BudgetSpent", Concern.run, False, True),
    ("ReplyError", Concern.answer, False, False),
    ("NotJson", Concern.answer, False, False),
    ("SchemaMismatch", Concern.answer, False, False),
    ("UnknownLabel", Concern.answer, False, False),
    ("Truncated", Concern.answer, False, False),
    ("NoRecording", Concern.server, False, True),
    ("StoreError", Concern.run, False, True),
    ("InternalError", Concern.answer, False, False),
]


def test_what_a_run_does_about_each_error_is_decided():
    assert [(kind.__name__, kind.concerns, kind.retryable, kind.is_unanswered()) for kind in ALL] == POLICY


# The same for classes that a module keeps to itself. Where one is not as retryable as the class of its code,
# that is about the next attempt; a stored code tells what the next run does.
ELSEWHERE = [
    # class, code, concerns, retryable
    ("Absent", "source-unavailable", Concern.paper, True),
    ("CutInTransport", "truncated", Concern.answer, True),
    ("EmptyReply", "model-unavailable", Concern.server, True),
    ("FailedSample", "refused", Concern.server, False),
    ("Interrupted", "interrupted", Concern.run, False),
    ("Outdated", "config", Concern.run, False),
    ("RejectedRequest", "refused", Concern.server, False),
    ("ServerError", "model-unavailable", Concern.server, True),
    ("ServerUnreachable", "model-unavailable", Concern.server, True),
    ("StaysEmpty", "model-unavailable", Concern.server, False),
    ("SuiteError", "bad-suite", Concern.paper, False),
    ("Transient", "source-unavailable", Concern.paper, True),
    ("UnansweredByBatches", "model-unavailable", Concern.server, False),
    ("UnusableBody", "model-unavailable", Concern.server, True),
]
NEVER_STORED = {"interrupted", "bad-suite"}


def below(kind: type[ClassifierError]) -> set[type[ClassifierError]]:
    return {kind}.union(*map(below, kind.__subclasses__()))


def test_what_is_done_about_each_error_of_another_module_is_decided():
    for module in walk_packages(classifier.__path__, "classifier."):
        if module.name != "classifier.__main__":
            import_module(module.name)
    found = {kind for kind in below(ClassifierError) if kind.__module__.startswith("classifier.")} - {*ALL}
    told = sorted((kind.__name__, kind.code, kind.concerns, kind.retryable) for kind in found)
    assert told == ELSEWHERE
    assert {code for _, code, _, _ in told} - NEVER_STORED <= {kind.code for kind in ALL}


def test_stored_codes_lead_back_to_their_class():
    assert [error_class(kind.code) for kind in ALL] == ALL
    assert error_class("a-code-of-a-newer-version") is ClassifierError


def test_codes_are_chosen_by_what_errors_concern_and_whether_they_pass():
    assert codes_of(retryable=True) == {
        "rate-limited", "model-timeout", "model-unavailable", "source-unavailable"
    }  # fmt: skip
    assert codes_of(concerns=Concern.paper, retryable=True) == {"source-unavailable"}
    assert codes_of(concerns=Concern.paper) == {
        kind.code for kind in ALL if issubclass(kind, errors.InputError | errors.SourceError)
    }
    assert codes_of() == {kind.code for kind in ALL}


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_a_message_is_one_line_whatever_came_in(kind):
    error = kind("a\nthird party's\r\n  message\tover   lines")
    assert error.message == str(error) == "a third party's message over lines"


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_error_has_an_exit_code_that_says_failure(kind):
    failures = {exits.FAILURE, exits.USAGE, exits.BAD_INPUT, exits.SOURCE, exits.MODEL}
    assert exits.exit_code(kind("x")) in failures


def test_a_rate_limit_carries_the_servers_wish_and_a_reply_error_the_raw_reply():
    assert RateLimited("slow down", retry_after_s=7.5).retry_after_s == 7.5
    assert RateLimited("slow down").retry_after_s is None
    assert ReplyError("no", raw='{"a": 1}\n').raw == '{"a": 1}\n'
    assert '{"a"' not in str(ReplyError("no", raw='{"a": 1}\n'))
