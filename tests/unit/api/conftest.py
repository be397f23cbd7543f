"""The HTTP application in this process, on fakes, and a client for each kind of caller."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from ingestion import pipeline as ingestion
from service.api.app import create_api
from service.core.app import App
from service.core.keys import NewKey

SETTINGS_KEY = "the-key-of-the-settings-1"


@dataclass(frozen=True)
class Api:
    """The application, what it stands on, and `client`, which makes a client that sends a key, or none."""

    app: App
    served: FastAPI
    client: Callable[[str | None], TestClient]

    def key(self, role: str, *groups: str, tenant: str = "default") -> NewKey:
        """A new key."""
        return self.app.records.keys.create(tenant, role, role, frozenset(groups))

    def stranger_keys(self) -> dict[str, str | None]:
        """Keys that are no keys here, by what is wrong with them."""
        revoked = self.key("admin", "*")
        self.app.records.keys.revoke("default", revoked.kept.id)
        return {
            "none": None,
            "empty": "",
            "wrong": "rr_" + "A" * 43,
            "revoked": revoked.key,
            "another tenant's": self.key("admin", "*", tenant="other").key,
            "an id": self.key("admin", "*").kept.id,
        }


@pytest.fixture
def api(fake_app: App, tmp_path: Path) -> Iterator[Api]:
    """An open space and one for the group hr, a document in each."""
    for space, readers in (("lobby", None), ("hr", {"hr"})):
        folder = tmp_path / space
        folder.mkdir()
        (folder / "page.md").write_text(f"# Page\n\nThis is the page of the {space}.\n")
        ingestion.run(fake_app, [folder], space, readers=readers)
    served = create_api(fake_app, SETTINGS_KEY)
    with ExitStack() as open_clients:

        def client(key: str | None) -> TestClient:
            made = open_clients.enter_context(TestClient(served, raise_server_exceptions=False))
            if key is not None:
                made.headers["Authorization"] = f"Bearer {key}"
            return made

        yield Api(fake_app, served, client)
