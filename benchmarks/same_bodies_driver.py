"""What `throughput_driver` is compared with: openai and pydantic alone, sending bodies of the same size.

    … --run ../benchmarks/same_bodies_driver@our:BENCH=DIR,BODY=FILE

`BODY` is a request of this project with `@TEXT@` in the place of the abstract; `--write` writes it. So the
client pays for sending, the server for reading, as much as ours, and nothing else: no ledger, no quotes.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

MARK = "@TEXT@"


def write(path: Path) -> None:
    """Writes a request with a mark where the abstract stands."""
    from classifier.model.paper import Paper, PaperFile
    from classifier.pdf.abstracts import document_from_text
    from classifier.pipeline import Classifier

    classifier = Classifier("offline")
    paper = Paper(abstract=MARK)
    prompt = classifier.render_prompt(
        PaperFile(ref="x", path=None, source="list", paper=paper), document_from_text(paper)
    )
    structure = {"name": "answer", "strict": True, "schema": prompt.answer_schema}
    body = {
        "messages": [
            {"role": "system", "content": prompt.system},
            {"role": "user", "content": prompt.user},
        ],
        "max_tokens": 4000,
        "temperature": 0.0,
        "logprobs": True,
        "top_logprobs": 5,
        "response_format": {"type": "json_schema", "json_schema": structure},
    }
    path.write_text(json.dumps(body), encoding="utf-8")


def run() -> None:
    """Sends the bench's items, as the bench's own raw_openai does."""
    sys.path.insert(0, str(Path(os.environ["BENCH"]) / "drivers"))
    import common

    with common.Imports() as imp:
        from typing import Literal

        import openai
        import pydantic

    a = common.args()
    answer = pydantic.create_model(
        "Answer", label=(Literal[tuple(common.LABELS)], ...), confidence=(float, ...)
    )
    body: dict[str, Any] = json.loads(Path(os.environ["BODY"]).read_text(encoding="utf-8"))
    system, user = body.pop("messages")
    out = common.Writer(a.out)

    async def everything() -> None:
        client = openai.AsyncOpenAI(base_url=a.base_url + "/v1", max_retries=5)
        gate = asyncio.Semaphore(a.concurrency)

        async def one(i: int) -> None:
            shown = {**user, "content": user["content"].replace(MARK, common.texts.text(i))}
            error: Exception | None = None
            async with gate:
                for _ in range(3):
                    try:
                        said = await client.chat.completions.create(
                            model=a.model, messages=[system, shown], **body
                        )
                        content = said.choices[0].message.content
                        out.put(i, answer.model_validate_json(content).label)
                        return
                    except pydantic.ValidationError as wrong:
                        error = wrong
                    except openai.OpenAIError as wrong:
                        error = wrong
                        break
            out.put(i, None, error)

        await asyncio.gather(*(one(i) for i in range(a.n)))

    asyncio.run(everything())
    out.done(imp, a.concurrency)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        write(Path(sys.argv[2]))
    else:
        run()
