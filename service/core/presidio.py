"""Presidio's pattern recognisers without Presidio's engine, loaded at the first use. Nothing is downloaded.

`import presidio_analyzer` loads spaCy, and with it torch where it is installed: 8 s and 500 MB that patterns do not
need. So its packages stand in as empty shells while the recognisers' own modules are imported, which takes .3 s. What
an address or a number looks like is Presidio's; which recognisers are asked stands in service.core.recognisers.
"""

import importlib
import importlib.util
import logging
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

_ROOT = "presidio_analyzer"
# In the order in which one needs the other; their classes are what recognisers import from the root.
_BASES = (
    "analysis_explanation",
    "recognizer_result",
    "entity_recognizer",
    "local_recognizer",
    "pattern",
    "pattern_recognizer",
)
_importing = threading.Lock()


def load(*modules: str) -> Mapping[str, Any]:
    """Classes by name: of the modules, named below `presidio_analyzer.predefined_recognizers`, and `Pattern` and such.

    Raises ImportError when Presidio is missing or laid out otherwise.
    """
    logger = logging.getLogger("presidio-analyzer")
    logger.propagate = False  # its messages quote what they matched
    logger.addFilter(_fail_on_timeout)
    classes: dict[str, Any] = {}
    with _importing, _shells(modules):
        for name in (*_BASES, *(f"predefined_recognizers.{each}" for each in modules)):
            module = importlib.import_module(f"{_ROOT}.{name}")
            own = {key: each for key, each in vars(module).items() if _belongs(each, module)}
            vars(sys.modules[_ROOT]).update(own)
            classes |= own
    return classes


def _belongs(thing: object, module: ModuleType) -> bool:
    return isinstance(thing, type) and thing.__module__ == module.__name__


def _fail_on_timeout(record: logging.LogRecord) -> bool:
    """Presidio logs a pattern that timed out and goes on as if nothing had been found; that would be no check."""
    if "timed out" in str(record.msg):
        raise TimeoutError("A pattern of Presidio timed out.")
    return True


@contextmanager
def _shells(modules: tuple[str, ...]) -> Iterator[None]:
    """Empty packages in the place of Presidio's own; what was imported before comes back afterwards."""
    spec = importlib.util.find_spec(_ROOT)
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(f"{_ROOT} is not installed.")
    folder = Path(spec.submodule_search_locations[0])
    before = {name: sys.modules.pop(name) for name in _imported()}
    try:
        for name in ("", ".nlp_engine", *_packages(modules)):
            shell = ModuleType(_ROOT + name)
            shell.__path__ = [str(folder.joinpath(*name.split(".")))]
            sys.modules[shell.__name__] = shell
        # a type in signatures, and no more
        vars(sys.modules[f"{_ROOT}.nlp_engine"])["NlpArtifacts"] = object
        yield
    finally:
        for name in _imported():
            del sys.modules[name]
        sys.modules.update(before)


def _imported() -> list[str]:
    # a copy, because other threads import meanwhile
    return [name for name in list(sys.modules) if name.split(".")[0] == _ROOT]


def _packages(modules: tuple[str, ...]) -> list[str]:
    """Every package on the way to the modules, outer ones first, each with a leading dot."""
    paths = [f".predefined_recognizers.{name}".split(".")[:-1] for name in modules]
    return sorted({".".join(path[:depth]) for path in paths for depth in range(2, len(path) + 1)})
