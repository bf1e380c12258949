"""Suite files: what is accepted, and the one line that says what is not."""

import json
from pathlib import Path

import pytest

from classifier import Classifier, ScriptedEngine, Workspace
from classifier.cli import exits
from classifier.errors import InputError
from classifier.evaluation.suites import SuiteError, gold_suite, read_suite
from classifier.evaluation.texts import choose_texts, text_kinds
from classifier.model.task import Task
from classifier.prompting.prompt import PromptBuilder

GOOD = {
    "id": "a",
    "title": "Trucks on an Arch",
    "label": "capacity/with-load-test",
    "abstract": "We load it.",
}
OTHER = {**GOOD, "id": "b", "title": "Cameras over a Deck", "label": "damage/remote-imaging"}


def line(**changes: object) -> str:
    return json.dumps({key: value for key, value in (GOOD | changes).items() if value is not None})


@pytest.fixture
def bridge(bridges: Path) -> Workspace:
    return Workspace(bridges)


def suite_file(folder: Path, *lines: str | bytes, name: str = "s.jsonl") -> Path:
    path = folder / name
    path.write_bytes(b"".join((item if isinstance(item, bytes) else item.encode()) + b"\n" for item in lines))
    return path


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([line(), line(id="b", label="capacity")], ["line 2", "'capacity'", "out-of-scope", "upkeep/"]),
        ([line(), line(id="b", label="unplaced")], ["line 2", "'unplaced'", "allowed: capacity/"]),
        ([line(secondary=["nowhere"])], ["line 1", "'secondary'", "'nowhere'", "allowed"]),
        ([line(labels=["nowhere"])], ["line 1", "'labels'", "'nowhere'", "allowed"]),
        ([line(), line(id="b"), line()], ["line 3", "id 'a'", "line 1"]),
        ([line(abstract=None)], ["line 1", "no text", "pdf, text, abstract, summary, arxiv"]),
        ([line(abstract="  ")], ["line 1", "no text"]),
        ([line(abstract=None, pdf="gone.pdf")], ["line 1", "gone.pdf", "does not exist"]),
        ([line(id=None)], ["line 1", "'id'", "missing"]),
        ([line(title="")], ["line 1", "'title'", "missing"]),
        ([line(label=7)], ["line 1", "'label'", "expected a text"]),
        ([line(year="soon")], ["line 1", "'year'"]),
        ([line(), "", '{"id": "b", '], ["line 3", "not valid JSON", "column"]),
        ([line(), '["a"]'], ["line 2", "expected a JSON object", "list"]),
        (['{"a":' + "[" * 100_000], ["line 1", "JSON"]),
        ([line(), b'{"id": "caf\xe9"}'], ["line 2", "not UTF-8", "0xe9"]),
        ([line().encode("utf-16")], ["line 1", "not UTF-8"]),
        ([], ["contains no items"]),
        (["", "  "], ["contains no items"]),
    ],
)
def test_a_malformed_suite_gives_one_line_that_names_file_line_and_what_is_allowed(
    tmp_path, bridge, lines, said
):
    path = suite_file(tmp_path, *lines)
    with pytest.raises(SuiteError) as caught:
        read_suite(path, bridge.taxonomy)
    assert str(path) in caught.value.message
    assert "\n" not in caught.value.message
    assert [part for part in said if part not in caught.value.message] == []
    assert exits.exit_code(caught.value) == 3


def test_a_missing_file_is_an_input_error(tmp_path, bridge):
    with pytest.raises(SuiteError, match="cannot be read"):
        read_suite(tmp_path / "none.jsonl", bridge.taxonomy)


def test_a_byte_order_mark_crlf_and_blank_lines_are_accepted(tmp_path, bridge):
    plain = suite_file(tmp_path, line(), json.dumps(OTHER), name="plain.jsonl")
    odd = tmp_path / "odd.jsonl"
    odd.write_bytes(b"\xef\xbb\xbf" + f"{line()}\r\n\r\n{json.dumps(OTHER)}".encode())
    one, other = read_suite(plain, bridge.taxonomy), read_suite(odd, bridge.taxonomy)
    assert [item.model_copy(update={"line": 0}) for item in one.items] == [
        item.model_copy(update={"line": 0}) for item in other.items
    ]
    assert [item.line for item in other.items] == [1, 3]
    assert one.sha256 != other.sha256


def test_separators_inside_a_text_do_not_part_its_line(tmp_path, bridge):
    raw = json.dumps(GOOD | {"abstract": "One\u2028two\x85three."}, ensure_ascii=False)
    assert (
        read_suite(suite_file(tmp_path, raw), bridge.taxonomy).items[0].abstract == "One\u2028two\x85three."
    )


def test_half_a_surrogate_pair_is_replaced_and_a_whole_one_kept(tmp_path, bridge):
    raw = line(title="Half \ud800", abstract="Whole \U0001f309 and half \udc00.", note=["\udfff"])
    (item,) = read_suite(suite_file(tmp_path, raw), bridge.taxonomy).items
    assert (item.title, item.abstract) == ("Half ?", "Whole \U0001f309 and half ?.")
    assert item.model_dump_json().encode()


