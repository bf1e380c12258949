"""Where the bytes of a list are, by the address that a person copied."""

# ruff: noqa: E501

import pytest

from classifier.errors import BadReference
from classifier.model.addresses import shown_address
from classifier.sources.forges import is_address, parse_list_address

RAW = "https://raw.githubusercontent.com/owner/name"


@pytest.mark.parametrize(
    ("address", "place", "called"),
    [
        ("https://github.com/owner/name", f"{RAW}/HEAD/README.md", "name"),
        ("https://github.com/owner/name/", f"{RAW}/HEAD/README.md", "name"),
        ("http://www.github.com/owner/name.git", f"{RAW}/HEAD/README.md", "name"),
        ("github.com/owner/name", f"{RAW}/HEAD/README.md", "name"),
        ("git@github.com:owner/name.git", f"{RAW}/HEAD/README.md", "name"),
        ("https://github.com/owner/name?tab=readme-ov-file#papers", f"{RAW}/HEAD/README.md", "name"),
        ("https://github.com/owner/name/tree/dev", f"{RAW}/dev/README.md", "name"),
        ("https://github.com/owner/name/tree/main/agents/papers", f"{RAW}/main/agents/papers/README.md", "name"),
        ("https://github.com/owner/name/blob/main/docs/README.md#x", f"{RAW}/main/docs/README.md", "name"),
        ("https://github.com/owner/name/blob/feature/a/refs.bib", f"{RAW}/feature/a/refs.bib", "name"),
        ("https://github.com/owner/name/blob/main/a%20list.md", f"{RAW}/main/a%20list.md", "name"),
        ("https://github.com/owner/name/raw/main/a.bib", f"{RAW}/main/a.bib", "name"),
        (f"{RAW}/main/README.md", f"{RAW}/main/README.md", "name"),
        (f"{RAW}/refs/heads/main/README.md", f"{RAW}/refs/heads/main/README.md", "name"),
        (
            "https://gist.github.com/owner/0123456789abcdef0123",
            "https://gist.github.com/owner/0123456789abcdef0123/raw",
            "gist",
        ),
        (
            "https://gist.github.com/owner/0123456789abcdef0123#file-my-list-md",
            "https://gist.github.com/owner/0123456789abcdef0123/raw/my-list.md",
            "gist",
        ),
        ("https://gitlab.com/group/sub/name", "https://gitlab.com/group/sub/name/-/raw/HEAD/README.md", "name"),
        ("https://gitlab.com/group/name/-/blob/main/a.md?ref_type=heads", "https://gitlab.com/group/name/-/raw/main/a.md", "name"),
        ("https://git.example.org/g/name/-/tree/main", "https://git.example.org/g/name/-/raw/main/README.md", "name"),
        ("https://codeberg.org/owner/name", "https://codeberg.org/owner/name/raw/branch/main/README.md", "name"),
        (
            "https://codeberg.org/owner/name/src/branch/main/a.md",
            "https://codeberg.org/owner/name/raw/branch/main/a.md",
            "name",
        ),
        (
            "https://git.example.org/owner/name/src/branch/main/papers",
            "https://git.example.org/owner/name/raw/branch/main/papers/README.md",
            "name",
        ),
        ("https://example.org/surveys/refs.bib", "https://example.org/surveys/refs.bib", "surveys"),
        ("https://example.org/export?format=csv#gid=0", "https://example.org/export?format=csv", "example.org"),
        ("HTTPS://Example.org:8443/a.yaml", "https://Example.org:8443/a.yaml", "example.org"),
    ],
)  # fmt: skip
def test_a_copied_address_leads_to_the_bytes(address, place, called):
    assert is_address(address)
    found = parse_list_address(address)
    assert (found.places[0], found.called) == (place, called)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://github.com/owner", "is no repository; expected one like https://github.com/OWNER/NAME"),
        ("https://github.com/owner/name/issues/3", "neither a repository nor a file in one"),
        ("https://gist.github.com/owner", "is no gist"),
        ("ftp://example.org/a.bib", "not an http"),
        ("file:///etc/passwd", "not an http"),
        ("https:///a.bib", "not an http"),
        ("https://[::1/a.bib", "is not an address"),
        ("https://example.org:99999/a.bib", "is not an address"),
        ("https://me:hunter2@example.org/a.bib", "user name or password"),
    ],
)
def test_other_addresses_are_refused_in_one_line(address, said):
    with pytest.raises(BadReference, match=said) as caught:
        parse_list_address(address)
    assert "hunter2" not in caught.value.message


@pytest.mark.parametrize(
    "name", ["README.md", "lists/a.bib", "C:/lists/a.bib", "C:\\a.bib", "-", "../x.md", "ws"]
)
def test_names_of_files_are_no_addresses(name):
    assert not is_address(name)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.org/x.md", "https://a.org/x.md"),
        ("https://me:hunter2@a.org:81/x.md", "https://a.org:81/x.md"),
        ("https://a.org/x.md?token=hunter2", "https://a.org/x.md?token=…"),
        ("https://a.org/x?page=2&X-Amz-Signature=hunter2&n=3", "https://a.org/x?page=2&X-Amz-Signature=…&n=3"),
        ("https://a.org/x?api_key=hunter2;v=1", "https://a.org/x?api_key=…;v=1"),
        ("https://[::1/x?token=hunter2", "https://[::1/x"),
        ("https://u:hunter2@[::1/x", "[::1/x"),
    ],
)  # fmt: skip
def test_messages_show_no_secret_of_an_address(url, shown):
    assert shown_address(url) == shown
