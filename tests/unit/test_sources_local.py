"""Files, pipes and standard input: no network, nothing left behind."""

import hashlib
import io
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from classifier.errors import BadReference, ClassifierError, NotAPdf, StoreError, UnreadablePdf
from classifier.model.paper import Paper
from classifier.sources import Reference, Sources
from tests.arxiv_server import PDF, html_reply


def local(tmp_path: Path, **more: object) -> Sources:
    return Sources(tmp_path / "cache", "me@example.org", **more)  # type: ignore[arg-type]


async def test_a_local_file_is_hashed_in_place_without_a_cache(tmp_path: Path) -> None:
    path = tmp_path / "paper.pdf"
    path.write_bytes(PDF * 50)
    async with local(tmp_path) as sources:
        file = await sources.fetch(str(path))
    assert file.path == path
    assert file.source == "file"
    assert file.sha256 == hashlib.sha256(PDF * 50).hexdigest()
    assert file.paper == Paper()
    assert not (tmp_path / "cache").exists()


async def test_standard_input_is_in_a_temporary_file_until_close(tmp_path: Path) -> None:
    sources = local(tmp_path, stdin=io.BytesIO(PDF))
    file = await sources.fetch("-")
    assert file.path is not None
    assert file.path.read_bytes() == PDF
    assert (file.source, file.sha256) == ("stdin", hashlib.sha256(PDF).hexdigest())
    await sources.aclose()
    assert not file.path.exists()
    assert not file.path.parent.exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
async def test_a_pipe_is_read_once_and_kept(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(PDF,))
    writer.start()
    async with local(tmp_path) as sources:
        file = await sources.fetch(str(pipe))
        assert file.path is not None
        assert file.path.read_bytes() == PDF
    writer.join()
    assert file.source == "file"


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (b"", NotAPdf, "is empty"),
        (html_reply().body, NotAPdf, "is an HTML page"),
        (b"PK\x03\x04" + bytes(3000), NotAPdf, "is not a PDF"),
        (bytes(2000) + b"%PDF-1.4", NotAPdf, "is not a PDF"),
        (PDF * 100, UnreadablePdf, "larger than the limit of 100,000 bytes"),
    ],
)
@pytest.mark.parametrize("source", ["file", "stdin"])
async def test_bytes_that_are_no_use_are_refused(
    content: bytes, error: type[ClassifierError], said: str, source: str, tmp_path: Path
) -> None:
    path = tmp_path / "paper.pdf"
    path.write_bytes(content)
    async with local(tmp_path, stdin=io.BytesIO(content), max_bytes=100_000) as sources:
        with pytest.raises(error, match=said):
            await sources.fetch(str(path) if source == "file" else "-")


async def test_the_magic_may_be_anywhere_in_the_first_kib(tmp_path: Path) -> None:
    path = tmp_path / "paper.pdf"
    path.write_bytes(b"\n" * 1020 + b"%PDF-1.4" + bytes(9000))
    async with local(tmp_path) as sources:
        assert (await sources.fetch(str(path))).path == path


async def test_a_terminal_as_standard_input_is_not_waited_for(tmp_path: Path) -> None:
    class Terminal(io.BytesIO):
        def isatty(self) -> bool:
            return True

    async with local(tmp_path, stdin=Terminal()) as sources:
        with pytest.raises(BadReference, match="is a terminal; expected a PDF"):
            await sources.fetch("-")


async def test_what_is_refused_leaves_no_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    async with local(tmp_path, stdin=io.BytesIO(b"no")) as sources:
        with pytest.raises(NotAPdf):
            await sources.fetch("-")
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert list(tmp_path.glob("classifier-*")) == []


async def test_no_room_for_temporary_files_is_a_store_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    async with local(tmp_path, stdin=io.BytesIO(PDF)) as sources:
        with pytest.raises(StoreError, match="set TMPDIR"):
            await sources.fetch("-")


async def test_a_file_that_vanishes_is_a_bad_reference(tmp_path: Path) -> None:
    gone = tmp_path / "gone.pdf"
    async with local(tmp_path) as sources:
        with pytest.raises(BadReference, match="cannot read"):
            await sources.fetch(Reference(ref="gone", kind="file", value=str(gone)))


def test_a_local_file_loads_no_http_client(tmp_path: Path) -> None:
    path = tmp_path / "paper.pdf"
    path.write_bytes(PDF)
    program = (
        "import asyncio, sys; from pathlib import Path; from classifier.sources import Sources\n"
        "async def main():\n"
        "    async with Sources(Path('unused'), 'me') as sources: await sources.fetch(sys.argv[1])\n"
        "asyncio.run(main())\n"
        "print({'httpx', 'tenacity', 'filelock', 'rapidfuzz'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
