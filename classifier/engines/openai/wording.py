"""Patterns for the text of servers' errors, in lower case, and what each means.

There are no standard error codes, so the words decide. Comments name the servers that a pattern is for. It
does not send requests, or decide what to do next (`classifier.engines.openai.ladder`, `trial`, `failures`).
"""

from __future__ import annotations

import re


def _any(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives))


_NOT = r"(?:\bnot\b|n't\b|unsupported|disabled|invalid)"
_SYSTEM = r"['\"`]?\b(?:system|developer)\b['\"`]?"

_FORMAT = _any(
    r"response_format|json_schema|json_object|json mode|json schema|\bschema\b|structured|guided|grammar"
)
_TOOL = _any(r"\btools?\b", "tool_choice", r"\bfunctions?\b", "function_call")
_UNKNOWN = _any(
    r"unsupported|n[o']t support|unknown|unrecogni[sz]ed|unexpected|not permitted|not allowed|instead",
    r"\bdeprecated\b",
)
_UNWANTED = _any(
    _UNKNOWN.pattern, "invalid|extra|only the default|requires|disabled", "must be|should be|out of range"
)
_SAYS_NOTHING = _any(
    r"[45]\d\d|none|null",
    r"bad[ _]request(?:_error)?",
    r"unprocessable[ _](?:entity|content)",
    r"invalid[ _]request(?:_error)?|invalid_argument|request contains an invalid argument",
    r"internal[ _](?:server[ _])?error|server[ _]error",
)
_UNEXPLAINED = re.compile(rf"\W*(?:(?:{_SAYS_NOTHING.pattern})\W*)*")
_NO_SYSTEM = _any(
    # chat templates of Gemma and Mistral behind vLLM, llama.cpp and TGI; Google, Bedrock
    rf"{_SYSTEM}[ _-](?:role|message|prompt|instruction)s?\b.{{0,40}}?{_NOT}",
    rf"roles? (?:is|are) supported[^.]{{0,20}}\bgot {_SYSTEM}",
    r"\broles? (?:must|should) (?:strictly )?(?:alternate|be )|use a valid role",
    r"(?:expected|accepts only|supported (?:roles|values)|one of)\W.{0,40}\buser\b.{0,40}\bassistant\b",
    r"only user(?:,| and| or)[^.]{0,40}\broles?\b",
    r"(?:first message|conversations?) must (?:start|begin|be)(?: with| from| by)?(?: a| the)? ?['\"`]?user",
    # OpenAI's o1-mini, FastAPI, gateways
    rf"(?:not|n't) (?:support|accept|allow|permit)\w*:? (?:the |a |any )?{_SYSTEM}",
    rf"(?:unexpected|unknown|invalid|unsupported)(?: value| message)?(?: role)?\W{{1,4}}{_SYSTEM}",
    rf"\brole\W{{1,4}}{_SYSTEM}.{{0,30}}{_NOT}",
    r"messages\W{0,2}0\W{0,2}role",
)
_MUST_STREAM = _any(
    # DashScope, and gateways that only stream
    r"only supports? (?:the )?stream",
    r"stream(?:ing)?(?: mode)? (?:is |only |was )?(?:required|mandatory|only)",
    r"\b(?:must|please|need to|enable)\b.{0,40}\bstream",
    r"\bstream\b\W{0,3}(?:must|should|has to) be (?:set to )?true",
    r"(?:not|n't) support non-?_?stream",
    rf"non-?_?stream\w*.{{0,40}}{_NOT}",
    r"for non-?_?streaming",
)
_NO_STREAM = _any(
    r"\bstream(?:ing)?\b.{0,30}(?:not support|unsupported|disabled|false|not allowed|not enabled)",
    r"(?:not|n't) support stream",
)
_MODERATION = _any(
    # OpenRouter, Azure, DashScope, Google, OpenAI
    r"\bmoderat\w+|\bflagged\b|responsible_?ai|data_inspection|prohibited_content",
    r"content[ _-]?(?:filter|policy|management|safety)|inappropriate content|usage polic",
    r"safety (?:system|filter|polic|reasons)",
)
_SPENT = _any(
    # OpenAI, DeepSeek, Moonshot, Anthropic, OpenRouter, SiliconFlow, DashScope, xAI, Together
    r"insufficient[ _](?:quota|balance|credit|funds)|exceeded_current_quota|credit_limit|spending limit",
    r"billing_(?:hard_limit|not_active)|arrearage",
    r"credit balance is too low|balance (?:is|has been) (?:insufficient|not enough|too low|exhausted)",
    r"out of credits|(?:no|n't have any|not have any|more) credits\b(?! (?:were|was|have been|will be)\b)",
    r"budget_exceeded|budget has been exceeded",  # LiteLLM
)
_NO_MODEL = _any(
    # OpenAI, vLLM, Ollama, LM Studio, Azure, OpenRouter, LiteLLM, DeepSeek, Mistral, Anthropic, Google
    r"model_not_found|deploymentnotfound|model_not_exist|\bdeployment\b.{0,60}does not exist",
    r"\bmodels?\b.{0,120}(?:\bnot found|not exist\b|is not available|not loaded|not a valid model)",
    r"(?:invalid|unknown|no such|not a valid) model\b",
    r"not_found_error.{0,40}\bmodel:|model:.{0,80}\(not_found_error",
    r"unable to access model|not have access to (?:the )?model",
)
_NO_PATH = _any(
    r"unexpected endpoint|page not found|no such path|cannot post|no route|unknown (?:url|endpoint|path)"
)
_ROOM = _any(r"\bmax_(?:completion_|output_|new_)?tokens\b")
_TOO_LARGE = _any(
    r"too (?:large|high|big|long|many)|at most|maximum|exceed|less than|valid range|must be|greater than",
    r"> ?\d|<= ?\d|limit",
)
_OVERFLOW = _any(
    # OpenAI, vLLM, llama.cpp, Ollama, LM Studio, SGLang, TGI, TabbyAPI, Google, Anthropic
    r"context_length_exceeded|exceed_context_size|context (?:length|window|size|limit)",
    r"maximum model length|max_model_len|max_seq_len|prompt (?:is )?too long|too long to fit",
    r"input (?:token count|length|is too long).{0,40}exceed|input is too long",
    r"too many (?:input |prompt )?tokens|prompt length.{0,40}(?:exceed|greater)",
    r"`?inputs`? (?:tokens )?(?:\+|must have less)|request too large|contextwindowexceeded",
)
_RATE_OF_TOKENS = re.compile(
    r"\btokens?\b.{0,60}?\blimit:? ?([\d,]+)\b.{0,80}?\brequested:? ?([\d,]+)", re.DOTALL
)
_PLAN_QUOTA = _any(r"exceeded your current quota[^.]{0,60}\bbilling")
_PER_DAY = _any(r"\bper[ -]day\b|\bdaily\b|\([rt]pd\)")
_NO_KEY = _any(
    r"no auth credentials|api[ _]secret key|unauthori[sz]ed|authentication",
    r"(?:invalid|incorrect|missing|no|expired)[ _](?:api|access)[ _-]?(?:key|token)",
)
_NO_COUNTRY = _any(r"\b(?:country|region|territory|location)\b.{0,60}(?:not supported|unsupported)")
_PARAMETERS = _any(r"handle the requested parameters")
_FAILED_SAMPLE = _any("json_validate_failed", "tool_use_failed")


