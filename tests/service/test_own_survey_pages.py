"""Pages of a service for one's own survey: commands name that survey, and nothing of another is offered."""

from __future__ import annotations

import html
import re
import shlex
import shutil

from classifier.cli.app import run as cli
from classifier.service.config import ServiceConfig
from classifier.service.server import add_user
from classifier.service.store.users import UserRole
from tests.service.kit import BRIDGES, serving


def measuring(page):
    return html.unescape(re.search(r"<code>(classifier eval [^<]*)</code>", page)[1])


def test_the_command_that_adds_an_evaluation_measures_this_survey_and_works_as_printed(tmp_path):
    own = shutil.copytree(BRIDGES, tmp_path / "my bridges")
    with serving(tmp_path / "runs", workspace=own) as served:
        empty = served.client.get("/evaluation").text
        assert "There is no evaluation yet. The command above creates one." in empty
        words = shlex.split(measuring(empty).replace("DIR/NAME", str(tmp_path / "runs/first")))
        assert (words[0], words[-2:]) == ("classifier", ["--workspace", str(own)])
        assert cli(words[1:]) == 0
        assert "There is no evaluation yet" not in served.client.get("/evaluation").text


def test_other_users_are_not_told_where_the_survey_lies(tmp_path):
    token = add_user(ServiceConfig(folder=tmp_path / "runs"), "ada", UserRole.reader)
    with serving(tmp_path / "runs", require_login=True) as served:
        page = served.client.get("/evaluation", headers={"Authorization": f"Bearer {token}"}).text
        assert measuring(page).endswith("--out DIR/NAME --workspace SURVEY")
        assert "that of its survey as SURVEY" in page
        assert str(BRIDGES) not in page


def test_the_command_names_no_folder_for_the_built_in_survey(tmp_path):
    with serving(tmp_path / "runs", workspace=None) as served:
        page = served.client.get("/evaluation").text
        assert measuring(page) == "classifier eval --suite gold --engine offline --out DIR/NAME"


def test_the_built_in_surveys_example_is_offered_for_that_survey_alone(tmp_path):
    offers = {
        "/": "Fill in an example",
        "/lists": "example list",
        "/tree": "example list",
        "/review": "example list",
    }
    for workspace, offered in ((None, True), (BRIDGES, False)):
        with serving(tmp_path / f"runs-{offered}", workspace=workspace) as served:
            pages = {path: served.client.get(path).text for path in (*offers, "/?example=true")}
            assert {path: words in pages[path] for path, words in offers.items()} == dict.fromkeys(
                offers, offered
            )
            assert ("Empty the form" in pages["/?example=true"]) is offered
            sent = served.client.post("/lists", data={"example": "true"})
            assert sent.status_code == (303 if offered else 422)
