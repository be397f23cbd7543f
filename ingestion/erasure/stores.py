"""The stores that an erasure goes through, in order: how each is searched, and how it is emptied of what goes.

A store is searched in the same way before and after. One that cannot be searched says so, and is never called clean.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ingestion.erasure import files
from ingestion.erasure.cases import golden_cases, remove_cases
from ingestion.erasure.plan import Look, Plan
from service.core.app import App
from service.core.errors import RagreadyError

Search: TypeAlias = Callable[[App, Plan], Look]
Clear: TypeAlias = Callable[[App, Plan], None]


def nothing(app: App, plan: Plan) -> None:  # the signature of Clear
    """Remove nothing: another store's step does it, or it is not ours to do."""


@dataclass(frozen=True)
class Store:
    """A store by the name that receipts give it. `clear` is safe to repeat."""

    name: str
    search: Search
    clear: Clear = nothing


def searched(app: App, plan: Plan, store: Store) -> Look:
    """What a search finds, or why there was none."""
    try:
        return store.search(app, plan)
    except (RagreadyError, OSError) as error:
        says = error.detail if isinstance(error, RagreadyError) else f"{type(error).__name__}: {error.strerror}"
        return Look(state="could not check", says=says)


def _records(app: App, plan: Plan) -> Look:
    """Every text column of every table; who mentions the person in another tenant is not ours to look at."""
    rows = app.records.residue.rows_holding(plan.tenant, plan.in_text, lambda said: plan.in_bytes(_bytes(said)))
    return Look(sum(each.looked_at for each in rows.values()), sum(each.found for each in rows.values()))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _lexical(app: App, plan: Plan) -> Look:
    return Look(len(plan.chunks), app.records.residue.in_lexical(plan.chunks))


def _vectors(app: App, plan: Plan) -> Look:
    with app.vectors.residue(plan.tenant) as residue:
        held = residue.holding(plan.chunks)
        looked_at = residue.collections()
    return Look(looked_at, sum(map(len, held.values())), says="collections of every generation")


def _take_out_of_vectors(app: App, plan: Plan) -> None:
    with app.vectors.residue(plan.tenant) as residue:
        residue.take_out(plan.chunks)


def _cache(app: App, plan: Plan) -> Look:
    entries = list(app.cache.entries())
    return Look(len(entries), sum(plan.in_text(value.decode("utf-8", "replace")) for _, value in entries))


def _clear_cache(app: App, plan: Plan) -> None:
    app.cache.remove([key for key, value in app.cache.entries() if plan.in_text(value.decode("utf-8", "replace"))])


def _traces(app: App, plan: Plan) -> Look:
    traces = app.telemetry.traces
    return Look(traces.holding(lambda _: True), traces.holding(plan.in_text), says="of this process")


def _clear_traces(app: App, plan: Plan) -> None:
    app.telemetry.traces.forget(plan.in_text)


def _other_processes(app: App, plan: Plan) -> Look:  # noqa: ARG001  # the signature of Search
    settings = app.settings
    if settings.chroma_url is None:
        return Look(says="the data folder was locked, so no other process answers from it")
    says = f"Traces of other processes last until {settings.traces_kept:,} newer ones or a restart"
    if settings.redis_url is None:
        says += (
            f"; answers in their caches are not found any more, since the spaces' versions rose, and are gone after "
            f"{settings.cache_ttl_seconds:,} s"
        )
    return Look(state="could not check", says=says)


def _manifest(app: App, plan: Plan) -> Look:
    known = {each: app.records.manifest.of(plan.tenant, each) for each in {file.space for file in plan.files}}
    gone = [each for each in plan.files if not each.stays]
    return Look(sum(map(len, known.values())), sum(each.source in known[each.space] for each in gone))


def _clear_manifest(app: App, plan: Plan) -> None:
    for each in plan.files:
        if not each.stays:
            app.records.manifest.forget(plan.tenant, each.space, each.source)


def _quarantine(app: App, plan: Plan) -> Look:
    held = app.records.quarantine.of(plan.tenant, [each.name for each in app.records.spaces(plan.tenant)])
    return Look(len(held), sum(plan.in_text(f"{each.id}\n{each.source}\n{each.title}\n{each.text}") for each in held))


