"""Puts the HTTP application together from the parts that bootstrap made."""

from importlib.metadata import version

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from service.api import errors, health, jobs, openai, quarantine, routes
from service.api.middleware import BodyLimit, CountRequests, JoinTrace, RequireKey
from service.core.app import App


def create_api(app: App, api_key: str, takes_documents: bool = True) -> FastAPI:
    """The HTTP application; its documentation pages load nothing from outside. The caller opens and closes `app`.

    `takes_documents` False refuses uploads and removals, because nobody could do them.
    """
    api = FastAPIOffline(
        title="Ragready",
        version=version("ragready"),
        description="Questions answered from documents, each sentence tied to the span that it rests on.",
    )
    api.state.ragready = app
    api.state.takes_documents = takes_documents
    api.add_middleware(
        BodyLimit,
        max_bytes=app.settings.max_body_bytes,
        uploads_max_bytes=app.settings.max_upload_mebibytes * 2**20,
    )
    api.add_middleware(RequireKey, parts=app, key=api_key)
    api.add_middleware(CountRequests, counter=app.telemetry.http_requests)
    api.add_middleware(JoinTrace)
    errors.install(api)
    api.include_router(health.router)
    for each in (routes, openai, jobs, quarantine):
        api.include_router(each.router)
    return api
