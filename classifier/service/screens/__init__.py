"""The pages, one module per page; they call the functions of the JSON API, and work without JavaScript."""

from __future__ import annotations

from fastapi import APIRouter


def screens() -> tuple[APIRouter, ...]:
    """The pages' routes."""
    from classifier.service.screens import account, docs, evaluation, lists, papers, static, tree, visibility

    return tuple(
        module.router for module in (papers, lists, tree, evaluation, visibility, account, docs, static)
    )
