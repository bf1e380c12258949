import json
import shutil
from pathlib import Path

import pytest

from classifier.errors import ConfigError
from classifier.survey.workspace import Workspace, builtin_root, read_studies

ROW = {"id": "a2020", "title": "A Title", "label": "some/leaf"}


@pytest.fixture
def gold_file(tmp_path):
    def write(*lines: str | bytes) -> Path:
        path = tmp_path / "labels.jsonl"
        path.write_bytes(b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines))
        return path

    return write


def test_the_builtin_workspace_is_found_without_a_path(builtin):
    assert builtin.root == builtin_root()
    assert builtin.taxonomy.leaves
    assert builtin.prompt_dir().is_dir()


def test_a_workspace_reads_its_own_tree_and_studies(bridges):
    workspace = Workspace(str(bridges))
    assert workspace.taxonomy.id == "bridges"
    assert [study.label for study in workspace.studies].count("out-of-scope") == 3
    assert workspace.studies[0].label != "out-of-scope"  # placed ones first
    assert len(workspace.studies) == 15


def test_the_builtin_templates_are_used_if_a_workspace_has_none(bridges, tmp_path):
    assert Workspace(bridges).prompt_dir() == builtin_root() / "prompts"
    own = shutil.copytree(bridges, tmp_path / "own")
    (own / "prompts").mkdir()
    assert Workspace(own).prompt_dir() == own / "prompts"


def test_gold_and_measurements_are_optional(bridges, tmp_path):
    shutil.copy(bridges / "taxonomy.yaml", tmp_path)
    workspace = Workspace(tmp_path)
    assert workspace.studies == ()
    assert not workspace.offline_dir.exists()


@pytest.mark.parametrize("place", [".", "no/such/folder", "file"])
def test_a_folder_without_a_taxonomy_is_no_workspace(tmp_path, place):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"expected a folder with taxonomy\.yaml"):
        Workspace(tmp_path / place)


def test_an_invalid_taxonomy_is_reported_when_it_is_read(tmp_path):
    (tmp_path / "taxonomy.yaml").write_text("- nothing\n", encoding="utf-8")
    workspace = Workspace(tmp_path)
    with pytest.raises(ConfigError, match="expected a mapping"):
        _ = workspace.taxonomy


def test_the_offline_engine_s_files_have_one_hash_that_leaves_notes_out(bridges, tmp_path):
    own = shutil.copytree(bridges, tmp_path / "own")
    without = Workspace(own).offline_engine_sha256
    (own / "offline").mkdir()
    (own / "offline" / "README.md").write_text("a note", encoding="utf-8")
    assert Workspace(own).offline_engine_sha256 == without
    (own / "offline" / "cues.yaml").write_text("cues: []", encoding="utf-8")
    assert Workspace(own).offline_engine_sha256 != without


def test_studies_come_with_their_line_and_blank_lines_are_skipped(gold_file):
    path = gold_file("", json.dumps(ROW), "   ", json.dumps(ROW | {"id": "b2021"}), "")
    assert [(number, study.id) for number, study in read_studies(path)] == [(2, "a2020"), (4, "b2021")]


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85"])
def test_only_a_newline_ends_a_study(gold_file, separator):
    """Abstracts copied from PDFs hold other separators, which JSON leaves as they are."""
    row = json.dumps(ROW | {"summary": f"one{separator}two"}, ensure_ascii=False)
    ((_, study),) = read_studies(gold_file(row, ""))
    assert study.summary == f"one{separator}two"


def test_windows_files_are_read(gold_file):
    path = gold_file(b"\xef\xbb\xbf" + json.dumps(ROW).encode() + b"\r", json.dumps(ROW).encode() + b"\r")
    assert [study.id for _, study in read_studies(path)] == ["a2020", "a2020"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 2: not valid JSON"),
        ("[]", "line 2"),
        (json.dumps({"id": "x", "title": "T"}), "line 2: label: Field required"),
        (json.dumps(ROW | {"lable": "x"}), "line 2: lable: unknown key"),
        (json.dumps(ROW | {"year": "soon"}), "line 2: year"),
        (json.dumps(ROW | {"difficulty": "brutal"}), "line 2: difficulty"),
        (b"\xff\xfe", "UTF-8"),
    ],
)
def test_a_wrong_line_is_a_configuration_error_that_names_it(gold_file, line, said):
    with pytest.raises(ConfigError, match=said) as caught:
        list(read_studies(gold_file(json.dumps(ROW), line)))
    assert "labels.jsonl" in caught.value.message
    assert "\n" not in caught.value.message


def test_a_missing_file_is_a_configuration_error(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        list(read_studies(tmp_path / "none.jsonl"))
