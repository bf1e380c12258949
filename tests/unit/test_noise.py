"""Which lines of a paper are noise, and which only look like it."""

# ruff: noqa: E501 - a table

from __future__ import annotations

import pytest

from classifier.prompting.noise import noise_spans

PROSE = (
    "We train an agent that reads its instructions and acts on them in a household, where\n"
    "each task is a sentence. The policy is a transformer over words and pictures, and it\n"
    "learns from the reward of the task alone. We compare it with four others on forty new\n"
    "rooms, and it completes more of the tasks than any of them does in the same time.\n"
)
AXIS = [f"{step * 100}" for step in range(30)]


def left(text: str, headings: tuple[int, ...] = ()) -> str:
    """The text of one page without its noise."""
    (spans,) = noise_spans([text], [headings])
    for start, end in reversed(spans):
        text = text[:start] + text[end:]
    return text


def block(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


NOISE = {
    "ticks of an axis": block(*AXIS),
    "labels of a figure": block("Encoder", "Decoder", "Embedding", "Attention", "Softmax", "Output", "Linear layer"),
    "rows of a table": block(*(f"{n}.{n} ± 0.{n} 12.{n} 33.{n} 41.{n} 50.{n}" for n in range(6))),
    "a formula, symbol by symbol": block("∇", "θ", "J(θ) = E", "τ∼π", "θ", "∑", "t=0", "γ", "t", "r(s", "t", ", a", "t", ")", "log π", "θ", "(a|s)", "= 0", "A(s, a)", "∀ s"),
    "with blank lines between": block(*(line for label in AXIS for line in (label, ""))),
    "names among ticks": block("Timestep", "0", "1000", "RoboschoolHumanoidFlagrun-v0", "Timestep", "0", "500", "1000", "RoboschoolHumanoid-v0", "0", "100M"),
    "sentences in a figure's boxes": block("Alan Turing", "was a British", "computer", "scientist.", "Born in Maida", "Vale, London...", "Where was Alan", "Turing born?", "Generative", "seq2seq model", "Maida Vale,", "London"),
    "rows with an empty cell at the end": block(*(f"{n} 46.{n} 64.{n} -" for n in range(1, 8))),
    "mixed": block("Success rate", "0.2 0.4 0.6 0.8 1.0 1.2 1.4 1.6", "steps", "1e5 2e5 3e5 4e5 5e5 6e5", "ours", "baseline", "PPO", "SAC"),
}  # fmt: skip


@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE)
def test_runs_that_tell_nothing_are_set_apart(noise):
    assert left(PROSE + noise + PROSE).replace("\n", "") == (PROSE + PROSE).replace("\n", "")


KEPT = {
    "prose": PROSE,
    "the end of a paragraph": block("the last words of it."),
    "four short lines": block("Encoder", "Decoder", "Softmax", "Output"),
    "few characters": block("1", "2", "3", "4", "5", "6", "7", "8"),
    "bullets": block("• fast", "• small", "• cheap", "• simple", "• open", "• tested on many rooms at once", "• new"),
    "bullets of another kind": block(*(f"- point {name} of ours" for name in "abcdefgh")),
    "short sentences": block("It is fast.", "It is small.", "It is cheap.", "It is open,", "it is new;", "It is tested.", "We like it!"),
    "a paragraph's end before four labels": block("of it all.", "Encoder", "Decoder", "Softmax", "Output"),
    "short sentences among labels": block("Encoder of words", "It is fast.", "It is small.", "It is cheap.", "Decoder", "Softmax", "Output"),
    "verses in Chinese": block(*["我们训练一个智能体它阅读指令并且行动。"] * 7),
    "numbers in a sentence": block(*["It reaches 81.2 points where PPO reaches 77.4 and the others about 60."] * 6),
}  # fmt: skip


@pytest.mark.parametrize("kept", KEPT.values(), ids=KEPT)
def test_what_only_looks_like_it_stays(kept):
    assert left(PROSE + kept + PROSE) == PROSE + kept + PROSE


def test_a_heading_is_no_noise_and_ends_a_run():
    labels = block("Encoder", "Decoder", "Embedding", "Attention", "Softmax", "Output", "Linear layer")
    text = PROSE + labels + block("3 Method") + PROSE
    at = text.index("3 Method")
    assert "3 Method" in left(text, (at,))
    assert "Encoder" not in left(text, (at,))
    first_half = PROSE + block("Encoder", "Decoder", "3 Method", "Embedding", "Attention") + PROSE
    assert left(first_half, (first_half.index("3 Method"),)) == first_half


def test_a_paper_that_looks_like_nothing_but_noise_is_left_alone():
    broken = block(*(f"word {n} of it" for n in range(200)))
    assert left(PROSE + broken) == PROSE + broken


WORDS = ("apple", "brick", "cloud", "drum")


def body(word: str) -> str:
    """Prose that shares no line with the other pages."""
    return "".join(f"{word} {line}\n" for line in PROSE.splitlines())


RUNNING = "Household agents that read their instructions"


@pytest.mark.parametrize(
    ("heads", "expected"),
    [
        ([RUNNING] * 4, 4),
        ([f"{RUNNING} {n}" for n in range(1, 5)], 4),
        ([f"{n} {RUNNING.upper()}" for n in range(1, 5)], 4),
        ([RUNNING] * 2 + ["Other words stand here", "And here others again"], 0),
        (["12", "13", "14", "15"], 0),
        (["arXiv:1707.06347v2  [cs.LG]  28 Aug 2017", "Other", "words", "here"], 1),
        (["arXiv:2203.02155v1 [cs.CL] 4 Mar 2022", "We cite arXiv:1707.06347 [cs.LG] here", "x", "y"], 1),
    ],
    ids=["same", "page numbers", "capitals", "twice", "bare numbers", "stamp", "a cited id"],
)
def test_running_heads_and_stamps(heads, expected):
    pages = [f"{head}\n{body(word)}" for head, word in zip(heads, WORDS, strict=True)]
    spans = noise_spans(pages, [()] * len(pages))
    assert sum(map(len, spans)) == expected
    assert all(start == 0 for page in spans for start, _ in page)


def test_a_line_that_stands_amid_a_page_too_is_no_running_head():
    pages = [f"{RUNNING}\n{body(word)}" for word in WORDS]
    pages[2] = f"{RUNNING}\n{body('elm')}{RUNNING}\n{body('fern')}"
    assert noise_spans(pages, [()] * 4) == [[], [], [], []]


@pytest.mark.parametrize("texts", [[], [""], ["\n\n"], ["x"], ["", PROSE, ""]])
def test_pages_without_any(texts):
    assert noise_spans(texts, [()] * len(texts)) == [[] for _ in texts]


@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE)
def test_spans_are_whole_lines_in_order(noise):
    text = PROSE + noise + PROSE + noise + PROSE
    (spans,) = noise_spans([text], [()])
    assert spans == sorted(spans)
    assert len(spans) == 2
    for start, end in spans:
        assert start == 0 or text[start - 1] == "\n"
        assert text[end - 1] == "\n"
