"""A person's decisions about drafted texts -> new texts of taxonomy.yaml and drafts.yaml.

What enters: a workspace, and which drafts are accepted, edited or rejected. What leaves: a `Change`, with the
difference for the person to see; `save` writes it if nothing has changed since. Accepted decision questions
are put into the taxonomy when all their texts are accepted, since half of them lead nowhere.
"""

from __future__ import annotations

import copy
import difflib
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from classifier.drafting.material import branch_paths, question_id
from classifier.errors import ConfigError
from classifier.files import replace_text
from classifier.scaffold.folder import note_own_change
from classifier.survey.drafts import (
    DRAFTS_FILE,
    MADE_HERE,
    MAX_CHARS,
    QUESTIONS,
    SURVEY,
    DraftedText,
    drafts_text,
    load_drafts,
    pending_drafts,
)
from classifier.survey.taxonomy import Taxonomy
from classifier.survey.workspace import TAXONOMY_FILE, Workspace
from classifier.survey.yaml_edit import rewrite

Decision = Literal["accepted", "rejected"]
_SHOWN = 8
_ELSEWHERE = "not-applicable"
"""The answer to a question about parts of a section to which a paper does not belong."""
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
    """What would be written if these drafts were decided so.

    Args:
        ids: Ids of drafts; a node's path stands for all its drafts, "all" for every one.
        text: Accept this text instead of the drafted one; for one draft only.

    Raises:
        ConfigError: There is no such draft; or the text is not one short line; or a file is wrong.
    """
    rows = load_drafts(workspace.root)
    chosen = _chosen(pending_drafts(workspace.taxonomy, rows), ids)
    if text is not None:
        if len(chosen) != 1:
            raise ConfigError(f"--text is for one draft, and {len(chosen)} were named; name one id")
        chosen = [_edited(chosen[0], text)]
    decided = tuple(row.model_copy(update={"state": decision}) for row in chosen)
    return change_of(workspace, decided)


def propose_file(workspace: Workspace) -> Change:
    """What would be written if the decisions that a person noted in drafts.yaml were carried out."""
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


def apply_drafts(
    text: str, taxonomy: Taxonomy, decided: Iterable[DraftedText], rows: Sequence[DraftedText]
) -> tuple[str, int]:
    """A taxonomy's text after decisions, and how many texts of questions are not accepted yet.

    Decisions that were carried out before change nothing; those about nodes that are gone are passed over.

    Args:
        taxonomy: The taxonomy of `text`.
        decided: What to carry out.
        rows: All drafts with their states.
    """
    old = yaml.safe_load(text)
    new = copy.deepcopy(old)
    owners = _owners(new)
    for row in decided:
        if row.node in owners:
            _decide(owners[row.node], row)
    waiting = _put_questions(new, taxonomy, rows) if any(r.node == QUESTIONS for r in decided) else 0
    return (text if new == old else rewrite(text, new)), waiting


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


def _edited(row: DraftedText, text: str) -> DraftedText:
    plain = " ".join(text.split())
    if not plain or len(plain) > 4 * MAX_CHARS:
        raise ConfigError(f"a text of {len(plain)} characters; expected 1 to {4 * MAX_CHARS}")
    if plain == row.text:
        return row
    return row.model_copy(update={"text": plain, "drafted": row.drafted or row.text})


def _owners(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Path -> mapping of the node, in the data of a taxonomy."""
    found = {SURVEY: data}

    def walk(nodes: Iterable[dict[str, Any]], above: str) -> None:
        for node in nodes:
            path = f"{above}{node['id']}"
            found[path] = node
            walk(node.get("children") or (), f"{path}/")

    walk(data["tree"], "")
    return found


def _decide(owner: dict[str, Any], row: DraftedText) -> None:
    marks = owner.get("drafts") or []
    mark = next((each for each in marks if each["of"] == row.of), None)
    if row.field in ("counts", "excludes"):
        _decide_item(owner, row, is_marked=mark is not None)
    elif row.field == "scope":
        scope = owner.get("scope") or {}
        if row.state == "accepted" and not scope.get("definition"):
            owner["scope"] = {"definition": row.text, **scope}
    elif row.field == "definition":
        if row.state == "accepted" and (mark is not None or not owner.get("definition")):
            owner["definition"] = row.text
        elif row.state == "rejected" and mark is not None and row.by in MADE_HERE:
            owner.pop("definition", None)
        elif row.state == "rejected":
            return  # the text from headings or words stays, under its mark
    rest = [each for each in marks if each["of"] != row.of]
    if rest:
        owner["drafts"] = rest
    else:
        owner.pop("drafts", None)


def _decide_item(owner: dict[str, Any], row: DraftedText, *, is_marked: bool) -> None:
    texts = list(owner.get(row.field) or ())
    number = int(row.of.partition(".")[2])
    if row.state == "accepted" and is_marked and number < len(texts):
        texts[number] = row.text
    elif row.state == "accepted" and row.text not in texts:
        texts.append(row.text)
    elif row.state == "rejected" and is_marked:
        return  # the numbers of other marks would shift; a person removes it in the file
    if texts:
        owner[row.field] = texts


def _put_questions(data: dict[str, Any], taxonomy: Taxonomy, rows: Sequence[DraftedText]) -> int:
    """Puts the decision questions in, if each of their texts is accepted; else the number that is not."""
    known = {row.of: row.text for row in rows if row.node == QUESTIONS and row.state == "accepted"}
    owners, paths = _owners(data), branch_paths(taxonomy)
    missing = sum(name not in known for path in paths for name in _texts_of_question(path, owners[path]))
    if missing or data.get("questions"):
        return missing
    questions = [_question(path, owners[path], known) for path in paths]
    tree, scope = data.pop("tree"), data.pop("scope", None)
    data |= {"questions": questions, "tree": tree} | ({} if scope is None else {"scope": scope})
    for leaf in taxonomy.leaves:
        parts = leaf.split("/")
        owners[leaf]["answers"] = {
            question_id(path): [parts[0 if path == SURVEY else path.count("/") + 1]]
            for path in paths
            if path == SURVEY or leaf.startswith(f"{path}/")
        }
    return 0


def _question(path: str, owner: dict[str, Any], known: dict[str, str]) -> dict[str, Any]:
    name = question_id(path)
    choices = [{"id": c["id"], "means": known[f"{name}.{c['id']}"]} for c in _children(path, owner)]
    if path != SURVEY:
        means = f"The paper does not belong in “{owner.get('title', path)}”."
        choices.append({"id": _ELSEWHERE, "means": means})
    return {"id": name, "ask": known[name], "choices": choices}


def _texts_of_question(path: str, owner: dict[str, Any]) -> list[str]:
    name = question_id(path)
    return [name, *(f"{name}.{child['id']}" for child in _children(path, owner))]


def _children(path: str, owner: dict[str, Any]) -> list[dict[str, Any]]:
    return owner.get("tree" if path == SURVEY else "children") or []


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
