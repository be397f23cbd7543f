"""Where the log goes: every line of the process to stderr, libraries' too, with the trace that it belongs to.

One JSON object a line in production, words in development. An exception is logged as its type and the places that it
passed, without its message: messages quote the text or the row that somebody choked on.
"""

import logging
import sys
import traceback
from collections.abc import Iterator

import structlog
from opentelemetry import trace
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger


def log_to_stderr(as_json: bool = False) -> None:
    """Send every event of this process to stderr: stdout is for results. May be called again with another form."""
    renderer = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    formatter = ProcessorFormatter(
        processors=[ProcessorFormatter.remove_processors_meta, renderer], foreign_pre_chain=[_first_line, *_SHARED]
    )
    handler = _ToStderr()
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [each for each in root.handlers if not isinstance(each, _ToStderr)] + [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("ragready").setLevel(logging.INFO)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *_SHARED, ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


class _ToStderr(logging.Handler):
    """Looks stderr up for each line: a test and a terminal may replace it meanwhile."""

    def emit(self, record: logging.LogRecord) -> None:
        sys.stderr.write(self.format(record) + "\n")


def _with_trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = trace.format_trace_id(context.trace_id)
        event["span_id"] = trace.format_span_id(context.span_id)
    return event


def _without_messages(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    given = event.pop("exc_info", None)
    if isinstance(given, tuple):
        given = given[1]
    if given:
        event["exception"] = "\n".join(_places(given if isinstance(given, BaseException) else sys.exc_info()[1]))
    return event


def _places(error: BaseException | None) -> Iterator[str]:
    """The types of an exception and of its causes, each with the lines of code that it passed."""
    while error is not None:
        yield type(error).__qualname__
        for frame in traceback.extract_tb(error.__traceback__):
            yield f"  {frame.filename}:{frame.lineno} in {frame.name}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _first_line(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """What a library says in its first line; asyncio, for one, puts an exception with its message into the next."""
    event["event"] = str(event["event"]).partition("\n")[0]
    return event


_SHARED: tuple[Processor, ...] = (
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _with_trace,
    _without_messages,
)
