"""The output of `classifier eval`: the table, failures, gates, stability, calibration."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from classifier.cli import exits
from classifier.text.counting import count_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from classifier.evaluation.records import Prediction, Report
    from classifier.evaluation.session import Fitted
    from classifier.evaluation.stability import Stability


def show_report(report: Report, folder: Path, *, as_json: bool, stability: Stability | None) -> None:
    """Prints the table or report.json on standard output, and the paths of the files on standard error."""
    from classifier.evaluation.report import render_terminal

    if as_json:
        print((folder / "report.json").read_text(encoding="utf-8"), end="")
    else:
        print(render_terminal(report, sys.stdout.isatty()))
        if stability is not None:
            print(f"\n{render_stability(stability)}")
    print(f"classifier: wrote {folder / 'report.html'} and report.json, predictions.jsonl", file=sys.stderr)


def show_calibration(fitted: Fitted, wanted: float) -> None:
    """Prints the fitted calibration and its review threshold."""
    made = fitted.calibration
    done = (
        f"wrote {fitted.path}"
        if fitted.path
        else "no calibration written: it would not improve the confidences"
    )
    print(
        f"classifier: {done}: calibration error {made.ece_before:.3f} -> {made.ece_after:.3f} out of "
        f"sample, Brier score {made.brier_before:.3f} -> {made.brier_after:.3f}, "
        f"{count_of(made.n, 'answer')}",
        file=sys.stderr,
    )
    advice = (
        "no threshold reaches this"
        if fitted.threshold is None
        else f"set CLASSIFIER_REVIEW_BELOW={fitted.threshold:g} (chosen on these items, so slightly "
        f"optimistic)"
    )
    print(f"classifier: for an accuracy of {wanted:g} among unreviewed labels: {advice}", file=sys.stderr)


def render_stability(stability: Stability) -> str:
    """One line per share, and the items whose labels differ."""

    def share(value: float | None) -> str:
        return "unknown" if value is None else f"{value:.3f}"

    lines = [
        f"{stability.runs} runs of {count_of(stability.n, 'item')}",
        f"  same label in all runs    {share(stability.same_label)}",
        f"  agreement of two runs     {share(stability.pairwise_agreement)}",
        f"  common quotes             {share(stability.quote_overlap)}",
    ]
    if stability.moved:
        lines.append(f"  different labels: {', '.join(stability.moved)}")
    return "\n".join(lines)


def verdict(report: Report, predictions: Sequence[Prediction], gates: Mapping[str, float | None]) -> int:
    """Prints failures and missed gates; returns the exit code. A missed gate has priority over failures."""
    from classifier.evaluation.caveats import gate_misses
    from classifier.evaluation.report.figures import shown

    errors = [p.result.error for p in predictions if p.result.error is not None]
    for code in sorted({error.code for error in errors}):
        of_code = [error for error in errors if error.code == code]
        print(
            f"classifier: {len(of_code)} of {count_of(report.n, 'item')} failed ({code}): "
            f"{shown(of_code[0].message)}",
            file=sys.stderr,
        )
    misses = gate_misses(report, gates)
    for miss in misses:
        print(f"classifier: quality gate missed: {miss}", file=sys.stderr)
    if misses:
        return exits.GATE
    return exits.PARTIAL if errors else exits.DONE
