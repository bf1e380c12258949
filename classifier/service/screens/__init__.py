"""The pages, one module per page; they call the functions of the JSON API, and work without JavaScript."""

from __future__ import annotations

from fastapi import APIRouter


def screens() -> tuple[APIRouter, ...]:
    """The pages' routes."""
    from classifier.service.screens import (
        account,
        amendments,
        deletion,
        docs,
        drafts,
        evaluation,
        lists,
        papers,
        review,
        review_deciding,
        review_results,
        static,
        tree,
        visibility,
    )

    modules = (
        papers, amendments, lists, tree, drafts, review, review_deciding, review_results, evaluation, account,
        docs, static, visibility, deletion,
    )  # fmt: skip
    return tuple(module.router for module in modules)
