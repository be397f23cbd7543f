"""The HTTP application in this process, on fakes, and a client for each kind of caller."""

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
    """The application and what it stands on."""

    app: App
    served: FastAPI

    def client(self, key: str | None) -> TestClient:
        """A client that sends a key, or none."""
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        return TestClient(self.served, raise_server_exceptions=False, headers=headers)

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
def api(fake_app: App, tmp_path: Path) -> Api:
    """An open space and one for the group hr, a document in each."""
    for space, readers in (("lobby", None), ("hr", {"hr"})):
        folder = tmp_path / space
        folder.mkdir()
        (folder / "page.md").write_text(f"# Page\n\nThis is the page of the {space}.\n")
        ingestion.run(fake_app, [folder], space, readers=readers)
    return Api(fake_app, create_api(fake_app, SETTINGS_KEY))