def _clear_quarantine(app: App, plan: Plan) -> None:
    for each in plan.targets:
        if not each.redacted:
            app.records.quarantine.forget(plan.tenant, each.space, each.source)


def _jobs(app: App, plan: Plan) -> Look:
    jobs = app.records.jobs.all(plan.tenant, limit=_EVERY_JOB)
    return Look(len(jobs), sum(_job_holds(plan, repr(each)) for each in jobs))


def _clear_jobs(app: App, plan: Plan) -> None:
    ended = [each for each in app.records.jobs.all(plan.tenant, limit=_EVERY_JOB) if each.finished_at]
    app.records.residue.forget_jobs([each.id for each in ended if _job_holds(plan, repr(each))])


def _job_holds(plan: Plan, said: str) -> bool:
    return plan.in_text(said) or any(f"{each.source!r}" in said for each in plan.files)


_EVERY_JOB = 1_000_000


def _fetched(app: App, plan: Plan) -> Look:
    return Look(*files.fetched(app, plan))


def _uploads(app: App, plan: Plan) -> Look:
    return Look(*files.uploaded(app, plan))


def _runs(app: App, plan: Plan) -> Look:
    runs, holding = files.runs_holding(app, plan)
    return Look(runs, len(holding), says="a run that quotes what was erased is removed whole")


def _disk(app: App, plan: Plan) -> Look:
    looked_at, holding = files.holding(app, plan, app.settings.data_folder)
    return Look(
        looked_at, len(holding), says="bytes of every file but the encoder, the key and the journal of erasures"
    )


def _scrub(app: App, plan: Plan) -> None:
    app.records.residue.scrub(plan.request.rewrite_tables)
    with app.vectors.residue(plan.tenant) as residue:
        residue.rewrite(plan.spaces)


def _server_files(app: App, plan: Plan) -> Look:
    kept = []
    if app.settings.database_url is not None:
        deleted = "" if plan.request.rewrite_tables else "deleted rows in data files until their room is reused, "
        kept.append(f"PostgreSQL: {deleted}its log, replicas and backups")
    if app.settings.chroma_url is not None:
        kept.append("Chroma: deleted vectors, without texts, until the server compacts them")
    if app.settings.redis_url is not None:
        kept.append("Redis: snapshots and append-only files until they are next written")
    if not kept:
        return Look(state="unsupported", says="There is no server.")
    return Look(state="could not check", says=f"Files of the servers may keep {'; '.join(kept)}.")


def _source_files(app: App, plan: Plan) -> Look:
    still = files.sources_in_place(app, plan)
    fate = "are kept out by their content" if plan.request.block else "come back with the next ingestion"
    return Look(len(plan.files), len(still), "reported", f"Files that are still in their folders {fate}.")


def _unsupported(says: str) -> Search:
    return lambda _app, _plan: Look(state="unsupported", says=says)


# The order in which they are cleared: records are cleared before all of these, the bytes on the disk last.
STORES: Sequence[Store] = (
    Store("records", _records),
    Store("lexical", _lexical, lambda app, plan: app.records.residue.take_out_of_lexical(plan.chunks)),
    Store("vectors", _vectors, _take_out_of_vectors),
    Store("quarantine", _quarantine, _clear_quarantine),
    Store("manifest", _manifest, _clear_manifest),
    Store("uploads", _uploads, files.remove_uploaded),
    Store("fetched pages", _fetched, files.remove_fetched),
    Store("jobs", _jobs, _clear_jobs),
    Store("cache", _cache, _clear_cache),
    Store("traces", _traces, _clear_traces),
    Store("other processes", _other_processes),
    Store("runs", _runs, files.remove_runs),
    Store("golden cases", golden_cases, remove_cases),
    Store("data folder", _disk, _scrub),
    Store("files of servers", _server_files),
    Store("source files", _source_files),
    Store("feedback", _unsupported("There is no store of feedback.")),
    Store("logs and collectors", _unsupported("What was sent to standard error or a collector is the operator's.")),
    Store("model provider", _unsupported("What was sent to a model's provider is the provider's.")),
    Store("backups", _unsupported("Copies of the data folder and of servers are the operator's.")),
)
