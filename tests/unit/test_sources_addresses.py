"""No connection to a private address, by whatever name, redirect or trick of the name server."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from classifier.errors import SourceError, SourceUnavailable
from classifier.sources import Sources
from classifier.sources.addresses import CheckedTransport, is_public, resolve_host
from classifier.sources.pdf_bytes import TextSink
from classifier.sources.web import Patience, Web
from tests.arxiv_server import ArxivServer, Reply, pdf_reply, redirect


@pytest.fixture
def server() -> Iterator[ArxivServer]:
    with ArxivServer() as running:
        yield running


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("0.0.0.0", "100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "198.18.0.1"),
        *("::", "::1", "fc00::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "2001:db8::1"),
        *(
            "::ffff:127.0.0.1",
            "::ffff:a00:1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
        ),
        *("", "localhost", "2130706433", "127.1"),
    ],
)
def test_addresses_that_are_not_for_everybody(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "172.32.0.1"]
)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.1", "127.1", "0.0.0.0"),
        *("[::1]", "[::ffff:127.0.0.1]", "[::]", "169.254.169.254", "10.0.0.1"),
    ],
)
async def test_a_private_address_is_refused_in_every_spelling(
    host: str, server: ArxivServer, tmp_path: Path
) -> None:
    async with Sources(tmp_path, "me", patience=Patience(attempts=1)) as sources:
        with pytest.raises(SourceError, match="private address"):
            await sources.fetch(f"http://{host}:{server.port}/a.pdf")
    assert server.seen == []


async def test_a_redirect_to_a_private_address_is_refused(server: ArxivServer, tmp_path: Path) -> None:
    """The configured mirror may be private itself; what it points at may not."""
    with ArxivServer() as inside:
        server.paper("2402.01874v1", "A title")
        server.on("/pdf/2402.01874v1", redirect(f"http://localhost:{inside.port}/pdf/2402.01874v1"))
        inside.on("/pdf/2402.01874v1", pdf_reply())
        async with Sources(tmp_path, "me", arxiv_base_url=server.url, min_interval_s=0) as sources:
            with pytest.raises(SourceError, match=r"localhost is at the private address .*allow private"):
                await sources.fetch("2402.01874v1")
        assert inside.seen == []
        assert len(server.seen) == 2


async def test_the_mirror_that_is_trusted_is_no_way_in_for_other_addresses(
    server: ArxivServer, tmp_path: Path
) -> None:
    async with Sources(tmp_path, "me", arxiv_base_url=server.url, min_interval_s=0) as sources:
        with pytest.raises(SourceError, match="private address"):
            await sources.fetch(f"{server.url}/a.pdf")
    assert server.seen == []


class Names:
    """A name server that gives its answers in turn, the last one again and again."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append((host, port))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def test_the_connection_goes_to_the_checked_address_and_keeps_the_name(server: ArxivServer) -> None:
    server.on("/a.pdf", pdf_reply())
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    transport = CheckedTransport(allow_private=True, resolve=names)
    async with httpx.AsyncClient(transport=transport) as client:
        response = await client.get(f"http://paper.test:{server.port}/a.pdf")
    assert response.status_code == 200
    assert response.url.host == "paper.test"
    assert server.headers[0]["Host"] == f"paper.test:{server.port}"
    assert names.asked == [("paper.test", server.port)]


async def test_a_name_that_turns_private_is_refused_at_its_next_request(server: ArxivServer) -> None:
    """The trusted name stands for a public one here: its second answer is checked like its first."""
    names = Names(["127.0.0.1"])
    transport = CheckedTransport(trusted=("mirror.test", server.port), resolve=names)
    server.on("/a", Reply())
    async with httpx.AsyncClient(transport=transport) as client:
        await client.get(f"http://mirror.test:{server.port}/a")
        with pytest.raises(SourceError, match=r"other\.test is at the private address 127"):
            await client.get(f"http://other.test:{server.port}/a")
    assert server.seen == ["/a"]


async def test_one_private_address_among_public_ones_is_refused(server: ArxivServer) -> None:
    transport = CheckedTransport(resolve=Names(["8.8.8.8", "127.0.0.1"]))
    async with httpx.AsyncClient(transport=transport) as client:
        with pytest.raises(SourceError, match=r"127\.0\.0\.1"):
            await client.get(f"http://mixed.test:{server.port}/a")
    assert server.seen == []


async def test_the_next_address_is_tried_if_one_does_not_answer(server: ArxivServer) -> None:
    server.on("/a", Reply(body=b"yes"))
    transport = CheckedTransport(allow_private=True, resolve=Names(["127.0.0.9", "127.0.0.1"]))
    async with httpx.AsyncClient(transport=transport) as client:
        assert (await client.get(f"http://two.test:{server.port}/a")).content == b"yes"


async def test_a_host_without_addresses_is_a_connection_error() -> None:
    async with httpx.AsyncClient(transport=CheckedTransport(resolve=Names([]))) as client:
        with pytest.raises(httpx.ConnectError, match="no address"):
            await client.get("http://none.test/")


async def test_odd_spellings_are_resolved_as_the_system_would() -> None:
    assert await resolve_host("0x7f000001", 80) == ["127.0.0.1"]


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate with its key for paper.test, which vouches for itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "paper.test")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("paper.test")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


async def test_tls_checks_the_name_and_never_falls_back_to_http(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with ArxivServer(certificate) as server:
        server.on("/a", Reply(body=b"yes"))
        server.on("/down", redirect(f"http://paper.test:{server.port}/a"))
        transport = CheckedTransport(allow_private=True, resolve=Names(["127.0.0.1"]))
        web = Web(transport, contact="me", patience=Patience(attempts=2, backoff_s=0))
        sink = TextSink("the server", 100)
        await web.get(f"https://paper.test:{server.port}/a", sink)
        assert sink.data == b"yes"
        with pytest.raises(SourceUnavailable, match=r"other\.test has no valid certificate"):
            await web.get(f"https://other.test:{server.port}/a", sink)
        with pytest.raises(SourceError, match="from https to http"):
            await web.get(f"https://paper.test:{server.port}/down", sink)
        await web.aclose()
        assert server.names == ["paper.test", "other.test", "paper.test"]
        assert server.seen == ["/a", "/down"]
