"""Counts the tokens that chat models read and wrote for one question, and what they cost by the prices in the settings.

A model's own count is taken where its provider tells it; else about four characters are a token, and that is said.
"""

from dataclasses import dataclass

from service.core.answers import Usage
from service.core.chat import Ended
from service.core.settings import Settings

# OpenAI's rule of thumb for English text
CHARACTERS_A_TOKEN = 4


@dataclass
class Meter:
    """What was read and written so far. `cut`: the model was stopped, or stopped itself, at its limit of tokens."""

    settings: Settings
    asked: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    estimated: bool = False
    cut: bool = False

    def add(self, ended: Ended, prompt: str, written: str) -> Usage:
        """Count one call of a model; returns its usage."""
        read = estimated(prompt) if ended.input_tokens is None else ended.input_tokens
        wrote = estimated(written) if ended.output_tokens is None else ended.output_tokens
        guessed = ended.input_tokens is None or ended.output_tokens is None
        self.asked += 1
        self.input_tokens += read
        self.output_tokens += wrote
        self.estimated = self.estimated or guessed
        self.cut = self.cut or ended.cut
        return Usage(read, wrote, guessed, cost(self.settings, read, wrote))

    def usage(self) -> Usage | None:
        """Everything together; None when no model was asked."""
        if not self.asked:
            return None
        price = cost(self.settings, self.input_tokens, self.output_tokens)
        return Usage(self.input_tokens, self.output_tokens, self.estimated, price)


def estimated(text: str) -> int:
    """About how many tokens a text has."""
    return -(-len(text) // CHARACTERS_A_TOKEN)


def cost(settings: Settings, input_tokens: int, output_tokens: int) -> float | None:
    """The price of some tokens; None unless both prices are set."""
    prices = settings.model_input_price, settings.model_output_price
    if prices[0] is None or prices[1] is None:
        return None
    return (input_tokens * prices[0] + output_tokens * prices[1]) / 1e6
