"""Which model a name means: `extractive` (none: the reader), `sim:PROFILE` (simulated), or PROVIDER:MODEL.

LangChain loads only for a provider's model: it takes a second, and the image that ingests goes without it.
"""

from importlib.util import find_spec

from service.core.chat import ChatModel
from service.core.errors import UnknownModel
from service.core.settings import Settings
from service.rag import simulated

EXTRACTIVE = "extractive"
POSSIBLE = f"Models: {EXTRACTIVE}, {simulated.EXAMPLE} and the like, or PROVIDER:MODEL such as openai:gpt-4.1-mini."


def open_model(name: str, settings: Settings) -> ChatModel | None:
    """The model of this name; None is the extractive reader. Connects to nothing yet.

    Raises UnknownModel naming what is possible or what to install, and InvalidSettings when the provider refuses its
    settings, such as a missing key.
    """
    if name == EXTRACTIVE:
        return None
    if name.startswith(simulated.PREFIX):
        return simulated.Simulated(name)
    if not all(name.partition(":")):
        raise UnknownModel(f"There is no model {name!r}.", POSSIBLE)
    if find_spec("langchain") is None:
        raise UnknownModel(f"{name!r} needs LangChain.", "Install the `service` extra.")
    from service.rag.provider import Provided

    return Provided(name, settings)
