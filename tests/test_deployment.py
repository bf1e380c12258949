"""The files that install the service: checked by their tools, and against what the code needs."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import urllib.error
from pathlib import Path
from typing import Any

import pytest
import yaml

from classifier.cli.app import app
from classifier.service.config import PORT, ServiceConfig
from tests.service import kit

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "classifier.service"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
WRITABLE = ("/data", "/tmp")


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions in order, continued lines joined, comments left out."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#")).replace("\\\n", " ")
    return [tuple(line.split(maxsplit=1)) for line in lines.splitlines() if line.strip()]  # type: ignore[misc]


def of(name: str) -> list[str]:
    return [value for found, value in instructions() if found == name]


def unit() -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for line in UNIT.read_text(encoding="utf-8").splitlines():
        name, is_value, value = line.partition("=")
        if is_value and not line.startswith("#"):
            values.setdefault(name, []).append(value)
    return values


def checked(command: list[Any]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def tool(name: str) -> str:
    found = shutil.which(name, path=f"{Path(sys.executable).parent}:/usr/bin:/usr/sbin:/usr/local/bin:/bin")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


# -- the image -------------------------------------------------------------------------------------


def test_hadolint_finds_nothing_in_the_dockerfile():
    done = checked([tool("hadolint"), ROOT / "Dockerfile"])
    assert (done.returncode, done.stdout) == (0, "")


def test_hadolint_does_find_faults(tmp_path):
    """The control: a base without tag, and packages without clean-up."""
    (tmp_path / "Dockerfile").write_text("FROM debian\nRUN apt-get install curl\n")
    done = checked([tool("hadolint"), tmp_path / "Dockerfile"])
    assert done.returncode == 1
    assert "DL3006" in done.stdout


def test_the_image_is_small_safe_and_pinned():
    assert re.search(r"=[a-z0-9./-]+:\d+\.\d+[a-z0-9.-]*$", of("ARG")[0]), (
        "the base has no version in its tag"
    )
    assert of("FROM") == ["${BASE} AS build", "${BASE}"]
    names = [name for name, _ in instructions()]
    last = names[len(names) - 1 - names[::-1].index("FROM") :]
    user = of("USER")[0].split(":")[0]
    assert user.isdigit()
    assert int(user) > 0
    assert "RUN" not in last[last.index("USER") :], "nothing is run in the build after the user is set"
    assert of("VOLUME") == [WRITABLE[0]]
    assert not any("KEY" in value or "TOKEN" in value for value in (*of("ENV"), *of("ARG")))


def test_what_the_image_writes_lies_in_its_volume_or_in_tmp():
    environment = dict(pair.split("=", 1) for value in of("ENV") for pair in shlex.split(value))
    for name in ("HOME", "TMPDIR", "CLASSIFIER_CACHE_DIR", "CLASSIFIER_DATA_DIR"):
        assert environment[name].startswith(WRITABLE), name
    assert environment["PYTHONDONTWRITEBYTECODE"] == "1"


def test_the_build_gets_everything_that_the_wheel_takes_and_nothing_else():
    config = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    taken = {"classifier", "pyproject.toml", "README.md", "LICENSE"} | set(
        re.findall(r'^"([^"]+)" = "classifier/_workspace/', config, re.MULTILINE)
    )
    copied = {source for value in of("COPY") if "--from" not in value for source in value.split()[:-1]}
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert copied == taken
    assert {line[1:] for line in ignored if line.startswith("!")} == taken
    assert next(line for line in ignored if not line.startswith(("#", "!"))) == "*"


def command_options(arguments: list[str]) -> None:
    """Refuses a command line whose command or options the program does not have."""
    import typer.main

    command = typer.main.get_command(app).commands[arguments[0]]  # type: ignore[attr-defined]
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    assert {word for word in arguments if word.startswith("--")} <= known


def test_the_commands_of_image_unit_and_compose_exist():
    command_options(json.loads(of("CMD")[-1]))
    (started,) = unit()["ExecStart"]
    program, *arguments = shlex.split(started)
    assert program == "/opt/classifier/bin/classifier"
    command_options(arguments)
    assert of("ENTRYPOINT") == ['["classifier"]']
    assert of("EXPOSE") == [str(PORT)]
    assert COMPOSE["services"]["classifier"]["ports"] == [f"127.0.0.1:{PORT}:{PORT}"]
    assert not ServiceConfig(host="127.0.0.1", require_login=True).is_wildcard


def test_the_health_check_asks_the_service_and_fails_with_it(tmp_path):
    (check,) = (value for value in of("HEALTHCHECK"))
    program, flag, code = json.loads(check.partition("CMD ")[2])
    assert (program, flag) == ("python", "-c")
    with kit.serving(tmp_path / "runs", require_login=True) as service:
        here = code.replace(f"http://127.0.0.1:{PORT}", service.url)
        assert here != code
        exec(compile(here, "health", "exec"), {})
    with pytest.raises(urllib.error.URLError):
        exec(compile(here, "health", "exec"), {})


# -- compose ---------------------------------------------------------------------------------------


def test_the_compose_file_keeps_to_the_specification():
    command = [tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml"]
    done = checked(command)
    assert done.returncode == 0, done.stdout


def test_the_specification_does_refuse_faults(tmp_path):
    """The control: a misspelt key of a service."""
    wrong = json.loads(json.dumps(COMPOSE))
    wrong["services"]["classifier"]["read_onyl"] = True
    (tmp_path / "compose.yaml").write_text(yaml.safe_dump(wrong))
    command = [tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", tmp_path / "compose.yaml"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


@pytest.mark.parametrize("name", ["classifier", "model"])
def test_each_container_has_few_rights(name):
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert all(mount.endswith(":ro") or mount.split(":")[1] in WRITABLE for mount in service["volumes"])
    assert all(mount.split(":")[0] in WRITABLE for mount in service["tmpfs"])


def test_the_model_is_reached_by_the_service_only():
    service, model = COMPOSE["services"]["classifier"], COMPOSE["services"]["model"]
    assert model["networks"] == ["models"]
    assert COMPOSE["networks"]["models"] == {"internal": True}
    assert "ports" not in model
    environment = service["environment"]
    host, port = re.fullmatch(r"http://(\w+):(\d+)/v1", environment["OPENAI_BASE_URL"]).groups()  # type: ignore[union-attr]
    assert host == "model"
    assert model["command"][model["command"].index("--port") + 1] == port
    assert model["command"][model["command"].index("--alias") + 1] == environment["CLASSIFIER_MODEL"]
    assert environment["CLASSIFIER_MODEL"] in json.loads(environment["CLASSIFIER_PRICES"])
    assert set(service["depends_on"]) == {"model"}
    assert "healthcheck" in model


# -- systemd ---------------------------------------------------------------------------------------


def test_systemd_takes_the_unit_and_finds_it_hardened(tmp_path):
    analyze = tool("systemd-analyze")
    here = tmp_path / UNIT.name
    here.write_text(UNIT.read_text().replace("/opt/classifier/bin/classifier", sys.executable))
    done = checked([analyze, "verify", here])
    assert (done.returncode, done.stderr) == (0, "")
    done = subprocess.run(
        [analyze, "security", "--offline=true", "--threshold=20", here],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-400:]  # exposure of at most 2.0 of 10


def test_the_unit_leaves_the_pdf_sandbox_what_it_needs():
    """Resource limits and processes: docs/adr/0020 has the measurement."""
    values = unit()
    filters = values["SystemCallFilter"]
    assert filters[0] == "@system-service"
    assert not any("resources" in line or "process" in line for line in filters)
    assert int(values["TasksMax"][0]) >= 64
    assert values["MemoryMax"] == ["4G"]
    assert "RLIMIT" not in UNIT.read_text()
    assert not {"LimitAS", "LimitFSIZE", "LimitCPU"} & values.keys()


def test_the_unit_writes_only_into_folders_that_systemd_makes():
    values = unit()
    assert values["ProtectSystem"] == ["strict"]
    assert values["DynamicUser"] == ["yes"]
    (started,) = values["ExecStart"]
    folder = Path(shlex.split(started)[2])
    assert folder.parent == Path("/var/lib") / values["StateDirectory"][0]
    environment = dict(pair.split("=", 1) for line in values["Environment"] for pair in shlex.split(line))
    made = (f"/var/lib/{values['StateDirectory'][0]}", f"/var/cache/{values['CacheDirectory'][0]}")
    for name in ("HOME", "CLASSIFIER_CACHE_DIR", "CLASSIFIER_DATA_DIR"):
        assert environment[name].startswith(made), name
    assert not any("KEY" in name for name in environment)


# -- reverse proxies -------------------------------------------------------------------------------


def test_nginx_takes_its_configuration(tmp_path):
    nginx = tool("nginx")
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid;\nerror_log {tmp_path}/error.log;\nevents {{}}\n"
        f"http {{ access_log off;\n{plain_nginx(8081, 8017, tmp_path)}\n}}\n"
    )
    done = subprocess.run(
        [nginx, "-t", "-p", tmp_path, "-c", tmp_path / "nginx.conf"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def plain_nginx(port: int, upstream: int, folder: Path) -> str:
    """The configuration without TLS, on a port of loopback, with a file of passwords."""
    (folder / "htpasswd").write_text("ada:{PLAIN}secret\n")
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    text = re.sub(r"^\s*ssl_certificate.*\n", "", text, flags=re.MULTILINE)
    for before, after in (
        ("443 ssl", f"127.0.0.1:{port}"),
        ("/etc/nginx/classifier.htpasswd", f"{folder}/htpasswd"),
        ("127.0.0.1:8017", f"127.0.0.1:{upstream}"),
    ):
        assert before in text
        text = text.replace(before, after)
    return text


def test_caddy_takes_its_configuration():
    command = [tool("caddy"), "validate", "--adapter", "caddyfile", "--config", DEPLOY / "Caddyfile"]
    done = checked(command)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_a_proxy_lets_large_uploads_through_and_says_who_is_there(name):
    text = (DEPLOY / name).read_text(encoding="utf-8")
    assert re.search(r"\b100m(b)?\b", text, re.IGNORECASE)
    assert ServiceConfig().upload_bytes == 100 << 20
    assert "--proxy-header X-Remote-User --proxy-peer 127.0.0.1" in text
    assert re.search(r"(proxy_set_header|header_up) X-Remote-User", text)


def test_every_file_that_the_page_of_installation_names_is_there():
    page = (ROOT / "docs" / "installation.md").read_text(encoding="utf-8")
    named = set(re.findall(r"deploy/[\w.-]+[a-zA-Z]", page)) - {"deploy/models"}
    assert named == {f"deploy/{path.name}" for path in DEPLOY.iterdir() if path.is_file()}
