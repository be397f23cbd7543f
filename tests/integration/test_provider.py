"""A provider's own client, of an installed provider package, behind our adapter."""

import asyncio

import pytest

from service.core.errors import InvalidSettings, ModelUnavailable
from service.core.settings import Settings
from service.rag import models


def test_a_missing_key_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a key the provider's client refuses, which is a matter of settings; with one it is made."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(InvalidSettings) as refused:
        models.open_model("openai:gpt-4.1-mini", Settings())
    assert "RAGREADY_MODEL_API_KEY" in refused.value.remedy
    settings = Settings(model_api_key="k" * 30, model_url="http://127.0.0.1:9/v1")
    made = models.open_model("openai:gpt-4.1-mini", settings)
    assert made is not None
    assert (made.name, made.simulated) == ("openai:gpt-4.1-mini", False)
    assert str(made.model.openai_api_base) == settings.model_url


def test_an_address_where_nobody_listens_is_unavailable() -> None:
    """The real client of a real provider package, on a port without a server, ends in ModelUnavailable."""
    settings = Settings(model_api_key="k" * 30, model_url="http://127.0.0.1:9/v1")
    made = models.open_model("openai:gpt-4.1-mini", settings)

    async def asked() -> None:
        async for _ in made.stream("Rules.", "Is it brass?"):
            raise AssertionError("nobody can have answered")

    with pytest.raises(ModelUnavailable) as failed:
        asyncio.run(asked())
    assert "ConnectionError" in failed.value.detail
