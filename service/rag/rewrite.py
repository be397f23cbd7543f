"""Makes the last question of a conversation stand alone: by the chat model, or by rules where there is none.

What a model writes is guarded like a question that somebody asked. A question with nothing before it never comes here.
"""

import html
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace

from service.core.answers import Message, Question
from service.core.app import App
from service.core.chat import ChatModel
from service.core.errors import ModelBrokeOff
from service.rag import consult, follow_up, guard, prompts
from service.rag.controls import Controls
from service.rag.meter import Meter
from service.rag.threads import in_thread


async def standing_alone(app: App, question: Question, controls: Controls, meter: Meter) -> Question:
    """The question without its history. Raises ModelProblem, and InvalidInput when what a model made of it is none."""
    if app.model is None:
        return replace(question, text=follow_up.completed(question.text, question.history), history=())
    text = await _by_model(app, app.model, question, meter)
    return await in_thread(guard.guarded, app, replace(question, text=text, history=()), controls)


def conversation(history: Sequence[Message]) -> str:
    """The messages, escaped so that no text can close its own or open another."""
    return "\n".join(f'<message role="{each.role}">\n{html.escape(each.text)}\n</message>' for each in history)


async def _by_model(app: App, model: ChatModel, question: Question, meter: Meter) -> str:
    prompt = prompts.prompt(prompts.REWRITE)
    user = prompt.user.substitute(conversation=conversation(question.history), question=question.text)
    async with aclosing(consult.written(app, meter, model, prompt.system, user)) as pieces:
        text = "".join([piece async for piece in pieces]).strip()
    if not text or len(text) > app.settings.max_question_characters:
        raise ModelBrokeOff(
            f"{model.name} made no question of the conversation, but {len(text):,} characters.",
            "Ask again, or ask in a question that stands alone.",
        )
    return text
