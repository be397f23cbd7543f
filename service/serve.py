"""Runs the service: opens the parts, puts API and page together, listens until stopped."""

import signal
import socket
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TypeAlias

import uvicorn

from service.api.app import create_api
from service.api.keys import api_key
from service.bootstrap import open_app
from service.console.page import mount
from service.core.app import App
from service.core.errors import InvalidSettings
from service.core.settings import Settings

# Does jobs on threads of this process until the block ends.
Work: TypeAlias = Callable[[App], AbstractContextManager[None]]


def serve(settings: Settings, announce: Callable[[str], None], work: Work | None = None) -> None:
    """Serve until interrupted. `announce` gets a line for the person who started it: the page, the key, how to stop.

    `work` does jobs where no process beside this one could: with Chroma in process, whose folder this then locks for
    itself alone; without it that folder is shared with other readers, and documents are refused. With a Chroma server
    jobs are a worker's. Raises InvalidSettings when the port is taken, and what open_app raises.
    """
    # uvicorn stops in good order and then sends itself the signal again, which by default ends the process on the spot:
    # stores would stay open, and the last traces unsent
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ours = work if settings.chroma_url is None else None
    holder = "ragready up" if ours else "ragready up --read-only"
    with (
        open_app(settings, holder=holder, writes=ours is not None, answers=True) as app,
        ours(app) if ours else nullcontext(),
        _listening(settings) as listener,
    ):
        key, made = api_key(settings)
        api = create_api(app, key, takes_documents=ours is not None or settings.chroma_url is not None)
        mount(api, app, key)
        host, port = listener.getsockname()[:2]
        where = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104  # only compared
        announce(f"API   {where}/docs")
        if settings.environment == "development":
            announce(f"Page  {where}/?key={key}")
            announce(f"Key   {key} ({'made now and ' if made else ''}kept in {settings.key_file})")
        if not api.state.takes_documents:
            announce("Note  read only: documents are not taken")
        announce("Stop  Ctrl-C")
        uvicorn.Server(uvicorn.Config(api, log_level="warning", log_config=None)).run(sockets=[listener])


def _listening(settings: Settings) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        raise InvalidSettings(
            f"{settings.host}:{settings.port} cannot be listened on: {error.strerror}.",
            "Stop what listens there, or name another port with --port.",
        ) from error
    return listener
