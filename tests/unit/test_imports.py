"""What importing a module does not do, and who may import whom."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = [path.relative_to(ROOT) for room in ("service", "ingestion") for path in sorted((ROOT / room).rglob("*.py"))]
MODULES = [
    "cli",
    *(".".join(path.with_suffix("").parts) for path in OURS if path.name[0] != "_" and "migrations" not in path.parts),
]
# Watches from inside the interpreter what our modules cause while they are imported.
WATCH = """
import importlib, json, os, sys

ours, found = sys.argv[1:], []
passed_through = {"importlib", "_frozen_importlib", "os", "collections", "subprocess", "socket", __name__}

def by_ours():
    frame = sys._getframe(2)
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name in ours:
            return True
        if name.split(".")[0] not in passed_through:
            return False
        frame = frame.f_back
    return False

def watch(event, args):
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        found.append(f"opens {args[0]} for writing")
    if event in {"socket.connect", "subprocess.Popen", "sqlite3.connect"} and by_ours():
        found.append(event)

read = type(os.environ).__getitem__

def watched_read(self, key):
    if by_ours() or str(key).startswith("RAGREADY_"):
        found.append(f"reads {key}")
    return read(self, key)

type(os.environ).__getitem__ = watched_read
sys.dont_write_bytecode = True
sys.addaudithook(watch)
for name in ours:
    importlib.import_module(name)
print(json.dumps({"found": found, "loaded": sorted(sys.modules)}))
"""


@cache
def imported(*modules: str) -> dict[str, list[str]]:
    """What a fresh interpreter noticed while it imported some modules, and every module it then holds."""
    done = subprocess.run([sys.executable, "-c", WATCH, *modules], capture_output=True, text=True, check=True, cwd=ROOT)
    found: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_importing_every_module_does_no_io() -> None:
    """Importing reads no setting, opens no file for writing, connects nowhere and starts no process."""
    assert imported(*MODULES)["found"] == []


def test_no_module_imports_torch() -> None:
    """Neither serving nor ingesting loads torch: only the export does, in a process of its own."""
    assert {"torch", "sentence_transformers", "transformers"} & set(imported(*MODULES)["loaded"]) == set()


def test_the_service_carries_no_parser() -> None:
    """What the API image imports loads nothing of ingestion and none of its parsers."""
    served = [name for name in MODULES if name.startswith("service.")]
    loaded = set(imported(*served)["loaded"])
    parsers = {"markitdown", "pypdfium2", "pdfplumber", "openpyxl", "mammoth", "bs4"}
    parsers |= {"lxml", "markdownify", "oxmsg", "pptx", "rapidocr", "striprtf"}
    assert loaded & (parsers | {"ingestion", "eval", "cli"}) == set()