def names_format(said: str) -> bool:
    """Whether a rejection is about the requested format."""
    return _FORMAT.search(said) is not None


def names_tools(said: str) -> bool:
    """Whether a rejection is about tools."""
    return _TOOL.search(said) is not None


def is_unwanted(said: str, parameter: str) -> bool:
    """Whether a rejection says that a parameter, or its value, is not accepted."""
    return parameter in said and _UNWANTED.search(said) is not None


def is_unknown(said: str, parameter: str) -> bool:
    """Whether a rejection says that a parameter of this name does not exist."""
    return re.search(rf"\b{parameter}\b", said) is not None and _UNKNOWN.search(said) is not None


def unexplained(said: str) -> bool:
    """Whether a rejection gives no reason at all."""
    return _UNEXPLAINED.fullmatch(said.strip()) is not None


def refuses_system_role(said: str) -> bool:
    """Whether a server, or a model's chat template, accepts no system message."""
    return _NO_SYSTEM.search(said) is not None


def wants_stream(said: str) -> bool:
    """Whether a server answers only in a stream."""
    return _MUST_STREAM.search(said) is not None


def refuses_stream(said: str) -> bool:
    """Whether a server does not answer in a stream."""
    return _NO_STREAM.search(said) is not None


def is_moderation(said: str) -> bool:
    """Whether the text of the paper was rejected, rather than the form of the request."""
    return _MODERATION.search(said) is not None


def is_spent(said: str) -> bool:
    """Whether the account has no quota or credit left: only a person can change that."""
    return _SPENT.search(said) is not None


def is_unknown_model(said: str) -> bool:
    """Whether the server has no model with this name."""
    return _NO_MODEL.search(said) is not None


def is_unknown_path(said: str) -> bool:
    """Whether the server has nothing at this address (LM Studio says so with HTTP 200)."""
    return _NO_PATH.search(said) is not None


def is_room_too_large(said: str) -> bool:
    """Whether the output limit is higher than the server allows."""
    named = _ROOM.search(said) is not None and _UNKNOWN.search(said) is None
    return named and _TOO_LARGE.search(said) is not None


def is_overflow(said: str) -> bool:
    """Whether the prompt does not fit."""
    return _OVERFLOW.search(said) is not None


def is_failed_sample(said: str) -> bool:
    """Whether the server rejected the model's output (Groq), rather than the request."""
    return _FAILED_SAMPLE.search(said) is not None


def never_fits(said: str) -> bool:
    """Whether a request needs more tokens than the limit per minute allows, so that waiting does not help."""
    found = _RATE_OF_TOKENS.search(said)
    if found is None:
        return False
    limit, requested = (int(text.replace(",", "") or 0) for text in found.groups())
    return requested > limit


def is_plan_spent(said: str) -> bool:
    """Whether the plan's quota is used up; Google's message about a quota per minute also names a wait."""
    return _PLAN_QUOTA.search(said) is not None


def is_per_day(said: str) -> bool:
    """Whether a rate limit is per day."""
    return _PER_DAY.search(said) is not None


def is_unauthorized(said: str) -> bool:
    """Whether the key is missing or wrong."""
    return _NO_KEY.search(said) is not None


def refuses_country(said: str) -> bool:
    """Whether the provider does not serve the country that the request comes from."""
    return _NO_COUNTRY.search(said) is not None


def refuses_parameters(said: str) -> bool:
    """Whether some parameter, which is not named, is not supported (OpenRouter)."""
    return _PARAMETERS.search(said) is not None
