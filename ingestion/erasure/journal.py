"""What an erasure is about, on disk while it runs, so that one that was killed can be finished.

The file holds ids and sources until the receipt stands; texts and a person's terms only as keyed hashes.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

from ingestion.erasure.needles import Needles
from ingestion.erasure.plan import File, Plan, Request, Target
from ingestion.erasure.receipt import SigningKey

FOLDER = "erasures"


class Journal:
    """The erasures of a data folder that have begun and have no receipt yet."""

    def __init__(self, data_folder: Path, key: SigningKey) -> None:
        self._folder = data_folder / FOLDER
        self._key = key

    def put(self, plan: Plan) -> None:
        """Remember a plan; replaces the earlier one of the same request."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = self._path(plan.identity).with_suffix(".partial")
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(_written(plan), file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self._path(plan.identity))

    def get(self, identity: str) -> Plan | None:
        """The plan of a request that was begun, or None."""
        path = self._path(identity)
        return self._read(path) if path.exists() else None

    def all(self) -> Iterator[Plan]:
        """Every plan that was begun."""
        if self._folder.is_dir():
            yield from map(self._read, sorted(self._folder.glob("*.json")))

    def done(self, plan: Plan) -> None:
        """Forget a plan, whose receipt stands."""
        self._path(plan.identity).unlink(missing_ok=True)

    def _path(self, identity: str) -> Path:
        return self._folder / f"{identity}.json"

    def _read(self, path: Path) -> Plan:
        kept = json.loads(path.read_text())
        request = {**kept["request"], "values": (), "suites": tuple(map(Path, kept["request"]["suites"]))}
        return Plan(
            identity=kept["identity"],
            request=Request(**request),
            requested=tuple(kept["requested"]),
            tenant=kept["tenant"],
            targets=tuple(Target(**each) for each in kept["targets"]),
            files=tuple(File(**each) for each in kept["files"]),
            chunks=tuple(kept["chunks"]),
            needles=Needles(
                self._key.hashing, {int(each): bytes.fromhex(kept["windows"][each]) for each in kept["windows"]}
            ),
            before=kept["before"],
        )


def joined(begun: Plan, fresh: Plan) -> Plan:
    """A plan that goes on with one that was begun: what either is about."""
    return replace(
        fresh,
        targets=tuple({each.id: each for each in (*begun.targets, *fresh.targets)}.values()),
        files=tuple(dict.fromkeys((*begun.files, *fresh.files))),
        chunks=tuple(dict.fromkeys((*begun.chunks, *fresh.chunks))),
        needles=Needles(fresh.needles.key, {**begun.needles.windows, **fresh.needles.windows}),
        before=begun.before,
    )


def _written(plan: Plan) -> dict[str, object]:
    request = {name: value for name, value in vars(plan.request).items() if name != "values"}
    return {
        "identity": plan.identity,
        "request": {**request, "suites": [str(each.absolute()) for each in plan.request.suites]},
        "requested": plan.requested,
        "tenant": plan.tenant,
        "targets": [asdict(each) for each in plan.targets],
        "files": [asdict(each) for each in plan.files],
        "chunks": plan.chunks,
        "windows": {str(each): digest.hex() for each, digest in plan.needles.windows.items()},
        "before": dict(plan.before),
    }
