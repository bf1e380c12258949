"""What a string names."""

import contextlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.errors import BadReference
from classifier.sources import parse_arxiv_id, parse_reference


@pytest.mark.parametrize(
    ("ref", "arxiv_id"),
    [
        ("2402.01874", "2402.01874"),
        ("2402.01874v3", "2402.01874v3"),
        ("0704.0001", "0704.0001"),
        ("1412.9999", "1412.9999"),
        ("1501.00001", "1501.00001"),
        (" arXiv:2402.01874v2 ", "2402.01874v2"),
        ("ARXIV: 2402.01874", "2402.01874"),
        ("arXiv:2402.01874v3 [cs.CL]", "2402.01874v3"),
        ("cs/0112017", "cs/0112017"),
        ("hep-th/9901001v2", "hep-th/9901001v2"),
        ("math.GT/0309136v1", "math/0309136v1"),
        ("https://arxiv.org/abs/2402.01874", "2402.01874"),
        ("http://www.arxiv.org/abs/2402.01874v1#section", "2402.01874v1"),
        ("https://arxiv.org/pdf/2402.01874v12.pdf", "2402.01874v12"),
        ("https://arxiv.org/pdf/2402.01874", "2402.01874"),
        ("https://export.arxiv.org/pdf/math.GT/0309136v1.pdf?download=1", "math/0309136v1"),
        ("https://arxiv.org/html/2402.01874v3/", "2402.01874v3"),
        ("HTTPS://ARXIV.ORG/abs/cs/0112017", "cs/0112017"),
        ("arxiv.org/abs/2402.01874", "2402.01874"),
        ("10.48550/arXiv.2402.01874", "2402.01874"),
        ("https://doi.org/10.48550/arXiv.2402.01874v2", "2402.01874v2"),
        ("doi:10.48550/ARXIV.CS/0112017", "cs/0112017"),
    ],
)
def test_arxiv_ids_in_all_spellings(ref: str, arxiv_id: str) -> None:
    reference = parse_reference(ref)
    assert (reference.kind, reference.arxiv_id, reference.ref) == ("arxiv", arxiv_id, ref)


@pytest.mark.parametrize(
    ("ref", "kind", "value"),
    [
        ("-", "stdin", "-"),
        ("10.1000/ABC.def", "doi", "10.1000/abc.def"),
        ("doi: 10.1000/x(1)2", "doi", "10.1000/x(1)2"),
        ("https://doi.org/10.1000/a%2Fb", "doi", "10.1000/a/b"),
        ("dx.doi.org/10.1000/182.", "doi", "10.1000/182"),
        ("https://example.org/a.pdf?x=1", "url", "https://example.org/a.pdf?x=1"),
        ("http://[2001:db8::1]:8080/p", "url", "http://[2001:db8::1]:8080/p"),
        ("A  Title of\nSeveral Words", "title", "A Title of Several Words"),
        ("title: Either/or", "title", None),
        ("Title: Input/output of either kind", "title", "Input/output of either kind"),
        ("Über die Grundlagen", "title", "Über die Grundlagen"),
    ],
)
def test_other_kinds(ref: str, kind: str, value: str | None) -> None:
    if value is None:
        with pytest.raises(BadReference, match="not a known kind"):
            parse_reference(ref)
        return
    reference = parse_reference(ref)
    assert (reference.kind, reference.value, reference.version) == (kind, value, None)


@pytest.mark.parametrize("name", ["2402.01874", "A Title of Words", "10.1000/x", "cs/0112017", "-v.pdf"])
def test_a_path_that_exists_wins_over_every_other_reading(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"%PDF-")
    assert parse_reference(name).kind == "file"


def test_the_home_directory_may_be_written_as_a_tilde(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "paper.pdf").touch()
    assert parse_reference("~/paper.pdf").value == str(tmp_path / "paper.pdf")


@pytest.mark.parametrize(
    ("ref", "said"),
    [
        ("", "not a known kind"),
        ("word", "not a known kind"),
        ("12 34", "not a known kind"),
        ("2413.00001", "not a known kind"),  # there is no 13th month
        ("0701.0001", "not a known kind"),  # nor was there that spelling yet
        ("2203.2155", "not an arXiv id: after the point it has 4 digits, and since January 2015"),
        ("arXiv:2203.021555v2", "it has 6 digits"),
        ("1501.0001", "it has 4 digits"),
        ("1412.00001", "it has 5 digits, and until 2014 there are four"),
        ("https://arxiv.org/abs/2203.2155", "it has 4 digits"),
        ("10.48550/arXiv.2203.2155", "it has 4 digits"),
        ("paper.pdf", "no such file"),
        ("2402.01874.PDF", "no such file"),
        (f"some dir{os.sep}some paper", "no such file"),
        ("x" * 5000, "not a known kind"),
        ("a\0b", "not a known kind"),
        ("ftp://example.org/a.pdf", "not an http"),
        ("file:///etc/passwd", "not an http"),
        ("http:///a.pdf", "not an http"),
        ("https://exa mple.org/a", "not an http"),
        ("http://[::1/a", "not an address"),
        ("https://arxiv.org/list/cs/new", "names no paper"),
        ("https://arxiv.org", "names no paper"),
        ("https://doi.org/nothing", "contains no DOI"),
        (".", "is a directory; expected one PDF in it"),
    ],
)
def test_anything_else_is_a_bad_reference_in_one_short_line(ref: str, said: str) -> None:
    with pytest.raises(BadReference, match=said) as caught:
        parse_reference(ref)
    assert len(caught.value.message) < 400
    assert caught.value.message.isprintable()


def test_an_unknown_form_lists_the_accepted_ones() -> None:
    with pytest.raises(BadReference, match=r"path.*standard input.*arXiv id.*http.*DOI.*title"):
        parse_reference("word")


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(BadReference) as caught:
        parse_reference("https://me:secret@example.org/a.pdf")
    assert "secret" not in caught.value.message


def test_an_id_is_required_if_only_an_id_is_accepted() -> None:
    assert parse_arxiv_id("arXiv:2402.01874v2").version == 2
    with pytest.raises(BadReference, match="not an arXiv id"):
        parse_arxiv_id("https://example.org")


@given(st.text(max_size=60))
def test_any_text_is_a_reference_or_a_bad_reference(text: str) -> None:
    with contextlib.suppress(BadReference):
        assert parse_reference(text).ref == text
