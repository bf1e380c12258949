"""A source -> the new tree, its labelled studies, and an outcome for every entry.

What enters: sections and papers, and a few choices. What leaves: a `Filing`. Every entry of the source has
exactly one outcome: a leaf, a second mention, a facet, or a named pile; nothing is dropped silently.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from classifier.errors import InputError
from classifier.model.entries import ListEntry
from classifier.model.traits import PaperIndex, Traits, traits_of
from classifier.scaffold.filed import Choices, FiledPaper, Filing, Outcome, completed
from classifier.scaffold.items import FRONT, OTHERS, count_items
from classifier.scaffold.places import OTHER_LEAF, DraftNode, Place, TreeMaker, decide_roles, place_of
from classifier.scaffold.roles import Guess
from classifier.scaffold.source import MARKDOWN, Path, Source
from classifier.survey.section_plan import PlannedSection, SectionPlan

DIRECT, NO_SECTION, NO_TOPIC = "directly under a branch", "no section", "no topic"
"""Names of piles: papers of the list that are in no leaf of the tree."""
_SHOWN = 8
_TELLING, _SURE = 16, 24
"""Titles of at least this many letters are not equal by chance ("Introduction" has twelve); those of papers
with different ids, from the second number on."""
_SPARED = 2
"""Least number of papers of a leaf, so that one can be left out and another remains."""


def file_source(source: Source, choices: Choices, plan: SectionPlan | None = None) -> Filing:
    """Files every paper of the source.

    Args:
        plan: A person's choices of roles, from an earlier run.

    Raises:
        InputError: The source has neither a topic nor a paper; the message lists its sections.
    """
    roles = decide_roles(source, plan)
    titles = frozenset(section.titles for section in source.sections if section.is_title)
    places = {section.titles: place_of(section.titles, roles, titles) for section in source.sections}
    maker = TreeMaker()
    intros = {section.titles: section.intro for section in source.sections}
    for path, place in places.items():
        if place.topics and not place.stop:
            node = maker.node(place.topics)
            node.intro = node.intro or (intros[path] if path[-1] == place.topics[-1] else "")
            node.keep = source.keep_empty
    for number, paper in enumerate(source.papers):
        for path in paper.sections or ((),):
            place = places.get(path) or place_of(path, roles, titles)
            if place.topics and not place.stop:
                node = maker.node(place.topics)
                if number not in node.here:
                    node.here.append(number)
    maker.prune()
    if not maker.top:
        raise InputError(_no_topic(source, roles))
    return _Filer(source, choices, places, maker, roles, titles).run()


class _Filer:
    def __init__(
        self,
        source: Source,
        choices: Choices,
        places: Mapping[Path, Place],
        maker: TreeMaker,
        roles: Mapping[Path, Guess],
        titles: frozenset[Path],
    ) -> None:
        self._source, self._choices, self._roles, self._titles = source, choices, roles, titles
        self._places, self._maker = places, maker
        self._index = PaperIndex[FiledPaper]()
        self._filed: list[FiledPaper] = []
        self._outcomes: list[Outcome] = []
        self._owner: list[FiledPaper] = []  # of each outcome
        self.notices: list[str] = []
        self._by_title: dict[str, FiledPaper] = {}  # letters of a title -> the first paper that has it

    def run(self) -> Filing:
        if self._choices.branch_papers == "leaf":
            for top in self._maker.top:
                for _, node in list(top.walk()):
                    _give_other_leaf(node)
        leaf_of = self._leaves()
        for paper in self._source.papers:
            filed = self._file(paper.entry, paper.sections, leaf_of)
            filed.remark = filed.remark or paper.remark
        self._fill_empty_leaves()
        self._drop_unused_leaves()
        papers = [paper for paper in self._filed if paper.leaves]
        self._drop_shared_ids(papers)
        aside = [paper for paper in self._filed if not paper.leaves and paper.facets]
        by_paper = {id(paper): paper.entry.key for paper in papers}
        outcomes = [
            outcome.model_copy(update={"study": by_paper.get(id(self._owner[n]))})
            for n, outcome in enumerate(self._outcomes)
        ]
        plan = SectionPlan(list=self._source.name, sections=tuple(self._planned(leaf_of)))
        return Filing(
            self._source, self._choices, self._maker.top, papers,
            aside if self._choices.facets == "keep" else [], outcomes, plan, self.notices,
            count_items(self._source, self._places),
        )  # fmt: skip

    def _leaves(self) -> dict[Path, str]:
        """Headings of a node -> the leaf for its papers; none for a branch without an "other"."""
        paths = self._maker.paths()
        found = {}
        for place in {p.topics for p in self._places.values() if p.topics}:
            node = self._maker.find(place)
            if node is None:
                continue
            other = next((c for c in node.children if c.id == OTHER_LEAF and c.title == _OTHER_TITLE), None)
            if not node.children:
                found[place] = paths[id(node)]
            elif other is not None:
                found[place] = paths[id(other)]
        return found

    def _file(self, entry: ListEntry, sections: Sequence[Path], leaf_of: Mapping[Path, str]) -> FiledPaper:
        traits = traits_of(entry.paper, url=entry.url)
        match = next(iter(self._index.find(traits, "")), None)
        letters = traits.folded.letters if len(traits.folded.letters) >= _TELLING else ""
        known = match.value if match else self._of_title(letters, traits)
        if known is None:
            paper = FiledPaper(entry)
            self._filed.append(paper)
        else:
            paper = known
            if match is None:
                self.notices.append(
                    f"line {entry.line}: '{entry.paper.title}' has another id than on line "
                    f"{paper.entry.line}; taken for one paper"
                )
            paper.entry = completed(paper.entry, entry)
        self._index.add(traits, entry.key, paper)
        if letters:
            self._by_title.setdefault(letters, paper)
        best: Outcome | None = None
        for path in sections or ((),):
            outcome = self._outcome(paper, entry, path, leaf_of)
            best = best if best is not None and best.outcome == "leaf" else outcome
        if best is not None:
            self._outcomes.append(best)
            self._owner.append(paper)
        return paper

    def _of_title(self, letters: str, traits: Traits) -> FiledPaper | None:
        """The paper of this title; with a short title, papers with different ids are different ones."""
        known = self._by_title.get(letters)
        if known is None or len(letters) >= _SURE:
            return known
        ids = traits_of(known.entry.paper)
        pairs = (ids.arxiv, traits.arxiv), (ids.doi, traits.doi)
        return None if any(a and b and a != b for a, b in pairs) else known

    def _outcome(
        self, paper: FiledPaper, entry: ListEntry, path: Path, leaf_of: Mapping[Path, str]
    ) -> Outcome:
        place = self._places.get(path) or place_of(path, self._roles, self._titles)
        if path and path not in paper.sections:
            paper.sections.append(path)
        what, where = self._kind_of(paper, place, path, leaf_of)
        return Outcome.model_validate(
            {
                "line": entry.line,
                "key": entry.key,
                "title": entry.paper.title or entry.paper.arxiv_id or entry.paper.doi or entry.url or "",
                "section": path,
                "outcome": what,
                "where": where,
            }
        )

    def _kind_of(
        self, paper: FiledPaper, place: Place, path: Path, leaf_of: Mapping[Path, str]
    ) -> tuple[str, str]:
        if place.stop == "front":
            return "pile", FRONT if path or self._source.form == MARKDOWN else NO_SECTION
        for name, value in place.facets.items():
            paper.facets.setdefault(name, value)
        if place.stop == "facet":
            facet = ", ".join(f"{name}={value}" for name, value in place.facets.items())
            return ("facet" if self._choices.facets == "keep" else "left out"), facet
        if place.stop == "others":
            return "pile", " > ".join((*place.topics, OTHERS))
        if not place.topics:
            return "pile", NO_TOPIC
        leaf = leaf_of.get(place.topics)
        if leaf is None:
            return "pile", f"{DIRECT}: {' > '.join(place.topics)}"
        if leaf in paper.leaves:
            return "repeated", leaf
        if paper.leaves and self._choices.several == "first":
            return "repeated", f"{leaf} (only {paper.leaves[0]} counts)"
        paper.leaves.append(leaf)
        return ("leaf" if len(paper.leaves) == 1 else "secondary"), leaf

    def _drop_shared_ids(self, papers: Sequence[FiledPaper]) -> None:
        """Only the first of several papers with one id keeps it: the others are pasting errors."""
        seen: dict[tuple[str, str], FiledPaper] = {}
        for paper in papers:
            traits = traits_of(paper.entry.paper)
            for name, value in (("arxiv_id", traits.arxiv), ("doi", traits.doi)):
                owner = seen.setdefault((name, value), paper) if value else paper
                if owner is not paper:
                    found = paper.entry.paper.model_copy(update={name: None})
                    paper.entry = paper.entry.model_copy(update={"paper": found})
                    self.notices.append(
                        f"line {paper.entry.line}: '{found.title}' has the id {value} of "
                        f"'{owner.entry.paper.title}' (line {owner.entry.line}); the paper is kept without "
                        "this id, check it in the list"
                    )

    def _drop_unused_leaves(self) -> None:
        """Removes and reports leaves whose papers all count elsewhere, if second leaves are not wanted."""
        used = {leaf for paper in self._filed for leaf in paper.leaves}
        # A branch that loses its last leaf becomes a leaf, so repeat until nothing is removed.
        while unused := [
            (path, node)
            for top in self._maker.top
            for path, node in top.walk()
            if not node.children and not self._source.keep_empty and path not in used
        ]:
            for path, node in unused:
                node.here.clear()
                node.keep = False
                self.notices.append(f"{path}: its papers all count in other leaves, so it was left out")
            self._maker.prune()

    def _fill_empty_leaves(self) -> None:
        """A leaf whose papers are all listed elsewhere gets the first that the other leaf can spare."""
        placed = [paper for paper in self._filed if paper.leaves]
        first = Counter(paper.leaves[0] for paper in placed)
        for leaf in dict.fromkeys(leaf for paper in placed for leaf in paper.leaves[1:]):
            for paper in placed:
                if first[leaf] >= _SPARED:
                    break
                if leaf in paper.leaves[1:] and first[paper.leaves[0]] > _SPARED:
                    self._swap_first(paper, leaf)
                    first.update({leaf: 1, paper.leaves[1]: -1})

    def _swap_first(self, paper: FiledPaper, leaf: str) -> None:
        before = paper.leaves[0]
        paper.leaves = [leaf, before, *(other for other in paper.leaves[1:] if other != leaf)]
        places = {
            (self._outcomes[number].outcome, self._outcomes[number].where): number
            for number, owner in reversed(list(enumerate(self._owner)))
            if owner is paper
        }
        first, second = places.get(("leaf", before)), places.get(("secondary", leaf))
        if first is None:
            return
        # One entry alone may name both leaves; then its outcome is the new first one.
        update = {"where": leaf} if second is None else {"outcome": "secondary"}
        self._outcomes[first] = self._outcomes[first].model_copy(update=update)
        if second is not None:
            self._outcomes[second] = self._outcomes[second].model_copy(update={"outcome": "leaf"})

    def _planned(self, leaf_of: Mapping[Path, str]) -> Iterable[PlannedSection]:
        direct = Counter(path for paper in self._source.papers for path in paper.sections)
        for section in self._source.sections:
            guess, place = self._roles[section.titles], self._places[section.titles]
            yield PlannedSection(
                section=section.titles,
                role=guess.role,
                facet=f"{guess.facet}={guess.value}" if guess.facet else "",
                papers=direct[section.titles],
                leaf=leaf_of.get(place.topics) if guess.role == "topic" and not place.stop else None,
            )


_OTHER_TITLE = "Other"


def _give_other_leaf(node: DraftNode) -> None:
    if node.children and node.here and not any(child.id == OTHER_LEAF for child in node.children):
        node.children.append(DraftNode(OTHER_LEAF, _OTHER_TITLE, here=list(node.here), keep=True))
        node.here.clear()


def _no_topic(source: Source, roles: Mapping[Path, Guess]) -> str:
    seen = [f"'{path[-1]}' ({guess.role})" for path, guess in roles.items()][:_SHOWN]
    what = f"its sections are {', '.join(seen)}" if seen else "it has no sections"
    return (
        f"{source.name}: no topic with papers was found, so there is no tree; {what}; expected headings with "
        "papers below them, an outline, or entries with keywords or groups"
    )
