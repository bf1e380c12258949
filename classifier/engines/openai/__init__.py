"""The engine for any OpenAI-compatible server.

Reading order: `engine` (a task in, a reply out), `chat` (one question, adapted to the server, tried
again), `transport` (one exchange), `failures` and `completion` (what came back), `retry`, `ladder`,
`logprobs`, `prices`.
"""

from classifier.engines.openai.engine import OpenAIEngine

__all__ = ["OpenAIEngine"]
