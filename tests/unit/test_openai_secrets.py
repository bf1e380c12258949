import pytest

from classifier.engines.openai.secrets import secrets_of, without_secrets
from classifier.engines.openai.transport import Body

KEY = 'sk-0123"456789\\abcdef'


@pytest.mark.parametrize("word", [None, "", "  ", "EMPTY", "ollama", "mock", "not-needed"])
def test_a_word_for_a_local_server_is_no_secret(word):
    assert secrets_of(word) == ()


def test_a_key_is_cut_out_wherever_it_stands():
    body = {"model": f"m of {KEY}", "choices": [{"message": {"content": f'"{KEY}"'}}], KEY: 1}
    clean = without_secrets(body, secrets_of(f" {KEY}\n"))
    assert clean == {
        "model": "m of [removed]",
        "choices": [{"message": {"content": '"[removed]"'}}],
        "[removed]": 1,
    }


def test_a_body_without_it_stays_the_same_object():
    body = Body({"choices": []}, b'{"choices": []}')
    assert without_secrets(body, secrets_of(KEY)) is body


def test_a_server_does_not_show_its_key():
    from classifier.engines.openai.transport import Server

    assert "sk-planted" not in repr(Server(api_key="sk-planted-0123456789", base_url="http://127.0.0.1:9/v1"))
