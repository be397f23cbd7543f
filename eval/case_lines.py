"""A case of a run as one line of cases.jsonl, and back. Hits go without their text, citations with their quotes."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter, ValidationError

from eval.judgement import Judgement
from eval.outcome import Failed, Outcome, Scored, Skipped
from eval.suite import Case
from eval.target import Seen
from service.core.errors import InvalidRun

_SEEN = TypeAdapter(Seen)
_JUDGEMENTS = TypeAdapter(tuple[Judgement, ...])


def line_of(outcome: Outcome) -> bytes:
    """The line, with its end."""
    return json.dumps(written(outcome), ensure_ascii=False, default=str).encode() + b"\n"


def written(outcome: Outcome) -> dict[str, Any]:
    """What a line holds: what was asked, and what came of it, by `type`."""
    case = outcome.case
    asked = {
        "id": case.id,
        "question": case.question,
        "spaces": case.spaces,
        "answerable": case.answerable,
        "tags": case.tags,
    }
    if isinstance(outcome, Scored):
        seen = asdict(outcome.seen)
        seen["hits"] = [{name: value for name, value in hit.items() if name != "text"} for hit in seen["hits"]]
        scored = {"type": "scored", **asked, "seen": seen, "scores": outcome.scores, "reasons": outcome.reasons}
        judged = [asdict(each) for each in outcome.judgements]
        return {**scored, "judgements": judged} if judged else scored
    if isinstance(outcome, Failed):
        return {"type": "failed", **asked, "code": outcome.code, "detail": outcome.detail}
    return {"type": "skipped", **asked, "reason": outcome.reason}


def outcome_of_line(line: Mapping[str, Any], case: Case) -> Outcome:
    """What became of a case, from its line; hits have no text. Raises InvalidRun."""
    try:
        if line["type"] == "scored":
            judged = _JUDGEMENTS.validate_python(line.get("judgements", ()))
            return Scored(case, _SEEN.validate_python(line["seen"]), line["scores"], line["reasons"], judged)
        if line["type"] == "failed":
            return Failed(case, line["code"], line["detail"])
        return Skipped(case, line["reason"])
    except (KeyError, ValidationError) as error:
        raise InvalidRun(f"The line of case {case.id!r} is no case: {error}.", "Start a new run.") from error