def test_unknown_keys_are_kept_and_the_name_is_the_files(tmp_path, bridge):
    suite = read_suite(suite_file(tmp_path, line(venue="A Journal"), name="mine.v2.jsonl"), bridge.taxonomy)
    assert suite.items[0].model_extra == {"venue": "A Journal"}
    assert suite.name == "mine.v2"


def test_the_gold_of_the_built_in_workspace_is_a_suite(builtin):
    suite = gold_suite(builtin)
    assert len(suite.items) == len(builtin.studies) == 38
    assert sum(item.label == "out-of-scope" for item in suite.items) == 14
    assert text_kinds(choose_texts(suite)) == {"summary": 38}


def test_a_pdf_is_relative_to_its_suite_and_one_that_is_missing_yields_to_other_text(tmp_path, bridge):
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "a.pdf").write_bytes(b"%PDF-1.4")
    path = suite_file(tmp_path, line(pdf="papers/a.pdf"), line(id="b", pdf="papers/b.pdf"))
    questions = choose_texts(read_suite(path, bridge.taxonomy))
    assert [(q.kind, q.content) for q in questions] == [
        ("pdf", str(tmp_path / "papers" / "a.pdf")),
        ("abstract", "We load it."),
    ]


@pytest.mark.parametrize(
    ("keys", "wanted", "kind"),
    [
        (("text", "abstract", "summary", "arxiv"), None, "text"),
        (("abstract", "summary", "arxiv"), None, "abstract"),
        (("summary", "arxiv"), None, "summary"),
        (("arxiv",), None, "arxiv"),
        (("text", "abstract", "summary", "arxiv"), "summary", "summary"),
        (("abstract", "arxiv"), "arxiv", "arxiv"),
    ],
)
def test_the_fullest_text_is_taken_unless_a_kind_is_named(tmp_path, bridge, keys, wanted, kind):
    raw = line(**{"abstract": None} | dict.fromkeys(keys, "2401.00001"))
    questions = choose_texts(read_suite(suite_file(tmp_path, raw), bridge.taxonomy), wanted)
    assert [question.kind for question in questions] == [kind]


def test_a_kind_that_an_item_lacks_is_refused_by_name(tmp_path, bridge):
    path = suite_file(tmp_path, line(), line(id="b", summary="It holds."))
    with pytest.raises(InputError, match=r"1 of 2 items of s has no summary: a;"):
        choose_texts(read_suite(path, bridge.taxonomy), "summary")


MARKED = {
    "summary": "MARK-SUMMARY",
    "rationale": "MARK-RATIONALE",
    "answers": {"kind": "MARK-ANSWER"},
    "attributes": {"rating": "MARK-ATTRIBUTE"},
    "provenance": {"note": "MARK-PROVENANCE"},
    "difficulty": "MARK-DIFFICULTY",
    "note": "MARK-UNKNOWN-KEY",
    "other_titles": ["MARK-OTHER-TITLE"],
    "secondary": ["damage/remote-imaging"],
    "labels": ["upkeep/fixed-schedule"],
}


@pytest.mark.parametrize("kind", ["abstract", "text", "summary"])
async def test_nothing_but_the_chosen_text_reaches_document_or_prompt(tmp_path, bridge, kind):
    """The label itself, secondary labels and annotators' labels are looked for in the user part."""
    texts = {"abstract": "MARK-ABSTRACT", "text": "MARK-TEXT", "summary": "MARK-SUMMARY"}
    raw = line(**MARKED | texts)
    question = choose_texts(read_suite(suite_file(tmp_path, raw), bridge.taxonomy), kind)[0]
    engine = ScriptedEngine(bridge.taxonomy, [InputError("seen enough")])
    classifier = Classifier(engine, workspace=bridge, examples="none")
    with pytest.raises(InputError, match="seen enough"):
        await question.ask(classifier)
    task: Task = engine.tasks[0]
    assert task.prompt is not None
    shown = task.model_dump_json(exclude={"prompt"}) + task.prompt.user
    assert texts[kind] in shown
    for forbidden in ("MARK-", GOOD["label"], "damage/remote-imaging", "upkeep/fixed-schedule"):
        assert forbidden not in shown.replace(texts[kind], "")
    assert "MARK-" not in task.prompt.system
    assert PromptBuilder(bridge.taxonomy, bridge.prompt_dir()).sha256 == task.prompt.sha256


def test_an_item_without_text_must_say_that_its_title_is_meant(tmp_path, bridge):
    bare = line(abstract=None, title_only=True)
    suite = read_suite(suite_file(tmp_path, bare, json.dumps(OTHER)), bridge.taxonomy)
    assert text_kinds(choose_texts(suite)) == {"abstract": 1, "title": 1}
    assert [text.content for text in choose_texts(suite, "title")] == [GOOD["title"], OTHER["title"]]
    with pytest.raises(SuiteError, match="title_only: true"):
        read_suite(suite_file(tmp_path, line(abstract=None, title_only="yes")), bridge.taxonomy)


def test_gold_studies_may_have_only_a_title(tmp_path, bridges):
    (tmp_path / "gold").mkdir()
    (tmp_path / "taxonomy.yaml").write_bytes((bridges / "taxonomy.yaml").read_bytes())
    suite_file(tmp_path / "gold", line(abstract=None), name="labels.jsonl")
    assert text_kinds(choose_texts(gold_suite(Workspace(tmp_path)))) == {"title": 1}
