"""A chat model small enough to be made within a test: real weights, trained to say one sentence, behind a real server.

Run as a program it makes the model and serves it: `python -m tests.tiny_model PORT SENTENCE`. torch loads in that
process and not in the tests'. `transformers serve` would do, but needs accelerate.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from eval.servers import free_port
from tests.processes import stop, wait_until

NAME = "tiny"
_PROMPT_TOKENS = 12
_PIECES = r"\s*\S+"


@contextmanager
def served(sentence: str) -> Iterator[str]:
    """A server with a model that says this sentence, until the block ends; the address of its API."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.tiny_model", str(port), sentence],
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
    )
    try:
        wait_until(lambda: _answers(port, process), 240)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        stop(process)


def _answers(port: int, process: "subprocess.Popen[bytes]") -> bool:
    assert process.poll() is None, "the model's server ended"
    try:
        return httpx.get(f"http://127.0.0.1:{port}/v1/models").status_code == 200
    except httpx.TransportError:
        return False


def made(sentence: str) -> tuple[Any, Any]:
    """A Llama of one layer that was trained to say the sentence whatever it is asked, and its tokenizer of words."""
    import torch
    from tokenizers import Regex, Tokenizer, decoders
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Split
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    split = Split(Regex(_PIECES), "isolated")
    words = ["<unk>", "<s>", "</s>", *dict.fromkeys(word for word, _ in split.pre_tokenize_str(sentence))]
    tokenizer = Tokenizer(WordLevel({word: place for place, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer, tokenizer.decoder = split, decoders.Fuse()
    marks = {"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>", "pad_token": "</s>"}
    kept = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **marks)
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    ids = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=len(words), max_position_embeddings=256, **sizes, **ids))
    said = torch.tensor([1, *kept(sentence)["input_ids"], 2])
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-2)
    for _ in range(80):
        tokens = torch.cat([torch.randint(0, len(words), (4, _PROMPT_TOKENS)), said.repeat(4, 1)], 1)
        wanted = tokens.clone()
        wanted[:, : _PROMPT_TOKENS + 1] = -100
        optimiser.zero_grad()
        model(input_ids=tokens, labels=wanted).loss.backward()
        optimiser.step()
    return model.eval(), kept


def serve(port: int, sentence: str) -> None:
    """Make the model and serve it in the form of OpenAI's API, streamed and not."""
    import torch
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response, StreamingResponse
    from starlette.routing import Route
    from transformers import TextIteratorStreamer

    model, tokenizer = made(sentence)

    def pieces(body: dict[str, Any], counted: dict[str, int]) -> Iterator[str]:
        prompt = "\n".join(each["content"] for each in body["messages"])
        read = [*tokenizer(prompt)["input_ids"][-_PROMPT_TOKENS:], 1]
        streamer = TextIteratorStreamer(tokenizer, skip_prompt=True, skip_special_tokens=True)
        options = {
            "max_new_tokens": body.get("max_completion_tokens") or body.get("max_tokens") or 50,
            "do_sample": False,
        }
        given = {"input_ids": torch.tensor([read]), "attention_mask": torch.ones(1, len(read)), "streamer": streamer}
        thread = threading.Thread(target=model.generate, kwargs={**given, **options})
        thread.start()
        wrote = ""
        for text in streamer:
            wrote += text
            yield text
        thread.join()
        wrote_tokens = len(tokenizer(wrote)["input_ids"])
        counted |= {
            "prompt_tokens": len(read),
            "completion_tokens": wrote_tokens,
            "total_tokens": len(read) + wrote_tokens,
        }

    def events(body: dict[str, Any]) -> Iterator[str]:
        counted: dict[str, int] = {}
        head = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": NAME}
        for text in pieces(body, counted):
            yield _event({**head, "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]})
        yield _event({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        if (body.get("stream_options") or {}).get("include_usage"):
            yield _event({**head, "choices": [], "usage": counted})
        yield "data: [DONE]\n\n"

    async def complete(request: Request) -> Response:
        body = await request.json()
        if body["model"] != NAME:
            return JSONResponse({"error": {"message": "no such model", "code": "model_not_found"}}, status_code=404)
        if body.get("stream"):
            return StreamingResponse(events(body), media_type="text/event-stream")
        counted: dict[str, int] = {}
        message = {"role": "assistant", "content": "".join(pieces(body, counted))}
        choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
        whole = {"id": "x", "object": "chat.completion", "created": 0, "model": NAME}
        return JSONResponse({**whole, "choices": choices, "usage": counted})

    async def models(_: Request) -> Response:
        return JSONResponse({"object": "list", "data": [{"id": NAME, "object": "model"}]})

    routes = [Route("/v1/chat/completions", complete, methods=["POST"]), Route("/v1/models", models)]
    uvicorn.run(Starlette(routes=routes), host="127.0.0.1", port=port, log_level="warning")


def _event(body: dict[str, Any]) -> str:
    return f"data: {json.dumps(body)}\n\n"


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2])
