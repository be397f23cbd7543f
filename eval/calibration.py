"""Can a judge be trusted? Its ratings beside people's: kappa, how much it wavers, and what it lets itself be swayed by.

A judge is calibrated when it agrees with people, refused when its agreement may be chance, and else uncalibrated: its
scores are advice. A calibration speaks of one model and one prompt, and is a file in the suite. Nobody is asked here.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from eval.answer_labels import FOLDER
from eval.biases import Biases, Rated, biases_of
from eval.judgement import Rubric
from eval.statistics import RESAMPLES, Column, Estimate, mean
from service.core.errors import InvalidSuite, StorageFull
from service.core.settings import Settings

# Landis and Koch (1977) call agreement slight up to .2 and substantial from .6; here the interval has to be there.
REFUSED_KAPPA, CALIBRATED_KAPPA = 0.2, 0.6
LEAST_LABELS, LEAST_EACH = 30, 5
"""Labels in all, and labels of each kind, below which nothing is calibrated."""
LEAST_RATED = 0.9
"""Share of the answers that a judge must have rated: one that fails at the hard ones would look good on the others."""

Standing: TypeAlias = Literal["calibrated", "uncalibrated", "refused"]


@dataclass(frozen=True)
class Calibration:
    """What a judge is worth by one rubric, and what that rests on. `labels` is the identity of the labelled answers."""

    model: str
    rubric: Rubric
    prompt: str
    labels: str
    at: str
    repeats: int
    n: int
    kappa: Estimate
    same: Estimate
    unrated: Estimate
    wavering: Estimate
    biases: Biases
    standing: Standing
    why: tuple[str, ...]


@dataclass(frozen=True)
class Subject:
    """What is calibrated: a model and a prompt, on which labels, when, asked how often."""

    model: str
    rubric: Rubric
    prompt: str
    labels: str
    at: str
    repeats: int


def calibration(subject: Subject, rated: Sequence[Rated], seed: int = 0) -> Calibration:
    """What the ratings of labelled answers say of a judge; those without a score are only counted."""
    scored = [(each, each.judgement.score) for each in rated]
    pairs = np.array([(each.answer.label, score) for each, score in scored if score is not None], dtype=np.int64)
    table = np.bincount(2 * pairs[:, 0] + pairs[:, 1], minlength=4) if len(pairs) else np.zeros(4, dtype=np.int64)
    agreed = kappa(table, seed)
    unrated = mean([float(score is None) for _, score in scored])
    several = [each.judgement.scores for each in rated if len(each.judgement.scores) > 1]
    wavering = mean([float(len(set(each)) > 1) for each in several])
    biases = biases_of(subject.model, rated)
    standing, why = stands(agreed, table, unrated, biases)
    return Calibration(
        **asdict(subject),
        n=int(table.sum()),
        kappa=agreed,
        same=mean((pairs[:, 0] == pairs[:, 1]).astype(float).tolist() if len(pairs) else []),
        unrated=unrated,
        wavering=wavering,
        biases=biases,
        standing=standing,
        why=why,
    )


def stands(
    agreed: Estimate, table: NDArray[np.int64], unrated: Estimate, biases: Biases
) -> tuple[Standing, tuple[str, ...]]:
    """What follows from the figures, and why it is not more."""
    why = []
    each = int(min(table[:2].sum(), table[2:].sum()))
    if agreed.n < LEAST_LABELS or each < LEAST_EACH:
        why.append(f"{agreed.n} answers, {each} of the rarer label, and it takes {LEAST_LABELS} and {LEAST_EACH}")
    if unrated.value is None or 1 - unrated.value < LEAST_RATED:
        why.append(f"it rated only {1 - (unrated.value or 0):.0%} of the answers")
    why += [f"bias of {name}: {bias.says}" for name, bias in vars(biases).items() if bias.verdict == "found"]
    if agreed.value is None or agreed.low is None:
        return "uncalibrated", (*why, "kappa is undefined where people, or the judge, always say the same")
    told = f"kappa {agreed.value:.2f} ({agreed.low:.2f} to {agreed.high:.2f})"
    if agreed.low <= REFUSED_KAPPA:
        return "refused", (f"{told} may be as low as {REFUSED_KAPPA}, which is hardly more than chance", *why)
    if agreed.low < CALIBRATED_KAPPA:
        why.insert(0, f"{told} may be below {CALIBRATED_KAPPA}")
    return ("uncalibrated" if why else "calibrated"), tuple(why)


def kappa(table: NDArray[np.int64], seed: int = 0) -> Estimate:
    """Cohen's kappa (1960) of a table of counts: people's 0 with the judge's 0 and 1, then people's 1 with both.

    The interval is the percentile bootstrap over answers; a resample in which people and judge say one and the same
    thing of all has no kappa and is left out. None where kappa is not defined.
    """
    n = int(table.sum())
    value = float(_kappas(table[None, :])[0]) if n else np.nan
    if np.isnan(value):
        return Estimate(None, None, None, n)
    drawn = _kappas(np.random.default_rng(seed).multinomial(n, table / n, RESAMPLES))
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return Estimate(round(value, 4), round(float(low), 4), round(float(high), 4), n)


def enforced(settings: Settings) -> bool:
    """Whether a calibration is asked for; with the control `judge-calibration` off every judge's word counts."""
    return "judge-calibration" not in settings.controls_off


def keep(folder: Path, found: Calibration) -> Path:
    """Write a calibration to a folder, in place of an earlier one of the same model and prompt. Raises StorageFull."""
    path = folder / f"{re.sub(r'[^A-Za-z0-9.]+', '-', found.model)}-{found.prompt}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(found), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise StorageFull(f"{path} cannot be written: {error.strerror}.", "Name another folder with --out.") from error
    return path


def kept(suite: Path) -> list[Calibration]:
    """The calibrations that a suite holds. Raises InvalidSuite for a file that is none."""
    return [_read(path) for path in sorted((suite / FOLDER).glob("*.json"))]


def calibration_of(every: Iterable[Calibration], model: str, prompt: str) -> Calibration | None:
    """The calibration of exactly this model and prompt."""
    return next((each for each in every if (each.model, each.prompt) == (model, prompt)), None)


def _read(path: Path) -> Calibration:
    try:
        return TypeAdapter(Calibration).validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise InvalidSuite(f"{path} is no calibration.", "`ragready eval calibrate-judge` writes it anew.") from error


def _kappas(tables: NDArray[np.int64]) -> Column:
    """Kappa of each row of counts; NaN where chance alone gives full agreement."""
    shares = tables / tables.sum(axis=1, keepdims=True)
    agreed = shares[:, 0] + shares[:, 3]
    people, judge = shares[:, 2] + shares[:, 3], shares[:, 1] + shares[:, 3]
    chance = people * judge + (1 - people) * (1 - judge)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(chance < 1, (agreed - chance) / (1 - chance), np.nan))
