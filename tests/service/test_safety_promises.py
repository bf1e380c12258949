"""Each promise of the service's security has tests; this table says which, and that they exist."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
PROMISES = {
    "bound to loopback by default, without login there": ["test_loopback_is_served_without_users"],
    "writes that another site starts are refused": [
        "test_a_write_that_another_site_starts_is_refused",
        "test_another_site_cannot_put_parts_of_a_page_into_its_own",
    ],
    "cookies are for this site only, and not for scripts": [
        "test_a_session_cookie_is_for_this_site_and_not_for_scripts"
    ],
    "unknown host names are refused (DNS rebinding)": ["test_a_foreign_host_is_refused"],
    "another address needs users, else the service does not start": [
        "test_another_address_is_not_served_while_nobody_could_log_in",
        "test_the_command_refuses_to_start_for_others_without_a_user",
        "test_a_public_name_on_loopback_means_that_a_proxy_lets_others_in",
        "test_without_a_token_nothing_is_shown",
        "test_guessing_tokens_is_slowed_down",
    ],
    "tokens are stored as hashes": ["test_tokens_and_sessions_are_kept_as_hashes_only"],
    "roles limit what a user may do": ["test_a_role_bounds_what_a_user_may_do"],
    "a proxy's header counts from named peers only": [
        "test_a_proxys_header_needs_named_peers",
        "test_a_proxys_word_counts_only_from_its_own_address",
    ],
    "keys of model servers reach no page, log or answer": [
        "test_the_servers_key_never_reaches_an_answer_a_page_or_a_file",
        "test_own_failures_are_told_without_their_trace",
    ],
    "uploads are limited while they stream": [
        "test_an_upload_that_is_too_large_is_refused_before_it_is_sent",
        "test_an_upload_without_a_size_is_cut_off_while_it_streams",
        "test_other_requests_may_be_only_small",
    ],
    "requests a minute are limited": ["test_who_asks_too_often_is_told_to_wait"],
    "runs at once are limited": [
        "test_only_so_many_lists_are_in_work_at_once",
        "test_too_many_waiting_papers_are_refused",
    ],
    "a user's spending of a day is limited": [
        "test_a_user_spends_no_more_in_a_day_than_the_limit_allows",
        "test_a_list_never_costs_more_than_its_own_limit",
        "test_all_runs_of_a_user_together_stay_below_the_days_limit",
        "test_holds_survive_a_kill_and_are_settled_by_what_arrived",
    ],
    "content policy without inline code, nosniff, no referrer": [
        "test_every_answer_has_the_headers_that_keep_a_browser_in_bounds",
        "test_pages_have_nothing_inline_and_nothing_from_elsewhere",
    ],
    "uploaded names are never paths": ["test_an_uploaded_name_is_never_a_path"],
    "a list's file fields never reach files of the server": [
        "test_files_that_a_list_names_are_not_looked_at"
    ],
    "references never name files or private addresses": [
        "test_a_reference_never_names_a_file_of_this_machine",
        "test_references_never_fetch_private_addresses_whatever_the_settings_say",
    ],
    "PDFs and page pictures are handled in the sandbox only": [
        "test_a_ledgers_word_does_not_make_another_file_a_paper",
        "test_the_service_reads_and_draws_in_the_sandbox_only",
        "test_pdfs_and_page_pictures_are_handled_in_the_sandbox_only",
    ],
    "words of papers, lists and models are inert on every page": [
        "test_words_of_papers_lists_and_people_are_inert_in_every_page",
        "test_each_export_is_a_download_that_a_browser_does_not_run",
    ],
    "slow connections keep nobody out": [
        "test_many_slow_connections_do_not_keep_others_out",
        "test_a_body_that_stops_coming_is_given_up",
    ],
    "a full disk is a clear answer": [
        "test_a_full_disk_is_a_clear_answer_and_nothing_is_half_kept",
        "test_little_room_on_the_disk_refuses_new_papers_early",
    ],
    "a locked or damaged database is a clear answer": [
        "test_a_locked_database_is_a_clear_answer_and_loses_nothing",
        "test_a_damaged_ledger_is_one_line_for_its_run_and_the_rest_goes_on",
        "test_a_locked_ledger_is_said_at_once_and_is_there_again_when_it_is_free",
    ],
    "a killed worker is a clear answer": [
        "test_a_killed_pdf_worker_is_a_clear_answer_and_the_next_paper_is_read"
    ],
    "a lost wake-up, a locked or full database, delays a run only": [
        "test_a_run_whose_task_was_lost_is_found_again",
        "test_a_database_that_is_locked_while_a_list_runs_delays_it_only",
    ],
    "a killed service loses nothing": ["test_a_killed_service_labels_afterwards_what_it_had_accepted"],
}


def names() -> set[str]:
    return {
        node.name
        for file in TESTS.rglob("test_*.py")
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


@pytest.mark.parametrize("promise", PROMISES)
def test_each_promise_has_its_tests(promise):
    assert set(PROMISES[promise]) <= names()


def test_the_service_reads_and_draws_in_the_sandbox_only():
    """PDFs go through `PdfReader`, whose worker is the sandbox: no module calls a PDF library itself."""
    package = TESTS.parent / "classifier" / "service"
    imported = {
        name
        for file in package.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names] if isinstance(node, ast.Import)
            else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        )
    }  # fmt: skip
    assert {name for name in imported if name.split(".")[0] in ("pypdfium2", "pypdf")} == set()
    assert {name for name in imported if name.startswith("classifier.pdf.")} <= {
        "classifier.pdf.places"
    }  # records only
