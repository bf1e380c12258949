"""The image, built and tried by the builder that is there: docker, podman or buildah (make test-image).

IMAGE_BASE      another base image than the Dockerfile's, e.g. one that is on this machine already
IMAGE_STORE     options before the subcommand, e.g. "--storage-driver vfs"
IMAGE_BUILD     options of the build, e.g. "--volume /etc/pip.conf:/etc/pip.conf:ro"
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILDERS = ("docker", "podman", "buildah")
NAME = "survey-classifier-test"
USER = 10001
Run = Callable[..., subprocess.CompletedProcess[str]]


def said(command: list[str], *, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stderr[-2000:]
    return done


@pytest.fixture(scope="session")
def builder() -> list[str]:
    """The builder that is named, or the first that works, with its options."""
    for name in (os.environ["IMAGE_BUILDER"],) if "IMAGE_BUILDER" in os.environ else BUILDERS:
        if shutil.which(name) and said([name, "info"], check=False).returncode == 0:
            return [name, *shlex.split(os.environ.get("IMAGE_STORE", ""))]
    pytest.fail("no builder works here; expected docker, podman or buildah")


@pytest.fixture(scope="session")
def run(builder: list[str], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a program in the image as its own user, with one writable volume."""
    base = os.environ.get("IMAGE_BASE")
    build = [*builder, "bud" if builder[0] == "buildah" else "build", "-t", NAME]
    build += ["--build-arg", f"BASE={base}"] if base else []
    build += ["--isolation", "chroot", "--format", "docker"] if builder[0] == "buildah" else []
    said([*build, *shlex.split(os.environ.get("IMAGE_BUILD", "")), "."])
    data = tmp_path_factory.mktemp("data")
    data.chmod(0o777)
    if builder[0] == "buildah":
        container = said([*builder, "from", NAME]).stdout.strip()
        start = [*builder, "run", "--isolation", "chroot", "-v", f"{data}:/data"]

        def in_container(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
            return said([*start, container, "--", *words], check=check)
    else:
        start = [*builder, "run", "--rm", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"]
        start += ["--security-opt", "no-new-privileges", "-v", f"{data}:/data", "--entrypoint", ""]

        def in_container(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
            return said([*start, NAME, *words], check=check)

    return in_container


def test_the_user_is_nobody_special_and_writes_into_the_volume_only(run):
    assert run("id", "-u").stdout.strip() == str(USER)
    run("sh", "-c", "echo x > /data/mine")
    for path in ("/x", "/opt/classifier/x", "/opt/classifier/bin/classifier", "/etc/x"):
        assert run("sh", "-c", f"echo x > {path}", check=False).returncode != 0, path


def test_the_image_has_the_command_and_the_extras_and_no_source_tree(run):
    assert run("classifier", "--version").stdout.startswith("classifier ")
    run("python", "-c", "import fastapi, mcp, classifier.service.app, classifier.assistants.server")
    assert run("sh", "-c", "ls /src", check=False).returncode != 0


def test_the_pdf_sandbox_has_all_its_limits_in_the_image(run):
    code = (
        "import sys; from pathlib import Path; from classifier.pdf.sandbox import Worker; "
        "from classifier.pdf import PdfLimits; w = Worker(PdfLimits()); print(sorted(w.in_force)); w.kill()"
    )
    limits = run("python", "-c", code).stdout
    assert limits.strip() == str(["CPU", "address space", "core files", "file size", "open files"])


def test_without_a_user_the_service_refuses_to_start_and_with_one_it_is_healthy(run):
    refused = run("classifier", "serve", "/data/runs", "--host", "0.0.0.0", check=False)
    assert refused.returncode == 2
    assert "--add-user" in refused.stderr
    assert run("classifier", "serve", "/data/runs", "--add-user", "ada", "--role", "owner").stdout.strip()
    dockerfile = (ROOT / "Dockerfile").read_text()
    check = json.loads(dockerfile.partition("HEALTHCHECK")[2].partition("CMD ")[2].partition("\n")[0])
    script = (
        "classifier serve /data/runs --host 0.0.0.0 & service=$!; for i in $(seq 60); do sleep 1; "
        f"if {shlex.join(check)} 2>/dev/null; then kill $service; exit 0; fi; done; exit 1"
    )
    run("sh", "-c", script)
    assert run(*check, check=False).returncode != 0


def test_a_backup_can_be_taken_and_restored_in_the_volume(run):
    run("classifier", "backup", "/data/runs", "/data/backup.tar.gz")
    run("classifier", "restore", "/data/backup.tar.gz", "/data/again")
    assert run("ls", "/data/again").stdout.split() == ["service.sqlite"]
