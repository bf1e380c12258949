"""docs/scale.json (what was measured, and how) -> the tables in docs/scale.md.

Nothing is measured here: each figure carries the command that gave it. Prices and limits are assumptions of
the same file, to be replaced by one's own.
"""

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
MILLION = 1_000_000
CORES = (2, 32, 256)
PRICED = "gpt-5-mini"
"""The model of the table of examples."""
TABLE = re.compile(r"(<!-- table:(\w+) -->\n).*?(<!-- /table -->)", re.DOTALL)


def page() -> str:
    """docs/scale.md with its tables as docs/scale.json has them now."""
    given = json.loads((HERE / "scale.json").read_text(encoding="utf-8"))
    tables = {
        "measured": measured(given),
        "cpu": cpu(given),
        "dollars": dollars(given),
        "examples": examples(given),
        "wall": wall(given),
    }
    text = (HERE / "scale.md").read_text(encoding="utf-8")
    return TABLE.sub(lambda found: f"{found[1]}\n{tables[found[2]]}\n\n{found[3]}", text)


def measured(given: dict[str, Any]) -> str:
    """What the others are computed from."""
    rows = [
        (item["what"], f"{item['value']:,} {item['unit']}", item["how"])
        for item in given["measured"].values()
    ]
    return _table(("what", "value", "how it was measured"), rows)


def cpu(given: dict[str, Any]) -> str:
    """CPU hours of a million papers, and hours on some numbers of cores that do nothing else."""
    rows = []
    for name in ("pdf_cpu_s", "abstract_cpu_s", "request_cpu_s"):
        hours = _value(given, name) * MILLION / 3600
        on_cores = [f"{hours / cores:.1f}" for cores in CORES]
        rows.append((given["measured"][name]["what"], f"{hours:,.0f}", *on_cores))
    return _table(("a million times", "CPU hours", *(f"hours on {cores} cores" for cores in CORES)), rows)


def dollars(given: dict[str, Any]) -> str:
    """Tokens and US dollars of a million papers, model by model and way by way."""
    prefix, paper = _value(given, "prefix_tokens"), _value(given, "paper_tokens")
    bare, abstract = _value(given, "bare_prefix_tokens"), _value(given, "abstract_tokens")
    out, escalated_share = _value(given, "answer_tokens"), 1 - _value(given, "cascade_kept")
    ways: Sequence[tuple[str, float, float, float, float]] = (
        ("whole paper, nothing cached", prefix + paper, 0, out, 1),
        ("whole paper, prefix cached", prefix + paper, prefix, out, 1),
        ("whole paper, Batch API, nothing cached", prefix + paper, 0, out, 0.5),
        ("whole paper, no examples, Batch API", bare + paper, 0, out, 0.5),
        ("abstract, prefix cached", prefix + abstract, prefix, out, 1),
        ("abstract, cascade first, prefix cached", prefix + abstract, prefix, out, escalated_share),
    )
    rows = []
    for what, tokens, cached, answer, share in ways:
        costs = []
        for price in given["prices"].values():
            cost = (tokens - cached) * price["input"] + cached * price["cached"] + answer * price["output"]
            costs.append(f"${cost * share:,.0f}")
        papers = escalated_share if share == escalated_share else 1.0
        rows.append((what, f"{tokens * papers / 1000:,.1f}", f"{answer * papers / 1000:,.2f}", *costs))
    return _table(("way", "10⁹ tokens in", "10⁹ out", *given["prices"]), rows)


def examples(given: dict[str, Any]) -> str:
    """Tokens, and dollars of a thousand papers, for each choice of `--examples`."""
    price, out = given["prices"][PRICED], _value(given, "answer_tokens")
    bare = _value(given, "bare_prefix_tokens")
    choices = (
        ("all", _value(given, "prefix_tokens"), 0.0),
        ("nearest:4", bare, _value(given, "four_examples_tokens")),
        ("none", bare, 0.0),
    )
    rows = []
    for choice, static, nearest in choices:
        costs = []
        for paper in ("abstract_tokens", "paper_tokens"):
            changing = _value(given, paper) + nearest
            for input_price in (price["input"], price["cached"]):
                cost = static * input_price + changing * price["input"] + out * price["output"]
                costs.append(f"${cost / 1000:,.2f}")
        rows.append((f"`{choice}`", f"{static:,.0f}", f"{nearest:,.0f}", *costs))
    ways = (f"{text}, {cache}" for text in ("abstracts", "papers") for cache in ("no cache", "cached"))
    return _table(("`--examples`", "static tokens", "more with each paper", *ways), rows)


def wall(given: dict[str, Any]) -> str:
    """Days for a million papers at a provider's limits: the tighter of the two."""
    tokens = _value(given, "prefix_tokens") + _value(given, "paper_tokens")
    rows = []
    for limit in given["limits"]:
        by_tokens = tokens * MILLION / limit["tokens_a_minute"] / 1440
        by_requests = MILLION / limit["requests_a_minute"] / 1440
        rows.append(
            (
                f"{limit['tokens_a_minute'] / 1e6:g} million tokens, {limit['requests_a_minute']:,} requests",
                f"{by_tokens:,.1f}",
                f"{by_requests:,.1f}",
                f"**{max(by_tokens, by_requests):,.1f}**",
            )
        )
    return _table(("limit a minute", "days by tokens", "days by requests", "days"), rows)


def _value(given: dict[str, Any], name: str) -> float:
    return float(given["measured"][name]["value"])


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
