"""Rendered prompts -> the tokens of one paper, as a range, and the share of them that providers may cache.

A token is assumed to have 3 to 6 characters; if the means of earlier replies are known, they are used
instead. What it does not do: know prices, or how many papers there are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from classifier.batch.ranges import Range
from classifier.model.task import Prompt
from classifier.settings import Settings

_LEAST_CACHED = 1024  # tokens; no provider caches shorter prefixes
CHARS_A_TOKEN = (6.0, 3.0)
"""Most and fewest characters per token, for the range of a dry run: English has 4 to 5, formulas fewer."""
_SPREAD = 0.15  # around that mean
_QUOTE_CHARS, _RATIONALE_CHARS, _FEW_CHARS = 300, 800, 60


def tokens_of(
    prompts: list[tuple[Prompt, ...]], settings: Settings, observed: tuple[int, float, float] | None
) -> tuple[Range, Range]:
    """Tokens in and out of one paper."""
    if not prompts:
        return (0.0, 0.0), (0.0, 0.0)
    if observed is not None:
        _, mean_in, mean_out = observed
        times = len(prompts[0])  # replies to a paper
        return _around(mean_in * times), _around(mean_out * times)
    chars = sum(len(one.system) + len(one.user) for asked in prompts for one in asked) / len(prompts)
    schemas = [one.answer_schema for one in prompts[0]]
    # Some servers count the schema as input, others do not.
    written = sum(len(json.dumps(schema)) for schema in schemas)
    tokens_in = (chars / CHARS_A_TOKEN[0], (chars + written) / CHARS_A_TOKEN[1])
    least = sum(len(json.dumps(_answer(schema, "", most=False))) for schema in schemas) / CHARS_A_TOKEN[0]
    longest = [len(json.dumps(_answer(schema, "", most=True))) / CHARS_A_TOKEN[1] for schema in schemas]
    return tokens_in, (least, sum(min(one, settings.max_output_tokens) for one in longest))


def _around(mean: float) -> Range:
    return mean * (1 - _SPREAD), mean * (1 + _SPREAD)


def _answer(schema: Mapping[str, Any], name: str, *, most: bool) -> Any:
    """The shortest or a long answer that fits the schema."""
    if "anyOf" in schema:
        return _answer(schema["anyOf"][0], name, most=most) if most else None
    if "enum" in schema:
        return (max if most else min)(schema["enum"], key=len)
    match schema.get("type"):
        case "object":
            return {key: _answer(member, key, most=most) for key, member in schema["properties"].items()}
        case "array":
            length = 4 if most and name != "secondary" else 0
            return [_answer(schema["items"], name, most=most)] * length
        case "string":
            longest = {"quote": _QUOTE_CHARS, "rationale": _RATIONALE_CHARS}.get(name, _FEW_CHARS)
            return "x" * longest if most else ""
        case _:
            return 0.5


def shared_share(prompts: list[tuple[Prompt, ...]]) -> float:
    """The share of the input that nearly all papers have in common at the start of their first prompt."""
    chars = sum(len(one.system) + len(one.user) for asked in prompts for one in asked)
    first = [asked[0].system for asked in prompts]
    same = sum(len(second) for one, second in pairwise(first) if one == second)
    if len(first) == 1:
        same = len(first[0])
    elif first:
        same = same * len(first) // (len(first) - 1)
    long_enough = bool(first) and len(first[0]) / CHARS_A_TOKEN[1] >= _LEAST_CACHED
    return same / chars if chars and long_enough else 0.0
