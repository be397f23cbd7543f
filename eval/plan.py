"""What was chosen for a run of a suite, and the settings that follow from it."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from eval import provenance
from eval.sealed import SEALED
from service.core.controls import checked_controls
from service.core.errors import InvalidSettings
from service.core.settings import Settings, load_settings
from service.rag import strategies

STRATEGIES = (*strategies.STRATEGIES, "demo")
LAST = "last"
"""In place of an interrupted run's folder: the newest one that the plan can go on with."""
_CACHES = frozenset({"exact-cache"})
_MAY_CHANGE = tuple(name for name in provenance.ANSWER_SETTINGS if name != "controls_off")


@dataclass(frozen=True)
class Plan:
    """What was chosen: the suite's folder, which cases, and how the product is set up or where it is asked.

    `at_once` questions are asked at a time; `resume` is the folder of an interrupted run, or LAST. `judge` is the model
    that judges answers, `repeats` how often it is asked the same.
    """

    suite: Path
    split: str | None = None
    strategy: str = "hybrid"
    changes: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    url: str | None = None
    out: Path | None = None
    ragas: bool = True
    data: Path | None = None
    generation: Literal["serving", "next"] = "serving"
    at_once: int = 1
    resume: str | None = None
    judge: str | None = None
    repeats: int = 1

    @property
    def command(self) -> str:
        """The command line that repeats the run."""
        words = ["ragready", "eval", "run", str(self.suite), "--strategy", self.strategy]
        words += ["--sealed"] if self.split == SEALED else ["--split", self.split] if self.split else []
        words += [word for each in self.changes for word in ("--set", each)]
        words += [word for each in self.off for word in ("--off", each)]
        words += ["--url", self.url] if self.url else []
        words += ["--generation", self.generation] if self.generation != "serving" else []
        words += ["--concurrency", str(self.at_once)] if self.at_once != 1 else []
        words += ["--judge", self.judge] if self.judge else []
        words += ["--judge-repeats", str(self.repeats)] if self.repeats != 1 else []
        return shlex.join([*words, *([] if self.ragas else ["--no-ragas"])])


def settings_of(plan: Plan) -> Settings:
    """The settings with the plan's changes and controls off. Raises InvalidSettings, UnknownControl."""
    pairs = [each.partition("=") for each in plan.changes]
    for name, equals, _ in pairs:
        if name not in _MAY_CHANGE or not equals:
            raise InvalidSettings(
                f"--set {name} cannot be used.", f"Write NAME=VALUE with one of {', '.join(_MAY_CHANGE)}."
            )
    changes: dict[str, object] = {name: value for name, _, value in pairs}
    if plan.data:
        changes["data_folder"] = plan.data
    if plan.url and "@" in plan.url:
        raise InvalidSettings("The URL carries a password.", "Set the service's key in RAGREADY_API_KEY instead.")
    if plan.url and (plan.changes or plan.off or plan.strategy == "demo"):
        raise InvalidSettings(
            "--set, --model, --off and the demo do not reach a service at a URL.", "Set them where it runs."
        )
    off = load_settings().controls_off | checked_controls(plan.off) | _CACHES
    return load_settings(**changes, controls_off=off)
