"""The form of the log."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from service.core.answers import local_caller
from service.core.errors import StoreProblem
from service.core.logs import log_to_stderr
from service.core.telemetry import Telemetry

SECRET = "zebra-4711"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leaves logging as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    """What stands on stderr, a JSON object a line."""
    captured = capsys.readouterr()
    assert captured.out == ""
    return [json.loads(line) for line in captured.err.splitlines()]


def test_lines_within_a_question_name_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    """Within a question every line, a library's too, carries trace and span id; outside none does."""
    log_to_stderr(as_json=True)
    structlog.get_logger("ragready.test").info("before")
    with Telemetry().question(local_caller("default")) as timeline:
        structlog.get_logger("ragready.test").info("within", count=3)
        with timeline.step("guard"):
            logging.getLogger("some.library").warning("it took %d seconds", 5)
    before, within, library, failed = lines(capsys)
    assert "trace_id" not in before
    assert (within["event"], within["count"], within["level"]) == ("within", 3, "info")
    assert library["event"] == "it took 5 seconds"
    assert failed["event"] == "question failed"
    assert {within["trace_id"], library["trace_id"], failed["trace_id"]} == {timeline.trace_id}
    assert within["span_id"] == failed["span_id"] != library["span_id"]


def test_development_reads_words(capsys: pytest.CaptureFixture[str]) -> None:
    """In development a line is words, with the same fields."""
    log_to_stderr()
    structlog.get_logger("ragready.test").warning("slow", seconds=2)
    line = capsys.readouterr().err
    assert "slow" in line
    assert "seconds=2" in line
    assert not line.startswith("{")


@pytest.mark.parametrize("as_json", [True, False])
def test_an_exception_is_logged_without_its_message(capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    """Type, causes and places passed are logged; what an exception says, perhaps text of a question, is not."""
    log_to_stderr(as_json)
    try:
        try:
            raise ValueError(SECRET)
        except ValueError as error:
            raise StoreProblem(SECRET, SECRET) from error
    except StoreProblem as error:
        structlog.get_logger("ragready.test").error("request failed", exc_info=error)
        logging.getLogger("some.library").exception("it broke\nfuture: <Task exception=ValueError('%s')>", SECRET)
    logged = capsys.readouterr().err
    assert SECRET not in logged
    for named in ("StoreProblem", "ValueError", "test_logs.py", "request failed", "it broke"):
        assert named in logged


def test_libraries_are_heard_from_warnings_on(capsys: pytest.CaptureFixture[str]) -> None:
    """What libraries tell below a warning stays out: their debug lines may hold requests."""
    log_to_stderr(as_json=True)
    logging.getLogger("httpx").info("HTTP Request: %s", SECRET)
    assert capsys.readouterr().err == ""


def test_configuring_again_replaces_the_form(capsys: pytest.CaptureFixture[str]) -> None:
    """The second call wins, and a line is written once."""
    log_to_stderr()
    log_to_stderr(as_json=True)
    structlog.get_logger("ragready.test").info("once")
    assert len(lines(capsys)) == 1
