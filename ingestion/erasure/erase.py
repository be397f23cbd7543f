"""Erases a document, a source or a person: from every store, then reads every store back and signs a receipt.

What goes is on disk as a plan until the receipt stands, so an erasure that was killed is finished by the same command.
Files in people's own folders are reported and not touched. With the control `erasure` off, documents are removed in the
plain way: nothing is read back, and there is no receipt.
"""

import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from ingestion.erasure.files import sources_in_place
from ingestion.erasure.find import files_of, needles_of, targets_of
from ingestion.erasure.journal import Journal, joined
from ingestion.erasure.mentions import mentions_of, normalised
from ingestion.erasure.plan import Look, Plan, Request, Target
from ingestion.erasure.receipt import FORM, Receipt, SigningKey, StoreLine, new_receipt_id, now, open_key
from ingestion.erasure.redact import chunks_that_go, redact
from ingestion.erasure.stores import STORES, searched
from ingestion.remove import remove_from
from service.core.app import App
from service.core.errors import CacheUnavailable, InvalidRequest, NothingToErase


@dataclass(frozen=True)
class Erasure:
    """What went, and the receipt with its signed text; `receipt` None where the control is off.

    `still_there` are files of people's own that hold the text and would be ingested again.
    """

    targets: tuple[Target, ...]
    still_there: tuple[Path, ...]
    receipt: Receipt | None = None
    signed: str = ""


def erase(app: App, request: Request) -> Erasure:
    """Erase what a request is about. Raises NothingToErase, InvalidRequest, StoreProblem."""
    if "erasure" in app.settings.controls_off:
        return _removed_plainly(app, request)
    key = open_key(app.settings.data_folder)
    plan = planned(app, request, key)
    return _carried_out(app, plan, key)


def dry(app: App, request: Request) -> tuple[Target, ...]:
    """What would go. Raises NothingToErase."""
    mentions = mentions_of(request.values) if request.kind == "person" else None
    targets = targets_of(app, request, mentions)
    if not targets and not files_of(app, request, targets, mentions):
        raise _nothing(request)
    return tuple(targets)


def resume(app: App) -> list[Erasure]:
    """Finish every erasure that was begun and has no receipt; that of a person without its terms."""
    key = open_key(app.settings.data_folder)
    begun = list(Journal(app.settings.data_folder, key).all())
    if any(target.redacted for each in begun for target in each.targets):
        raise InvalidRequest("An erasure was to redact, which needs the person's terms.", "Run its command again.")
    return [_carried_out(app, each, key) for each in begun]


def planned(app: App, request: Request, key: SigningKey) -> Plan:
    """What the request is about, together with what an erasure that was begun is about. Raises NothingToErase."""
    mentions = mentions_of(request.values) if request.kind == "person" else None
    requested = _requested(request, key)
    targets = tuple(targets_of(app, request, mentions))
    plan = Plan(
        identity=key.hashed("\n".join((request.kind, *sorted(requested)))),
        request=request,
        requested=requested,
        tenant=app.settings.tenant,
        targets=targets,
        files=tuple(files_of(app, request, targets, mentions)),
        chunks=tuple(chunks_that_go(app, targets, mentions)),
        needles=needles_of(app, targets, mentions, key.hashing),
        mentions=mentions,
    )
    if begun := Journal(app.settings.data_folder, key).get(plan.identity):
        return joined(begun, plan)
    if not plan.targets and not plan.files:
        raise _nothing(request)
    return plan


def _requested(request: Request, key: SigningKey) -> tuple[str, ...]:
    values = [normalised(each) if request.kind == "person" else each for each in request.values]
    return tuple(key.hashed(each) for each in values)


