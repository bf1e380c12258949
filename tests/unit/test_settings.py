import pytest

from classifier.errors import ConfigError
from classifier.settings import load_settings

KEY = "sk-do-not-show-me"


@pytest.fixture
def config(tmp_path, monkeypatch):
    """Writes a configuration file and names it in the environment."""

    def write(text: str):
        path = tmp_path / "settings.toml"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setenv("CLASSIFIER_CONFIG", str(path))
        return path

    return write


def test_nothing_set_means_the_offline_engine_and_no_model():
    settings = load_settings()
    assert (settings.engine, settings.chosen_engine, settings.model) == ("auto", "offline", None)


@pytest.mark.parametrize(
    ("environment", "engine"),
    [
        ({"OPENAI_API_KEY": KEY}, "openai"),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}, "openai"),
        ({"OPENAI_API_KEY": KEY, "CLASSIFIER_ENGINE": "offline"}, "offline"),
        ({"CLASSIFIER_ENGINE": "openai"}, "openai"),
        ({"OPENAI_API_KEY": "", "OPENAI_BASE_URL": ""}, "offline"),
    ],
)
def test_auto_is_openai_if_a_key_or_a_base_url_is_set(monkeypatch, environment, engine):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert load_settings().chosen_engine == engine


# Each source, strongest first; a row switches on the ones that are named.
@pytest.mark.parametrize(
    ("sources", "model"),
    [
        ({"argument", "environment", "file"}, "by-argument"),
        ({"argument", "file"}, "by-argument"),
        ({"environment", "file"}, "by-environment"),
        ({"file"}, "by-file"),
        (set(), None),
    ],
)
def test_argument_goes_before_environment_before_file(monkeypatch, config, sources, model):
    config('model = "by-file"' if "file" in sources else "")
    if "environment" in sources:
        monkeypatch.setenv("CLASSIFIER_MODEL", "by-environment")
    assert load_settings(model="by-argument" if "argument" in sources else None).model == model


def test_the_base_url_of_the_environment_goes_before_the_files(monkeypatch, config):
    config('base_url = "http://file.invalid"')
    assert load_settings().base_url == "http://file.invalid"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://environment.invalid")
    assert load_settings().base_url == "http://environment.invalid"


def test_a_variable_in_lower_case_counts_as_systems_take_it_and_goes_before_the_file(monkeypatch, config):
    config('model = "by-file"')
    monkeypatch.setenv("classifier_model", "by-environment")
    assert load_settings().model == "by-environment"


def test_an_empty_variable_is_as_good_as_none(monkeypatch, config):
    config('model = "by-file"')
    monkeypatch.setenv("CLASSIFIER_MODEL", "")
    monkeypatch.setenv("CLASSIFIER_REVIEW_BELOW", "")
    settings = load_settings()
    assert (settings.model, settings.review_below) == ("by-file", 0.5)


def test_the_file_in_the_users_configuration_directory_is_read_by_default(monkeypatch):
    from platformdirs import user_config_path

    path = user_config_path("survey-classifier") / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text("review_below = 0.9", encoding="utf-8")
    assert load_settings().review_below == 0.9


def test_no_file_of_the_working_directory_is_read(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in ("config.toml", "classifier.toml", ".env", "pyproject.toml"):
        (tmp_path / name).write_text('model = "stranger"\nCLASSIFIER_MODEL="stranger"\n', encoding="utf-8")
    assert load_settings().model is None


@pytest.mark.parametrize(
    ("arrange", "said"),
    [
        (lambda config, env: env("CLASSIFIER_MODLE", "x"), "did you mean CLASSIFIER_MODEL?"),
        (lambda config, env: env("classifier_modle", "x"), "did you mean CLASSIFIER_MODEL?"),
        (
            lambda config, env: env("CLASSIFIER_API_KEY", KEY),
            "unknown environment variable 'CLASSIFIER_API_KEY'",
        ),
        (lambda config, env: config('modle = "x"'), "did you mean model?"),
        (lambda config, env: config("zzz = 1"), "'zzz'. Known: "),
    ],
)
def test_an_unknown_key_is_rejected_by_name_in_every_source(monkeypatch, config, arrange, said):
    arrange(config, monkeypatch.setenv)
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert said in caught.value.message
    assert KEY not in caught.value.message


def test_an_unknown_argument_is_refused():
    with pytest.raises(ConfigError, match="unknown argument 'modell'; did you mean model"):
        load_settings(modell="x")


def test_a_key_in_a_file_is_refused_and_not_repeated(config):
    path = config(f'api_key = "{KEY}"')
    with pytest.raises(ConfigError, match="OPENAI_API_KEY") as caught:
        load_settings()
    assert str(path) in caught.value.message
    assert KEY not in caught.value.message


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("CLASSIFIER_REVIEW_BELOW", "1.5", "review_below"),
        ("CLASSIFIER_EXAMPLES", "some", "examples"),
        ("CLASSIFIER_EXAMPLES", "nearest:0", "examples"),
        ("CLASSIFIER_BUDGET_TOKENS", "lots", "budget_tokens"),
        ("CLASSIFIER_ENGINE", "gpt", "engine"),
        ("CLASSIFIER_PRICES", "{not json", "prices"),
        ("CLASSIFIER_PRICES", '{"m": {"input": -1, "output": 2}}', "prices.m.input"),
    ],
)
def test_a_value_out_of_range_is_a_configuration_error_that_names_the_setting(monkeypatch, name, value, said):
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=said):
        load_settings()


@pytest.mark.parametrize("content", [b"model = ", b"\xff\xfe", None])
def test_a_named_file_that_cannot_be_read_is_a_configuration_error(monkeypatch, tmp_path, content):
    path = tmp_path / "broken.toml"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("CLASSIFIER_CONFIG", str(path))
    with pytest.raises(ConfigError, match=r"broken\.toml"):
        load_settings()


def test_prices_come_from_a_table_of_the_file(config):
    config('[prices."my/model"]\ninput = 0.5\noutput = 2\n')
    price = load_settings().prices["my/model"]
    assert (price.input, price.output, price.cached_input) == (0.5, 2.0, None)


def test_the_key_shows_in_no_text_of_the_settings(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    settings = load_settings()
    assert settings.api_key is not None
    assert settings.api_key.get_secret_value() == KEY
    for shown in (repr(settings), str(settings), settings.model_dump_json(), str(settings.model_dump())):
        assert KEY not in shown


def test_the_key_shows_in_no_error_about_another_setting(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("CLASSIFIER_TIMEOUT_S", "-1")
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert KEY not in caught.value.message
    assert KEY not in repr(caught.value.__cause__)
