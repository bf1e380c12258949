"""sections.yaml is a person's: `classifier init` reads an edit of it, and never refuses it."""

import pytest

from classifier.cli.app import run as cli
from tests.survey_pdfs import write_survey

SOURCES = {
    "list.md": (
        "# Birds\n\n## Song\n- [Dawn](https://arxiv.org/abs/2101.00001)\n- [Dusk](https://arxiv.org/abs/2101.00002)\n\n"
        "## Sight\n- [Roofs](https://arxiv.org/abs/2101.00003)\n- [Parks](https://arxiv.org/abs/2101.00004)\n"
    ),
    "list.csv": "title,topic,year\nDawn,Song,2021\nDusk,Song,2021\nRoofs,Sight,2022\nParks,Sight,2022\n",
    "list.opml": '<opml version="2.0"><body><outline text="Song"/><outline text="Sight"/></body></opml>',
    "list.yaml": "title: Birds\ntree:\n- {id: song, title: Song}\n- {id: sight, title: Sight}\n",
    "survey.pdf": None,
}


@pytest.fixture(params=SOURCES)
def again(request, tmp_path):
    """Runs the same init; it was run once."""
    source, text = tmp_path / request.param, SOURCES[request.param]
    if text is None:
        write_survey(source)
    else:
        source.write_text(text, encoding="utf-8")

    def init():
        return cli(["init", str(tmp_path / "ws"), "--from", str(source), "--offline"])

    assert init() == 0
    return init


def backups(ws):
    return [path.name for path in ws.glob("*.bak*")]


def test_an_edit_that_says_the_same_stays_byte_for_byte(again, tmp_path):
    path = tmp_path / "ws/sections.yaml"
    plan = path.read_bytes().partition(b"\nlist:")[2]
    mine = "# mine, été\r\nlist:".encode() + plan
    path.write_bytes(mine)
    for _ in range(2):
        assert again() == 0
        assert (path.read_bytes(), backups(tmp_path / "ws")) == (mine, [])


def test_an_edited_role_counts_and_the_persons_text_is_in_a_backup(again, tmp_path):
    path, taxonomy = tmp_path / "ws/sections.yaml", tmp_path / "ws/taxonomy.yaml"
    before = taxonomy.read_text()
    head, role, rest = path.read_text().rpartition("role: topic")
    mine = f"{head}role: front  # mine{rest}"
    path.write_text(mine)
    for _ in range(2):
        assert again() == 0
        assert path.read_text().count(role) == head.count(role)
        assert taxonomy.read_text() != before
        assert backups(tmp_path / "ws") == ["sections.yaml.bak"]
    assert (tmp_path / "ws/sections.yaml.bak").read_text() == mine


def test_another_file_that_was_changed_is_refused_still_and_alone(again, tmp_path, capsys):
    for name in ("sections.yaml", "taxonomy.yaml"):
        path = tmp_path / "ws" / name
        path.write_text(path.read_text().replace("Sight", "Seeing") + "# mine\n")
    assert again() == 2
    assert "changed since init made them: taxonomy.yaml; add --force" in capsys.readouterr().err