def _carried_out(app: App, plan: Plan, key: SigningKey) -> Erasure:
    started = time.perf_counter()
    journal = Journal(app.settings.data_folder, key)
    with app.vectors.residue(plan.tenant) as residue:
        residue.finish_rewriting()
    before = {each.name: searched(app, plan, each).found for each in STORES}
    plan = replace(plan, before={name: max(found, plan.before.get(name, 0)) for name, found in before.items()})
    journal.put(plan)
    _clear(app, plan)
    lines = tuple(_line(plan, each.name, searched(app, plan, each)) for each in STORES)
    receipt = _receipt(plan, lines, key, time.perf_counter() - started)
    signed = key.signed(receipt)
    app.records.receipts.put(plan.tenant, receipt.receipt, signed)
    journal.done(plan)
    return Erasure(plan.targets, tuple(sources_in_place(app, plan)), receipt, signed)


def _clear(app: App, plan: Plan) -> None:
    """Take what goes out of every store. Doing it twice does it once."""
    with app.records.alone(plan.tenant):
        if plan.request.block:
            app.records.receipts.block(plan.tenant, _contents(app, plan))
        spaces = {each.name: each for each in app.records.spaces(plan.tenant)}
        for target in plan.targets:
            if target.redacted and plan.mentions is not None:
                redact(app, spaces[target.space], target, plan.mentions)
            elif target.standing != "held":
                remove_from(app, spaces[target.space], target.source)
        app.records.residue.forget_chunks(plan.chunks)
        for store in STORES:
            with suppress(CacheUnavailable):  # reading it back says that it could not be checked
                store.clear(app, plan)


def _contents(app: App, plan: Plan) -> set[str]:
    """Hashes of the documents that go, and of files of which nothing stays."""
    gone = {(each.space, each.source): each.content_hash for each in plan.targets if not each.redacted}
    hashes = set(gone.values())
    for file in plan.files:
        stays = [
            each for each in app.records.origins(plan.tenant, file.space, file.source) if (file.space, each) not in gone
        ]
        entry = app.records.manifest.of(plan.tenant, file.space).get(file.source)
        if entry is not None and not stays:
            hashes.add(entry.content_hash)
    return hashes - {""}


def _line(plan: Plan, store: str, after: Look) -> StoreLine:
    found = max(plan.before.get(store, 0), after.found)
    if after.state in {"could not check", "unsupported"}:
        return StoreLine(store, after.state, says=after.says)
    return StoreLine(store, after.state, after.looked_at, found, found - after.found, after.found, after.says)


def _receipt(plan: Plan, lines: tuple[StoreLine, ...], key: SigningKey, seconds: float) -> Receipt:
    return Receipt(
        receipt=new_receipt_id(),
        form=FORM,
        at=now(),
        tenant=plan.tenant,
        asked_by=plan.request.asked_by,
        kind=plan.request.kind,
        mode="redacted" if plan.request.redact else "removed",
        blocked=plan.request.block,
        requested=plan.requested,
        documents=tuple(key.hashed(each.id) for each in plan.targets),
        chunks=len(plan.chunks),
        fingerprints=len(plan.needles.windows),
        stores=lines,
        complete=all(each.left == 0 for each in lines if each.state == "searched"),
        ragready=version("ragready"),
        commit=_commit(),
        seconds=round(seconds, 3),
    )


def _commit() -> str:
    """The commit of the code that runs, empty where it is in no repository."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short=12", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _removed_plainly(app: App, request: Request) -> Erasure:
    mentions = mentions_of(request.values) if request.kind == "person" else None
    targets = tuple(targets_of(app, replace(request, redact=False), mentions))
    if not targets:
        raise _nothing(request)
    spaces = {each.name: each for each in app.records.spaces(app.settings.tenant)}
    with app.records.alone(app.settings.tenant):
        for target in targets:
            if target.standing == "held":
                app.records.quarantine.forget(app.settings.tenant, target.space, target.source)
            else:
                remove_from(app, spaces[target.space], target.source)
                app.records.manifest.forget(app.settings.tenant, target.space, target.origin)
    return Erasure(targets, ())


def _nothing(request: Request) -> NothingToErase:
    return NothingToErase(
        f"No document, upload or text in quarantine is of this {request.kind}.",
        "`ragready documents list` lists documents and sources; give a person's other spellings too.",
    )
