"""The folder of a new workspace: which files are replaced, and which never are."""

import json

import pytest

from classifier.errors import ConfigError
from classifier.scaffold.folder import STATE_FILE, InitFolder

FILES = {"taxonomy.yaml": "a: 1\n", "gold/labels.jsonl": "{}\n"}


def names(root):
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def test_files_are_written_once_and_known_again(tmp_path):
    root = tmp_path / "ws"
    assert InitFolder(root).is_new
    assert InitFolder(root).write(FILES, {"source": "x"}) == list(FILES)
    again = InitFolder(root)
    assert (again.is_new, again.changed(), again.write(FILES, {})) == (False, (), [])
    assert names(root) == sorted([*FILES, STATE_FILE])


def test_a_file_that_is_no_more_made_goes_unless_it_was_changed(tmp_path):
    InitFolder(tmp_path).write(FILES, {})
    InitFolder(tmp_path).write({"taxonomy.yaml": "a: 2\n"}, {})
    assert names(tmp_path) == [STATE_FILE, "taxonomy.yaml"]


def test_hidden_files_do_not_count_and_others_are_never_touched(tmp_path):
    (tmp_path / ".git").mkdir()
    InitFolder(tmp_path).write(FILES, {})
    (tmp_path / "notes.txt").write_text("mine")
    InitFolder(tmp_path).write({"taxonomy.yaml": "a: 3\n"}, {})
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["notes.txt", "taxonomy.yaml", "init"])
def test_a_folder_with_other_files_is_refused(tmp_path, name):
    if name == "init":
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text("")
    else:
        (tmp_path / name).write_text("")
    with pytest.raises(ConfigError, match=f"did not make \\({name}\\)"):
        InitFolder(tmp_path)


def test_a_file_in_the_folders_place_is_refused(tmp_path):
    (tmp_path / "ws").write_text("")
    with pytest.raises(ConfigError, match="is a file"):
        InitFolder(tmp_path / "ws")


def test_a_changed_file_is_kept_and_each_backup_too(tmp_path):
    InitFolder(tmp_path).write(FILES, {})
    for number in range(3):
        (tmp_path / "taxonomy.yaml").write_text(f"mine: {number}\n")
        with pytest.raises(ConfigError, match=r"changed since init made them: taxonomy\.yaml"):
            InitFolder(tmp_path).write({**FILES, "taxonomy.yaml": "a: 9\n"}, {})
        InitFolder(tmp_path).write(FILES, {}, force=True)
    backups = sorted(tmp_path.glob("taxonomy.yaml.bak*"))
    assert [path.read_text() for path in backups] == ["mine: 0\n", "mine: 1\n", "mine: 2\n"]
    assert (tmp_path / "taxonomy.yaml").read_text() == FILES["taxonomy.yaml"]


@pytest.mark.parametrize("name", ["../outside.txt", "/etc/passwd", "gold/../../outside.txt"])
def test_a_state_that_names_files_elsewhere_reaches_none(tmp_path, name):
    root = tmp_path / "ws"
    outside = tmp_path / "outside.txt"
    outside.write_text("x")
    InitFolder(root).write(FILES, {})
    state = json.loads((root / STATE_FILE).read_text())
    sha = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"  # of "x"
    state["files"][name] = sha
    (root / STATE_FILE).write_text(json.dumps(state))
    InitFolder(root).write(FILES, {})
    assert outside.read_text() == "x"


@pytest.mark.parametrize("text", ["", "[]", "{", '{"files": 1}', "\x00"])
def test_a_damaged_state_is_reported(tmp_path, text):
    InitFolder(tmp_path).write(FILES, {})
    (tmp_path / STATE_FILE).write_text(text)
    with pytest.raises(ConfigError, match=r"state\.json"):
        InitFolder(tmp_path)
