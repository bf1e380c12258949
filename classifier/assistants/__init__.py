"""Assistants: the classifier's tools over the Model Context Protocol (MCP), for programs that talk to models.

Reading order: `config` (its settings), `records` (the tools' results), `papers` (which files may be read),
`reading` (run folders and labels as records), `tree` (the taxonomy), `tools` (the tools of every server),
`writing` and `money` (the tools of `--allow-write`), `server` (connects them).

Arguments of a client are written by a model that may have read hostile papers: every argument is untrusted.
It needs the extra "mcp"; without it importing this package works, and `create_server` says what to install.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcp.server import MCPServer

    from classifier.assistants.config import AssistantConfig

__all__ = ["create_server", "serve_stdio"]


def create_server(config: AssistantConfig) -> MCPServer[Any]:
    """The server with its tools; it opens nothing before a tool is called.

    Raises:
        ConfigError: The extra "mcp" is missing, or the workspace or a setting is wrong.
    """
    from classifier.extras import need

    need("mcp.server", "mcp", "classifier mcp")
    from classifier.assistants.server import build_server

    return build_server(config)


def serve_stdio(config: AssistantConfig) -> None:
    """Serves one client on standard input and output until it closes them.

    Raises:
        ConfigError: As `create_server`.
    """
    create_server(config).run("stdio")
