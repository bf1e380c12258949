"""A reviewed run -> what is computed from all of its papers: agreement, when to stop, methods, flow, gold.

What enters: an opened review. What leaves: records of `classifier.review`; nothing while a label is hidden
that these numbers would tell.
"""

from __future__ import annotations

from collections.abc import Mapping

from classifier.review.agreement import ReviewAgreement, measure_reviewers
from classifier.review.flow import FlowCounts, count_flow, flow_csv, flow_svg
from classifier.review.gold import GoldChange, add_gold
from classifier.review.methods import MethodsText, write_methods
from classifier.review.stopping import StoppingAdvice, advise
from classifier.service.hub import Hub
from classifier.service.reviewing import OpenReview, need_sight

FLOW_FORMS = ("svg", "csv")


def agreement_of(opened: OpenReview) -> ReviewAgreement:
    """How far blind reviewers agree, on the papers that both have decided.

    Raises:
        ConfigError: The packages for it are missing.
    """
    return measure_reviewers(opened.session.papers, opened.session.taxonomy)


def numbers_of(opened: OpenReview, wanted: float) -> tuple[StoppingAdvice, FlowCounts, MethodsText]:
    """When to stop, the flow, and the methods paragraph.

    Raises:
        ConfigError: scipy is missing, or `wanted` is no share.
        HttpProblem: Labels are hidden.
    """
    need_sight(opened)
    session = opened.session
    advice = advise(session.papers, wanted)
    flow = count_flow(session.folder, session.papers, session.taxonomy)
    agreement = agreement_of(opened) if session.plan.is_double else None
    return advice, flow, write_methods(session.plan, session.papers, flow, advice, agreement)


def draw_flow(opened: OpenReview, form: str) -> str:
    """The flow of papers as SVG or CSV.

    Raises:
        HttpProblem: Labels are hidden.
    """
    need_sight(opened)
    session = opened.session
    flow = count_flow(session.folder, session.papers, session.taxonomy)
    return flow_svg(flow, session.taxonomy) if form == "svg" else "".join(flow_csv(flow, session.taxonomy))


def grow_gold(hub: Hub, opened: OpenReview, summaries: Mapping[str, str], *, dry_run: bool) -> GoldChange:
    """Takes decided papers into the workspace, as `classifier gold add` does.

    Args:
        summaries: Key of a paper -> its summary.

    Raises:
        ConfigError, InputError, StoreError: See `add_gold`.
    """
    change = add_gold(hub.workspace, opened.session.papers, summaries, dry_run=dry_run)
    if not dry_run:
        hub.workspace.__dict__.pop("studies", None)  # they are read again when they are needed
    return change
