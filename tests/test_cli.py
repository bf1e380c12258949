"""The command as a user meets it: whole processes, real files, exit codes, what goes to which stream."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.llm_server import LlmServer, reply, status
from tests.test_pipeline import PAPER, TITLE
from tests.test_pipeline import reply as right_reply

ROOT = Path(__file__).parent.parent
KEY = "sk-test-0123456789abcdef"


def run(*arguments: str, stdin: bytes | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs `classifier ARGUMENTS` in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "classifier", *arguments],
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        env=os.environ | environment,
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def test_the_example_is_placed_offline_with_no_key_and_no_network():
    done = run("classify", str(PAPER))
    assert (done.returncode, done.stderr) == (0, "")
    assert TITLE[:60] in done.stdout
    assert "p. 1" in done.stdout
    assert "engine: offline" in done.stdout
    assert "a baseline" in done.stdout
    assert "\x1b[" not in done.stdout  # no colour in a pipe


def test_json_is_one_label_a_line():
    done = run("classify", str(PAPER), str(PAPER), "--json")
    labels = [json.loads(line) for line in done.stdout.splitlines()]
    assert [label["status"] for label in labels] == ["placed", "placed"]
    assert labels[0]["schema_version"] == 1
    assert labels[0]["provenance"]["engine"] == "offline"


def test_a_pdf_is_read_from_standard_input():
    done = run("classify", "-", "--json", stdin=PAPER.read_bytes())
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["paper"]["source"] == "stdin"


def test_one_bad_file_among_several_does_not_stop_the_rest(tmp_path):
    bad = tmp_path / "bad.pdf"
    bad.write_bytes(b"<!doctype html><title>403</title>")
    done = run("classify", str(bad), str(PAPER), "--json")
    first, second = map(json.loads, done.stdout.splitlines())
    assert done.returncode == 6
    assert (first["status"], first["error"]["code"]) == ("failed", "not-a-pdf")
    assert second["status"] == "placed"
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["classify", "no-such-file.pdf"], 3, "no-such-file.pdf"),
        (["classify", "x"], 3, "arXiv"),
        (["classify", "a.pdf", "--engine", "openai"], 2, "--model"),
        (["classify", str(PAPER), "--examples", "some"], 2, "examples"),
        (["classify", str(PAPER), "--engine", "psychic"], 2, "psychic"),
        (["classify", str(PAPER), "--workspace", "/nonexistent"], 2, "taxonomy.yaml"),
        (["classify"], 2, "REF"),
        (["clasify", "x"], 2, "clasify"),
    ],
)
def test_an_error_is_one_line_with_its_exit_code(arguments, code, said):
    done = run(*arguments, **({"OPENAI_API_KEY": KEY} if "openai" in arguments else {}))
    assert done.returncode == code
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr
    assert done.stdout == ""


def test_an_unknown_setting_in_the_environment_is_refused():
    done = run("classify", str(PAPER), CLASSIFIER_MODLE="x")
    assert done.returncode == 2
    assert "CLASSIFIER_MODEL" in done.stderr


def test_debug_adds_the_trace():
    done = run("--debug", "tree", "--workspace", "/nonexistent")
    assert "Traceback" in done.stderr
    assert done.returncode == 2


def test_show_prompt_prints_what_would_be_sent_and_sends_nothing():
    with LlmServer([status(500)]) as server:
        done = run(
            "classify", str(PAPER), "--show-prompt", "--engine", "openai", "--model", "m",
            OPENAI_BASE_URL=server.url,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert TITLE in done.stdout
    assert "<<<PAPER" in done.stdout
    assert "llm4rl/reward" in done.stdout
    assert server.requests == []


def test_the_openai_engine_labels_over_http(builtin):
    with LlmServer([reply(right_reply(builtin, "llm4rl/reward"))]) as server:
        done = run("classify", str(PAPER), "--model", "m", "--json", OPENAI_BASE_URL=server.url)
    label = json.loads(done.stdout)
    assert (done.returncode, label["leaf"]) == (0, "llm4rl/reward")
    assert (label["provenance"]["engine"], label["provenance"]["attempts"]) == ("openai", 1)
    assert label["provenance"]["tokens_in"] == 1000
    assert label["provenance"]["cost_usd"] is None
    assert "unknown-price" in [warning["code"] for warning in label["warnings"]]


def test_a_wrong_key_ends_with_5_and_is_never_shown(builtin):
    with LlmServer([status(401, f"Incorrect API key provided: {KEY}")]) as server:
        done = run(
            "classify", str(PAPER), "--model", "m", "--debug",
            OPENAI_BASE_URL=server.url, OPENAI_API_KEY=KEY,
        )  # fmt: skip
    assert done.returncode == 5
    assert KEY not in done.stderr + done.stdout
    assert len(server.requests) == 1


def test_an_unreachable_server_is_reported_soon_and_in_one_line():
    with LlmServer([status(500)]) as server:
        url = server.url
    done = run("classify", str(PAPER), "--model", "m", OPENAI_BASE_URL=url)
    assert done.returncode == 5
    assert "check the base URL and that the server is running" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_in_a_pipe_a_long_wait_is_reported_and_a_short_one_is_not(builtin):
    long, short = ({"retry-after": seconds} for seconds in ("2.1", "0.1"))
    script = [
        status(429, "busy", headers=short),
        status(429, "busy", headers=long),
        reply(right_reply(builtin, "llm4rl/reward")),
    ]
    with LlmServer(script) as server:
        done = run("classify", str(PAPER), "--model", "m", OPENAI_BASE_URL=server.url)
    assert done.returncode == 0
    [line] = done.stderr.splitlines()
    assert line.startswith("classifier: waiting 2 s: http://127.0.0.1:")
    assert "HTTP 429: busy" in line


def test_no_escape_sequence_of_a_paper_reaches_the_terminal(tmp_path, builtin):
    with LlmServer(
        [reply(right_reply(builtin, "llm4rl/reward", rationale="red \x1b[31m\x07 alert"))]
    ) as server:
        done = run("classify", str(PAPER), "--model", "m", OPENAI_BASE_URL=server.url)
    assert "alert" in done.stdout
    assert "\x1b" not in done.stdout
    assert "\x07" not in done.stdout


def test_tree_shows_every_leaf_with_its_studies():
    done = run("tree")
    for leaf in ("llm4rl/goal", "rl+llm/with-language-feedback"):
        assert leaf in done.stdout
    assert "InstructGPT" in done.stdout or "Training language models to follow instructions" in done.stdout
    counted = json.loads(run("tree", "--json").stdout)
    assert sum(len(row["studies"]) for row in counted["labels"]) == 38


def test_lint_has_no_errors_on_a_sound_workspace_and_is_3_on_a_broken_one(tmp_path, bridges):
    sound = run("lint", "--json")
    findings = [(found["level"], found["code"]) for found in json.loads(sound.stdout)]
    # One leaf of the survey has a single study.
    assert (sound.returncode, findings) == (0, [("advice", "one-paper")])
    broken = tmp_path / "broken"
    broken.mkdir()
    text = (bridges / "taxonomy.yaml").read_text()
    (broken / "taxonomy.yaml").write_text(text.replace("aim: [damage]", "aim: [harm]"))
    done = run("lint", "--workspace", str(broken))
    assert done.returncode == 3
    assert "unknown-answer" in done.stdout


def test_schema_prints_the_labels_and_the_answers_json_schema():
    label = json.loads(run("schema").stdout)
    answer = json.loads(run("schema", "--answer").stdout)
    assert label["properties"]["schema_version"]["const"] == 1
    assert "llm4rl/reward" in answer["properties"]["label"]["enum"]


def test_train_learns_weights_that_the_offline_engine_then_uses(tmp_path):
    workspace = tmp_path / "survey"
    workspace.mkdir()
    for name in ("taxonomy.yaml", "gold"):
        (workspace / name).symlink_to(ROOT / name)
    suite = ROOT / "eval" / "suites" / "extended.jsonl"
    trained = run("train", "--data", str(suite), "--workspace", str(workspace), "--json")
    report = json.loads(trained.stdout)
    assert (trained.returncode, report["papers"]) == (0, 135)
    assert 0.5 < report["accuracy"]["extended"] < 1
    before = json.loads(run("classify", str(PAPER), "--json").stdout)
    after = json.loads(run("classify", str(PAPER), "--json", "--workspace", str(workspace)).stdout)
    assert after["provenance"]["model"] != before["provenance"]["model"]
    assert after["confidence"] != before["confidence"]


def test_invalid_training_data_is_reported_with_its_line(tmp_path):
    suite = tmp_path / "papers.jsonl"
    suite.write_text('{"id": "a", "title": "A", "abstract": "Some text.", "label": "no/leaf"}\n')
    done = run("train", "--data", str(suite), "--out", str(tmp_path))
    assert done.returncode == 2
    assert "no/leaf" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_version_and_help_answer():
    assert run("--version").stdout.startswith("classifier ")
    assert "classify" in run("--help").stdout
    assert run().stdout == run("--help").stdout


STRICT = {"CLASSIFIER_ACCEPT_UNMEASURED": "", "CLASSIFIER_AUDIT_SHARE": ""}


def test_an_engine_is_unmeasured_until_an_evaluation_on_its_workspace_has_run(bridges, tmp_path):
    own = str(shutil.copytree(bridges, tmp_path / "own"))
    arguments = ("classify", str(PAPER), "--engine", "offline", "--workspace", own)
    done = run(*arguments, **STRICT)
    assert "unmeasured);" in done.stdout  # then the branch
    assert "review      needed: " in done.stdout
    # A long path is broken at the screen's width.
    measuring = f"run `classifier eval --suite gold --engine offline --workspace {own}` (free)"
    assert measuring.replace(" ", "") in "".join(done.stdout.split())
    accepted = run(*arguments, "--accept-unmeasured", "--json", CLASSIFIER_ACCEPT_UNMEASURED="")
    assert "unmeasured" not in json.loads(accepted.stdout)["review_reasons"]

    evaluated = run(
        "eval", "--engine", "offline", "--workspace", own, "--out", str(tmp_path / "eval"), **STRICT
    )
    assert evaluated.returncode == 0, evaluated.stderr
    assert json.loads((tmp_path / "eval" / "predictions.jsonl").read_text().splitlines()[0])["result"][
        "review_reasons"
    ] in ([], ["low-confidence"])
    label = json.loads(run(*arguments, "--json", **STRICT).stdout)
    assert "unmeasured" not in label["review_reasons"]
    assert (label["provenance"]["accuracy"]["suite"], label["provenance"]["accuracy"]["n"]) == ("gold", 15)


def test_labels_of_an_engine_that_an_evaluation_has_measured_as_bad_go_to_review(bridges, tmp_path):
    own, suite = str(shutil.copytree(bridges, tmp_path / "own")), tmp_path / "suite.jsonl"
    title = "Reward Sketches: Letting a Language Model Write What a Greenhouse Robot Is Paid For"
    wrong = {"title": title, "text": title, "label": "upkeep/fixed-schedule"}
    suite.write_text("".join(json.dumps(wrong | {"id": f"p{n}"}) + "\n" for n in range(12)))
    engine = ("--engine", "offline", "--workspace", own)
    done = run("eval", "--suite", str(suite), *engine, "--out", str(tmp_path / "eval"), **STRICT)
    assert done.returncode == 0, done.stderr

    def ask(**environment: str) -> dict:
        return json.loads(run("classify", str(PAPER), *engine, "--json", **STRICT, **environment).stdout)

    label, silent = ask(), ask(CLASSIFIER_ACCURACY_BELOW="0")
    assert label["provenance"]["accuracy"]["accuracy"] < 0.5
    assert "weak-engine" in label["review_reasons"]
    assert "weak-engine" not in silent["review_reasons"]
    assert silent["leaf"] == label["leaf"]
    assert silent["confidence"] == label["confidence"]
    again = run("eval", "--suite", str(suite), *engine, "--out", str(tmp_path / "again"), **STRICT)
    assert again.returncode == 0, again.stderr
    assert "weak-engine" not in (tmp_path / "again" / "predictions.jsonl").read_text()


def test_several_papers_are_told_apart_by_their_files(tmp_path):
    second = tmp_path / "second.pdf"
    second.write_bytes(PAPER.read_bytes())
    done = run("classify", str(PAPER), str(second))
    assert [line for line in done.stdout.splitlines() if line.endswith(".pdf")] == [str(PAPER), str(second)]


def test_a_model_for_the_offline_engine_is_rejected():
    done = run("classify", str(PAPER), "--engine", "offline", "--model", "m")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "classifier: --model m has no effect: the engine is offline; add --engine openai, or remove --model"
    ]
