"""Steps, spans and metrics."""

import re
from typing import get_args

import pytest

from service.core.telemetry import Step, Telemetry


def test_each_step_is_timed() -> None:
    """The timeline holds each step's milliseconds and a total that is no less than their sum."""
    with Telemetry().question() as timeline:
        for name in get_args(Step):
            with timeline.step(name):
                pass
        timings = timeline.timings_ms()
    assert set(timings) == {*get_args(Step), "total"}
    assert sum(value for name, value in timings.items() if name != "total") <= timings["total"] + 0.01 * len(timings)


def test_a_step_that_fails_is_timed_too() -> None:
    """A failing step stands in the timeline and in the metric, and its error goes on."""
    telemetry = Telemetry()
    with telemetry.question() as timeline:
        with pytest.raises(RuntimeError), timeline.step("encode"):
            raise RuntimeError("failed")
        assert "encode" in timeline.timings_ms()
    assert b'ragready_step_seconds_count{step="encode"} 1.0' in telemetry.exposition()


def test_each_question_has_a_trace_of_its_own() -> None:
    """Two questions have two trace ids of 32 hexadecimal digits."""
    telemetry = Telemetry()
    ids = []
    for _ in range(2):
        with telemetry.question() as timeline:
            ids.append(timeline.trace_id)
    assert all(re.fullmatch("[0-9a-f]{32}", each) for each in ids)
    assert ids[0] != ids[1]


def test_two_processes_worth_of_metrics_do_not_mix() -> None:
    """Each Telemetry counts for itself, so two Apps in one process do not share metrics."""
    first, second = Telemetry(), Telemetry()
    first.questions.labels(outcome="answered").inc()
    assert b'outcome="answered"' in first.exposition()
    assert b'outcome="answered"' not in second.exposition()
