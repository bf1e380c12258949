"""A person's decisions about drafted texts -> new texts of taxonomy.yaml and drafts.yaml.

What enters: a workspace, and which drafts are accepted, edited or rejected. What leaves: a `Change`, with the
difference for the person to see; `save` writes it if nothing has changed since. Accepted decision questions
are put into the taxonomy when all their texts are accepted, since half of them lead nowhere.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from classifier.drafting.settling import apply_drafts
from classifier.errors import ConfigError
from classifier.files import replace_text
from classifier.scaffold.folder import note_own_change
from classifier.survey.drafts import (
    DRAFTS_FILE,
    MAX_CHARS,
    SURVEY,
    DraftedText,
    all_nodes,
    drafts_text,
    load_drafts,
    pending_drafts,
)
from classifier.survey.taxonomy import Taxonomy
from classifier.survey.workspace import TAXONOMY_FILE, Workspace

Decision = Literal["accepted", "rejected"]
BY_HAND = "hand"
"""In `by`: a person has written the text."""
_ITEMS = ("counts", "excludes")
_SHOWN = 8
_ADVICE = "check the folder's permissions, and that the disk has room"


class Outdated(ConfigError):
    """The workspace has changed since the difference was shown."""


@dataclass(frozen=True)
class Change:
    """What a decision does to a workspace's files.

    Attributes:
        taxonomy, drafts: The new texts.
        before: Hash of the two old ones.
        difference: Of taxonomy.yaml, as a unified diff; empty if it stays.
        decided: The drafts with their new states.
        waiting: Texts of decision questions that must still be accepted before the questions are used.
    """

    root: Path
    taxonomy: str
    drafts: str
    before: str
    difference: str
    decided: tuple[DraftedText, ...]
    waiting: int = 0


def propose(
    workspace: Workspace, ids: Sequence[str], decision: Decision, *, text: str | None = None
) -> Change:
    """The change that these decisions about drafts would make.

    Args:
        ids: Ids of drafts; a node's path stands for all its drafts, "all" for every one.
        text: Accept this text instead of the drafted one; for one draft only. Without a draft, it is the
            text of a definition, of the scope, or one more of what counts or is excluded.

    Raises:
        ConfigError: There is no such draft; or the text is not one short line; or a file is wrong.
    """
    rows = load_drafts(workspace.root)
    pending = pending_drafts(workspace.taxonomy, rows)
    if text is not None and decision == "accepted":
        own = _own_text(workspace.taxonomy, pending, rows, ids, _plain(text))
        if own is not None:
            return change_of(workspace, (own,))
    chosen = _chosen(pending, ids)
    if decision == "accepted":
        _refuse_written(workspace.taxonomy, chosen)
    if text is not None:
        if len(chosen) != 1:
            raise ConfigError(f"--text is for one draft, and {len(chosen)} were named; name one id")
        chosen = [_edited(chosen[0], text)]
    decided = tuple(row.model_copy(update={"state": decision}) for row in chosen)
    return change_of(workspace, decided)


def propose_file(workspace: Workspace) -> Change:
    """The change that the decisions noted in drafts.yaml would make."""
    rows = load_drafts(workspace.root)
    return change_of(workspace, tuple(row for row in rows if row.state != "draft"))


def change_of(workspace: Workspace, decided: tuple[DraftedText, ...]) -> Change:
    """The new files, after these decisions.

    Raises:
        ConfigError: A file is wrong, or a person has written a text where one was accepted.
    """
    root = workspace.root
    old_taxonomy, before = _read(root / TAXONOMY_FILE), version_of(root)
    states = {row.id: row for row in load_drafts(root)} | {row.id: row for row in decided}
    new, waiting = apply_drafts(old_taxonomy, workspace.taxonomy, decided, tuple(states.values()))
    return Change(
        root=root,
        taxonomy=new,
        drafts=drafts_text(states.values()),
        before=before,
        difference=_difference(old_taxonomy, new),
        decided=decided,
        waiting=waiting,
    )


def save(change: Change) -> None:
    """Writes a change: the decisions first, so that one that is cut short is finished by `--apply`.

    Raises:
        Outdated: A file has changed since.
        StoreError: A file cannot be written.
    """
    if version_of(change.root) != change.before:
        raise Outdated("the workspace has changed since; look at the drafts again")
    replace_text(change.root / DRAFTS_FILE, change.drafts, advice=_ADVICE)
    if change.difference:
        note_own_change(change.root, TAXONOMY_FILE, change.taxonomy)
        replace_text(change.root / TAXONOMY_FILE, change.taxonomy, advice=_ADVICE)


def version_of(root: Path) -> str:
    """Hash of the two files."""
    digest = hashlib.sha256()
    for name in (TAXONOMY_FILE, DRAFTS_FILE):
        path = root / name
        digest.update(hashlib.sha256(path.read_bytes() if path.is_file() else b"").digest())
    return digest.hexdigest()


def _chosen(pending: Sequence[DraftedText], ids: Sequence[str]) -> list[DraftedText]:
    found: dict[str, DraftedText] = {}
    for name in ids:
        some = [row for row in pending if name in ("all", row.id, row.node)]
        if not some:
            near = difflib.get_close_matches(name, [row.id for row in pending], n=1)
            hint = f"did you mean {near[0]}?" if near else _listed(pending)
            raise ConfigError(f"no draft '{name}' waits for a decision; {hint}")
        found |= {row.id: row for row in some}
    return list(found.values())


def _listed(pending: Sequence[DraftedText]) -> str:
    if not pending:
        return "none waits for a decision"
    more = ", …" * (len(pending) > _SHOWN)
    return f"expected one of {', '.join(row.id for row in pending[:_SHOWN])}{more}"


def _refuse_written(taxonomy: Taxonomy, chosen: Iterable[DraftedText]) -> None:
    """Rejects a draft for a text that a person has written."""
    nodes = all_nodes(taxonomy)
    for row in chosen:
        owner = taxonomy if row.node == SURVEY else nodes.get(row.node)
        if row.field != "definition" or owner is None or not owner.definition:
            continue
        if not any(mark.of == "definition" for mark in owner.drafts):
            raise ConfigError(
                f"{row.id}: a person has written a definition since; reject the draft, or edit taxonomy.yaml"
            )


def _own_text(
    taxonomy: Taxonomy,
    pending: Sequence[DraftedText],
    rows: Sequence[DraftedText],
    ids: Sequence[str],
    text: str,
) -> DraftedText | None:
    """A person's text for a field without a draft; None if the id means a draft, or no field.

    Raises:
        ConfigError: The field has a text that is no draft.
    """
    if len(ids) != 1:
        return None
    node, _, field = ids[0].rpartition(":")
    owner = taxonomy if node == SURVEY else all_nodes(taxonomy).get(node)
    fields = ("definition", "scope") if node == SURVEY else ("definition", *_ITEMS)
    if owner is None or field not in fields or any(row.id == ids[0] for row in pending):
        return None
    if field in _ITEMS:
        known = [int(row.of.partition(".")[2]) for row in rows if (row.node, row.field) == (node, field)]
        number = max((len(getattr(owner, field)), *(one + 1 for one in known)))
        return DraftedText(id=f"{node}:{field}.{number}", text=text, by=BY_HAND, state="accepted")
    written = taxonomy.scope.definition if field == "scope" else owner.definition
    if written:
        raise ConfigError(f"{ids[0]}: has a text already ({written[:80]}); edit it in {TAXONOMY_FILE}")
    return DraftedText(id=ids[0], text=text, by=BY_HAND, state="accepted")


def _plain(text: str) -> str:
    plain = " ".join(text.split())
    if not plain or len(plain) > 4 * MAX_CHARS:
        raise ConfigError(f"a text of {len(plain)} characters; expected 1 to {4 * MAX_CHARS}")
    return plain


def _edited(row: DraftedText, text: str) -> DraftedText:
    plain = _plain(text)
    if plain == row.text:
        return row
    return row.model_copy(update={"text": plain, "drafted": row.drafted or row.text})


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as UTF-8 text: {error}") from error


def _difference(old: str, new: str) -> str:
    rows = difflib.unified_diff(
        old.splitlines(), new.splitlines(), TAXONOMY_FILE, f"{TAXONOMY_FILE} (new)", lineterm="", n=2
    )
    return "\n".join(rows)
