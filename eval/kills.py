"""The kill drill: a worker is ended by SIGKILL at random moments of a job; the index must come out as undisturbed.

    python -m eval.kills --kills 20

Half of the job's documents replace a version that is there, half are new. After each kill another worker goes on; then
every store is compared with that of a run that nothing disturbed. Readers look on throughout.
"""

import json
import os
import random
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from eval.kill_stores import SPACE, Embedded, Place, Servers, Setup, Snapshot, postgres_server, snapshot
from eval.kill_watch import Seen, Versions, asking, watching
from eval.servers import free_port
from service.bootstrap import open_encoder, open_records
from service.core.job import Job, Upload, new_job_id
from service.core.logs import log_to_stderr
from service.core.records import Records
from service.core.types import IndexRecipe
from service.core.uploads import UploadStore

_WAIT_SECONDS = 900.0
_KINDS = ("copper", "wooden", "quiet", "ancient", "narrow", "yellow", "broken", "heavy", "polished", "foreign")
_THINGS = ("kettle", "anchor", "violin", "lantern", "ladder", "compass", "barrel", "curtain", "hammer", "saddle")
_ACTS = ("carries", "repairs", "follows", "measures", "paints", "borrows", "guards", "replaces", "counts", "lifts")


@dataclass(frozen=True)
class Kill:
    """One kill: how much was committed then, how long the job had run, and what came of it."""

    setup: str
    committed: int
    after_seconds: float
    differences: Sequence[str]
    looks: int
    answers: int
    torn: Sequence[str]
    seconds_to_done: float

    @property
    def held(self) -> bool:
        """Whether the index came out the same and nobody saw half a document."""
        return not self.differences and not self.torn


@dataclass(frozen=True)
class Drill:
    """The kills of one set-up."""

    setup: str
    documents: int
    chunks: int
    undisturbed_seconds: float
    kills: list[Kill] = field(default_factory=list)


