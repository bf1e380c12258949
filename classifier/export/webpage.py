"""Grouped rows -> one HTML file: the tree with its papers, their quotes and a search.

What enters: a tree of filed rows. What leaves: the page, in parts. Style and script are inline and allowed by
their hashes; nothing is loaded, and everything can be read without the script. Titles, quotes and reasons are
hostile: the template escapes them, and addresses are made from ids that were checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.export.engines import engine_lines
from classifier.export.grouping import Tree
from classifier.export.links import link_to
from classifier.export.picture import lay_out
from classifier.export.svg import render_svg
from classifier.pages import assets, environment
from classifier.survey.taxonomy import Taxonomy
from classifier.text.characters import shown

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).parent / "templates"


def render_page(tree: Tree, taxonomy: Taxonomy) -> Iterator[str]:
    """The page in parts of a few papers, so that a long list is not one string."""
    from markupsafe import Markup

    from classifier.__about__ import __version__

    own = assets((_TEMPLATES / "picture.css", _TEMPLATES / "page.css"), _TEMPLATES / "page.js")
    papers = [filed for top in (*tree.classes, *tree.outside) for leaf in top.leaves for filed in leaf.papers]
    stream = (
        _environment()
        .get_template("page.html.j2")
        .stream(
            tree=tree,
            style=own.style,
            script=own.script,
            policy=own.policy,
            # Output of our own template, which escapes its values.
            picture=Markup(render_svg(lay_out(tree), standalone=False)),  # noqa: S704
            definition=taxonomy.definition,
            source=taxonomy.source,
            field_titles={
                field.id: shown(field.title) for leaf in taxonomy.leaves.values() for field in leaf.fields
            },
            review=sum(filed.needs_review for filed in papers),
            corrected=sum(filed.is_corrected for filed in papers),
            engines=engine_lines(filed.ruled for filed in papers),
            version=__version__,
        )
    )
    stream.enable_buffering(200)
    return stream


@cache
def _environment() -> Environment:
    return environment(_TEMPLATES, {"shown": shown, "link": link_to})
