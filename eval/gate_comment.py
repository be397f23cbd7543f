"""What the gate found as Markdown: a comment on a pull request, or the summary of a step.

Texts that a suite or a service chose are escaped, so that none of them mentions anybody, links, or ends the table.
"""

import re

from eval.compare import Verdict
from eval.gate import Gate
from eval.record import Record

_ORDER = ("worse", "better", "cannot tell", "not comparable", "not run")
_MARKS = re.compile(r"([\\`*\[\]<>|~#])")
_MENTION = re.compile(r"(?<!\w)@")
MAX_REASONS = 20


def markdown(found: Gate, suite: str, on: bool, runs: tuple[Record, Record]) -> str:
    """The comment. Its first line marks it, so that the next one can take its place."""
    baseline, candidate = runs
    lines = [
        f"<!-- ragready-eval-{re.sub(r'[^A-Za-z0-9_.]+', '-', suite)} -->",
        f"### {_plain(suite)}: {_word(found, on)}",
        "",
    ]
    lines += [f"- {_plain(each)}" for each in found.reasons[:MAX_REASONS]]
    lines += [f"- and {len(found.reasons) - MAX_REASONS} more reasons"] if len(found.reasons) > MAX_REASONS else []
    metrics = sorted(found.comparison.metrics.items(), key=lambda each: _ORDER.index(each[1].verdict))
    lines += ["", "| metric | baseline | this change | difference (95% interval) | verdict |", "|---|---|---|---|---|"]
    lines += [_row(name, each) for name, each in metrics]
    lines += ["", *(f"_{_plain(each)}_\n" for each in found.advice[:MAX_REASONS])]
    lines.append(f"{_counts(candidate)} Baseline of commit {_commit(baseline)}, this run of {_commit(candidate)}.")
    return "\n".join(lines) + "\n"


def _word(found: Gate, on: bool) -> str:
    if not found.blocked:
        return "passed"
    return "blocked" if on else "would be blocked, and the control `gate` is off"


def _row(name: str, each: Verdict) -> str:
    delta = "" if each.delta is None else f"{each.delta:+.4g} ({each.low:.4g} to {each.high:.4g}, n {each.n})"
    unseen = each.verdict == "cannot tell" and each.detectable is not None
    verdict = f"**{each.verdict}**" if each.verdict in {"worse", "better"} else each.verdict
    said = f"{verdict}, could have told {each.detectable:.3g}" if unseen else verdict
    why = f" ({_plain(each.why)})" if each.why else ""
    return f"| `{name}` | {_number(each.baseline)} | {_number(each.candidate)} | {delta} | {said}{why} |"


def _counts(run: Record) -> str:
    return f"{len(run.scores)} cases scored, {len(run.failed)} failed, {len(run.skipped)} skipped."


def _commit(run: Record) -> str:
    dirty = " with changes that are in no commit" if run.config.get("dirty") else ""
    return f"{_plain(str(run.config.get('commit') or 'unknown'))}{dirty}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _plain(text: str) -> str:
    """A text in which nothing acts: one line, marks escaped, a zero-width space after what would mention somebody."""
    return _MENTION.sub("@\u200b", _MARKS.sub(r"\\\1", " ".join(text.split())))