def drill(setup: Setup, documents: int, kills: int, draw: random.Random) -> Iterator[Drill]:
    """Kill a worker `kills` times, each time in a run of its own; yields the drill after each."""
    old = {name: page_text(name, 1) for name in _names(documents // 2)}
    new = {name: page_text(name, 2) for name in _names(documents)}
    with setup.place("base") as base:
        settled(base, submitted(base, old))
        before = snapshot(base)
        with setup.place("undisturbed", base) as place:
            took = settled(place, submitted(place, new))
            after = snapshot(place)
        versions = {
            key: [each.versions[key] for each in (before, after) if key in each.versions]
            for key in before.versions.keys() | after.versions.keys()
        }
        done = Drill(setup.name, documents, len(after.chunks), round(took, 2))
        number = 0
        while len(done.kills) < kills:
            moment = Moment(draw.randrange(documents), draw.uniform(0, took / 10))
            with setup.place(f"kill-{number}", base) as place:
                kill = _killed(place, new, moment, after, versions)
            number += 1
            if kill is not None:
                done.kills.append(replace(kill, setup=setup.name))
                yield done


@dataclass(frozen=True)
class Moment:
    """When to kill: once so many documents are committed, and so many seconds more."""

    committed: int
    seconds: float


def _killed(
    place: Place, texts: Mapping[str, str], moment: Moment, expected: Snapshot, versions: Versions
) -> Kill | None:
    """Submit, kill the worker, let another one finish, and compare; None if the job had ended before the kill."""
    seen, job = Seen(), submitted(place, texts)
    tenant = place.settings.tenant
    with ExitStack() as readers:
        readers.enter_context(watching(place, versions, seen))
        if place.settings.chroma_url is not None:
            url, key = readers.enter_context(_service(place))
            readers.enter_context(asking(url, key, [_question(each) for each in list(texts)[::7]], versions, seen))
        records = readers.enter_context(closing(open_records(place.settings)))
        begun = datetime.now(UTC)
        worker = place.start("worker")
        _until(lambda: records.jobs.get(tenant, job).state != "queued")
        started = time.monotonic()
        _until(lambda: _committed(records, begun) >= moment.committed or not records.jobs.is_active(tenant, job))
        time.sleep(moment.seconds)
        worker.kill()
        worker.wait()
        after = time.monotonic() - started
        committed, caught = _committed(records, begun), records.jobs.is_active(tenant, job)
        seconds = settled(place, job)
    found = snapshot(place).differences(expected)
    kill = Kill(
        "", committed, round(after, 2), found, seen.looks, seen.answers, sorted(set(seen.torn)), round(seconds, 2)
    )
    return kill if caught else None


def _committed(records: Records, begun: datetime) -> int:
    """Files that the manifest has taken since."""
    return sum(1 for each in records.manifest.of("default", SPACE).values() if each.at and each.at > begun)


def settled(place: Place, job: str) -> float:
    """Run a worker until a job is done; returns the seconds from its begin to its end. Raises RuntimeError."""
    with closing(open_records(place.settings)) as records:

        def now() -> Job:
            return records.jobs.get(place.settings.tenant, job)

        worker = place.start("worker")
        try:
            _until(lambda: now().state != "queued")
            started = time.monotonic()
            _until(lambda: now().state not in {"queued", "running"})
            took = time.monotonic() - started
        finally:
            worker.terminate()
            worker.wait()
        ended = now()
    if ended.state != "done" or ended.problems:
        log = (place.settings.data_folder / "process.log").read_text(errors="replace")[-2000:]
        raise RuntimeError(f"The job ended as {ended.state}: {ended.error} {ended.problems[:2]}\n{log}")
    return took


def submitted(place: Place, texts: Mapping[str, str]) -> str:
    """A job of uploads, as POST /v1/documents makes it."""
    settings = place.settings
    store, job = UploadStore(settings.uploads_location), new_job_id()
    files = []
    for number, (name, said) in enumerate(texts.items()):
        key = f"{settings.tenant}/{job}/{number}/{name}"
        with store.writing(key) as file:
            file.write(said.encode())
        files.append(Upload(f"uploads/{name}", key, len(said)))
    with closing(open_records(settings)) as records:
        if SPACE not in {each.name for each in records.spaces(settings.tenant)}:
            fingerprint = str(open_encoder(settings).fingerprint)
            recipe = IndexRecipe(settings.encoder, fingerprint, settings.splitter, settings.max_chunk_tokens)
            records.ensure_space(settings.tenant, SPACE, recipe)
        asked = Job(settings.tenant, SPACE, "uploads", "uploads", "kills", id=job)
        return records.jobs.submit(asked, files).id


@contextmanager
def _service(place: Place) -> Iterator[tuple[str, str]]:
    """A service that answers from the same servers."""
    port, key = free_port(), secrets.token_hex(16)
    served = Place({**place.values, "api_key": key, "requests_per_minute": 1_000_000})
    process = served.start("up", "--port", str(port))
    url = f"http://127.0.0.1:{port}"
    try:
        _until(lambda: _answers(url))
        yield url, key
    finally:
        process.terminate()
        process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").is_success
    except httpx.TransportError:
        return False


def _until(holds: Any) -> None:
    deadline = time.monotonic() + _WAIT_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise RuntimeError(f"not within {_WAIT_SECONDS:g} seconds")
        time.sleep(0.05)


def _names(count: int) -> list[str]:
    return [f"page-{number}.md" for number in range(count)]


def page_text(name: str, version: int) -> str:
    """A page that shares no sentence with another page, every fifth in three sections; versions differ in the last."""
    draw = random.Random(name)  # noqa: S311  # the same page every time
    last = random.Random(f"{name}{version}")  # noqa: S311  # as above
    number = int(name.removesuffix(".md").rpartition("-")[2])
    bodies = [_sentence(draw) for _ in range(2 if number % 5 == 0 else 0)] + [_sentence(last)]
    title = f"{draw.choice(_KINDS)} {draw.choice(_THINGS)} {number}".capitalize()
    return f"# {title}\n\n" + "\n\n".join(f"## Part {part}\n\n{body}" for part, body in enumerate(bodies, 1)) + "\n"


def _sentence(draw: random.Random) -> str:
    kind, thing, act = draw.choice(_KINDS), draw.choice(_THINGS), draw.choice(_ACTS)
    return f"The {kind} {thing} {act} the {draw.choice(_KINDS)} {draw.choice(_THINGS)} in hall {draw.randrange(9999)}."


def _question(name: str) -> str:
    words = page_text(name, 2).rpartition("Part")[2].split()
    return f"What does the {words[2]} {words[3]} do in which hall?"


def table(drills: Sequence[Drill]) -> str:
    """The kills as a table in Markdown, those that did not hold with what differs."""
    lines = [
        "| set-up | kills | held | documents committed at the kill | seconds into the job | looks | answers | torn |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for each in drills:
        held = sum(one.held for one in each.kills)
        looks, answers = sum(one.looks for one in each.kills), sum(one.answers for one in each.kills)
        torn = sum(len(one.torn) for one in each.kills)
        at = ", ".join(str(one.committed) for one in sorted(each.kills, key=lambda one: one.committed))
        seconds = f"{min(one.after_seconds for one in each.kills)} to {max(one.after_seconds for one in each.kills)}"
        figures = (each.setup, len(each.kills), held, at, seconds, f"{looks:,}", f"{answers:,}", torn)
        lines.append(f"| {' | '.join(map(str, figures))} |")
        lines += [f"\n{one.after_seconds} s: {one.differences} {one.torn[:3]}" for one in each.kills if not one.held]
    return "\n".join(lines)


def main(
    kills: Annotated[int, typer.Option(help="Kills of each set-up.")] = 20,
    documents: Annotated[int, typer.Option(help="Documents of the job.")] = 300,
    setup: Annotated[list[str] | None, typer.Option(help="embedded, servers, or both.")] = None,
    seed: Annotated[int, typer.Option(help="Of the random moments.")] = 1,
    encoder_folder: Annotated[Path, typer.Option(help="Folder of the exported encoder.")] = Path("data/encoder"),
    to: Annotated[Path | None, typer.Option(help="File for the figures as JSON.")] = None,
) -> None:
    """Kill workers at random moments and print what came of it; exit code 1 when one kill did not hold."""
    log_to_stderr()
    draw = random.Random(seed)  # noqa: S311  # moments, not secrets
    values = {"encoder_folder": encoder_folder.resolve(), "max_chunk_tokens": 30, "environment": "development"}
    drills: list[Drill] = []
    with tempfile.TemporaryDirectory(prefix="ragready-kills-") as folder, ExitStack() as opened:
        for name in setup or ["embedded", "servers"]:
            (where := Path(folder) / name).mkdir()
            url = opened.enter_context(postgres_server()) if name == "servers" else ""
            one: Setup = Servers(where, url, **values) if url else Embedded(where, **values)
            for done in drill(one, documents, kills, draw):
                last = done.kills[-1]
                sys.stderr.write(f"{name} {len(done.kills)}/{kills}: {'held' if last.held else last}\n")
                drills = [*(each for each in drills if each.setup != name), done]
                if to is not None:
                    to.write_text(json.dumps([asdict(each) for each in drills], indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(table(drills) + "\n")
    if not all(each.held for one in drills for each in one.kills):
        raise typer.Exit(1)


if __name__ == "__main__":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    typer.run(main)
