"""BibTeX with a comma missing: the place is named, and no field swallows the next."""

import pytest

from classifier.lists import read_lists
from classifier.lists.bibtex_values import end_of_value
from classifier.model.entries import BrokenEntry, ListEntry


@pytest.fixture
def read(tmp_path):
    """Writes a list and reads it back."""

    def read_text(content: str | bytes):
        file = tmp_path / "a.bib"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return list(read_lists([str(file)]))

    return read_text


AFTER = "\n@article{after, title = {The Entry Behind}}\n"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("fields", "line", "field", "following"),
    [
        ("title = {A Title}\n  year = {2020},", 2, "title", "year"),
        ("title = {A Title}\n  abstract = {Some, and {more}.},", 2, "title", "abstract"),
        (
            "title = {A Title},\n  eprint = {2305.16291}\n  archiveprefix = {arXiv}",
            3,
            "eprint",
            "archiveprefix",
        ),
        ('title = "A Title"\n  year = "2020",', 2, "title", "year"),
        ("title = {A Title},\n  year = 2020\n  doi = {10.9999/a.5}", 3, "year", "doi"),
        ("title = {A\n  Title\n  Wrapped}\n\n  year = {2020},", 4, "title", "year"),
        ("title = {A Title} year = {2020}", 2, "title", "year"),
        ("title = {A Title}year = {2020}", 2, "title", "year"),
        ("title = {A Title} author = {Muster, Anna},", 2, "title", "author"),
        ("title = name\n  year = {2020}", 2, "title", "year"),
        ("title = {A} # name\n  year = {2020}", 2, "title", "year"),
        ("title = {{A Title}}\n  year = 2020", 2, "title", "year"),
        ('title = {A "Title"}\n  year = 2020', 2, "title", "year"),
    ],
)
def test_a_missing_comma_is_named_with_line_and_field(fields, line, field, following, end, read):
    found = read((f"@article{{k,\n  {fields}\n}}" + AFTER).replace("\n", end))
    assert isinstance(found[0], ListEntry)
    assert (found[0].key, found[0].line) == ("k", 1)
    notice = f"line {line}: a comma is missing after the value of '{field}', before '{following}'"
    assert [one.message for one in found[0].notices if one.code == "missing-comma"] == [notice]
    assert "=" not in (found[0].paper.title or "")
    assert found[1].paper.title == "The Entry Behind"


def test_the_fields_around_missing_commas_are_all_read(read):
    [entry] = read(
        '@article{k,\n author = {Muster, Anna}\n title = "A {Title}"\n year = 2020\n'
        " abstract = {Some, and more.}\n eprint = {2203.02155},\n}"
    )
    paper = entry.paper
    assert (paper.title, paper.year, paper.arxiv_id) == ("A Title", 2020, "2203.02155")
    assert (paper.abstract, paper.authors) == ("Some, and more.", ("Anna Muster",))
    assert [one.code for one in entry.notices] == ["missing-comma"] * 4


@pytest.mark.parametrize(
    "fields", ["title = {A Title} {more}", "title = {A Title} more words", "title = {A} 7"]
)
def test_what_follows_a_value_and_is_no_field_makes_the_entry_unusable(read, fields):
    found = read(f"@article{{k,\n  {fields}\n}}{AFTER}")
    assert isinstance(found[0], BrokenEntry)
    assert found[0].reason == "line 2: a comma is missing after the value of 'title'; add it"
    assert found[1].paper.title == "The Entry Behind"


@pytest.mark.parametrize(
    ("value", "title"),
    [
        ("{A {Title} in {{Braces}}}", "A Title in Braces"),
        ('"A {"}Title{"}"', 'A "Title"'),
        ('{A} # " Title" # { of Pieces}', "A Title of Pieces"),
        ("{A = B, and C}", "A = B, and C"),
        ("{Title with \\{ a brace \\}}", None),
        ("{A Title}\n  ", "A Title"),
        ('"G{\\"o}del and {\\"U}ber"', "Gödel and Über"),
        ("{}", None),
    ],
)
def test_whole_values_are_not_taken_for_broken_ones(value, title, read):
    [entry] = read(f"@article{{k, title = {value}, doi = {{10.9999/a}}}}")
    assert isinstance(entry, ListEntry)
    assert title is None or entry.paper.title == title


@pytest.mark.parametrize(
    ("raw", "end"),
    [
        ("{A}", None),
        ("{A} year = {2020}", 3),
        ('"A" b = 1', 3),
        ("2020 b = 1", 4),
        ("a # b", None),
        ("a # {b}\n", None),
        ("a # ", None),
        ("{open", None),
        ("", None),
        (",x", 1),
    ],
)
def test_the_end_of_a_value_is_found(raw, end):
    assert end_of_value(raw) == end


def test_a_missing_comma_after_the_key_is_named(read):
    [entry] = read("\n@article{k\n  title = {A Title},\n  year = {2020}\n}")
    assert (entry.key, entry.paper.title, entry.paper.year) == ("k", "A Title", 2020)
    assert [one.message for one in entry.notices] == ["line 2: a comma is missing after the key 'k'"]


@pytest.mark.parametrize(
    ("fields", "title", "year"),
    [
        ("% old title\n title = {A Title}, year = 2020", "A Title", 2020),
        ('title = {A Title}, % "odd and {braces}\n year = 2020', "A Title", 2020),
        ("title = {A Title},\n  % year = 1999,\n  year = 2020", "A Title", 2020),
        ("title = {50 % of Titles}, year = 2020", "50 % of Titles", 2020),
        ('title = "50 % of Titles",\n year = 2020', "50 % of Titles", 2020),
        ("title = {100\\% Titles},\n year = 2020 % behind", "100% Titles", 2020),
    ],
)
def test_a_comment_between_fields_is_no_field(fields, title, year, read):
    found = read("@article{k,\n %s\n}" % fields + AFTER)  # noqa: UP031
    assert [entry.paper.title for entry in found if isinstance(entry, ListEntry)] == [
        title,
        "The Entry Behind",
    ]
    assert found[0].paper.year == year


@pytest.mark.parametrize(
    "comment",
    ["% @article{no, title = {No Title}}", "  %@misc{no,\n% title = {No Title}\n% }", "%% see @misc{no, x}"],
)
def test_an_entry_behind_a_comment_sign_is_no_entry(comment, read):
    assert [entry.paper.title for entry in read(comment + AFTER)] == ["The Entry Behind"]


@pytest.mark.parametrize(
    ("authors", "names"),
    [
        (
            "Anna Muster, Kim Exempel, Jan van Berg",
            [("Muster", "Anna"), ("Exempel", "Kim"), ("van Berg", "Jan")],
        ),
        ("Muster, Anna; Exempel, Kim", [("Muster", "Anna"), ("Exempel", "Kim")]),
        ("Anna Muster; Kim Exempel", [("Muster", "Anna"), ("Exempel", "Kim")]),
        ("King, Jr., Martin Luther", [("King", "Martin Luther")]),
        ("Muster, Anna AND {The, Many, Others}", [("Muster", "Anna"), ("The, Many, Others", "")]),
        ("van der Maaten, Laurens and others", [("van der Maaten", "Laurens")]),
    ],
)
def test_authors_between_commas_or_semicolons_are_several(authors, names, read):
    [entry] = read("@misc{k, title = {A Title}, author = {%s}}" % authors)  # noqa: UP031
    assert [(name.family, name.given) for name in entry.names] == names
