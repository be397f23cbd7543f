"""Asks a running service over HTTP: its problem documents come back as the errors that they name."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import httpx

from service.core.errors import RagreadyError, TargetUnavailable
from service.core.settings import Settings

_TIMEOUT_SECONDS = 10.0
_UPLOAD_SECONDS = 600.0
_REMEDY = "Start it with `ragready up`, or name another with --url."


def client(url: str, key: str, timeout_seconds: float = _TIMEOUT_SECONDS) -> httpx.Client:
    """A client of the service at `url` that shows a key; it connects at the first request. Raises TargetUnavailable."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        return httpx.Client(base_url=url.rstrip("/"), headers=headers, timeout=timeout_seconds)
    except httpx.InvalidURL as error:
        raise TargetUnavailable(f"{url!r} is no URL.", _REMEDY) from error


def request(service: httpx.Client, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The JSON object of a response. Blocks. Raises TargetUnavailable, and the error that a problem document names."""
    return _answered(service, lambda: service.request(method, path, json=body))


def _answered(service: httpx.Client, ask: Callable[[], httpx.Response]) -> dict[str, Any]:
    try:
        response = ask()
    except httpx.HTTPError as error:
        raise TargetUnavailable(f"{_where(service)} does not answer: {type(error).__name__}.", _REMEDY) from error
    try:
        content = response.json()
    except ValueError as error:
        said = f"{_where(service)} answers with status {response.status_code} and no JSON."
        raise TargetUnavailable(said, _REMEDY) from error
    if response.is_success and isinstance(content, dict):
        return content
    raise _refusal(_where(service), response.status_code, content if isinstance(content, dict) else {})


def get(
    settings: Settings, path: str, url: str | None = None, timeout_seconds: float = _TIMEOUT_SECONDS
) -> dict[str, Any]:
    """The JSON object at `path` of the service at `url`, or of the one that these settings start; as `request`."""
    with client(url or _own_url(settings), settings_key(settings), timeout_seconds) as service:
        return request(service, "GET", path)


def post_files(
    settings: Settings, path: str, fields: Mapping[str, str], files: Sequence[tuple[str, Any]], url: str | None = None
) -> dict[str, Any]:
    """Send a form with files, which are read as they are sent, and return the JSON object; raises as `request`."""
    with client(url or _own_url(settings), settings_key(settings), _UPLOAD_SECONDS) as service:
        return _answered(service, lambda: service.post(path, data=dict(fields), files=list(files)))


def named_error(code: str, detail: str, remedy: str) -> RagreadyError | None:
    """The error that a code written down elsewhere names; None for a code of none."""
    for each in _leaves(RagreadyError):
        if each.code == code:
            error = each.__new__(each)
            # what else a constructor may ask for is not written down
            RagreadyError.__init__(error, detail, remedy)
            return error
    return None


def settings_key(settings: Settings) -> str:
    """The settings' key, or the one that a service generated in the data folder; empty where there is none."""
    if settings.api_key is not None:
        return settings.api_key.get_secret_value()
    return settings.key_file.read_text(encoding="utf-8").strip() if settings.key_file.is_file() else ""


def _own_url(settings: Settings) -> str:
    host = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host  # noqa: S104  # only compared
    return f"http://{host}:{settings.port}"


def _where(service: httpx.Client) -> str:
    return str(service.base_url).rstrip("/")


def _refusal(where: str, status: int, body: Mapping[str, Any]) -> RagreadyError:
    code = str(body.get("code", ""))
    detail, remedy = str(body.get("detail", "")), str(body.get("remedy", ""))
    unnamed = TargetUnavailable(
        f"{where} answers with status {status} {code} {detail}".rstrip() + ".", remedy or _REMEDY
    )
    return named_error(code, detail, remedy) or unnamed


def _leaves(error: type[RagreadyError]) -> Iterator[type[RagreadyError]]:
    for child in error.__subclasses__():
        yield from _leaves(child) if child.__subclasses__() else [child]
