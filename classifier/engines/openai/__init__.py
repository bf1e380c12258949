"""The engine for any OpenAI-compatible server.

Reading order: `engine` (a task in, a reply out), `conversation` (any question, with one re-ask), `chat` (one
question, adapted to the server, with retries), `transport` (one exchange), `failures` and `completion` (the
server's response), `retry`, `ladder`, `logprobs`, `prices`.
"""

from classifier.engines.openai.engine import OpenAIEngine

__all__ = ["OpenAIEngine"]
