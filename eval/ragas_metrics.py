"""The metrics of Ragas: those that need no model, and two that ask a judge. The only module that calls Ragas.

Ragas reports its use to its makers unless told not to: it is told before it is imported, and only functions that report
nothing are called. Importing it takes seconds, so it is imported when it is needed.
"""

import math
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError

from eval.judge import Judge, said
from eval.judgement import Asked, Judgement, NoRating, Rating, unfenced, unusable
from eval.outcome import Outcome, Scored
from eval.worth import METRICS
from service.core.embedder import Encoder
from service.core.errors import JudgementUnusable, ModelProblem
from service.rag.meter import Meter
from service.rag.threads import in_thread

if TYPE_CHECKING:
    from ragas.embeddings.base import BaseRagasEmbedding
    from ragas.llms.base import InstructorBaseRagasLLM
    from ragas.metrics.result import MetricResult

VERSION = "0.4.3"
"""The version that is pinned, whose prompts the judged metrics ask."""

Score: TypeAlias = Callable[[Scored], Awaitable[dict[str, float]]]


def ragas_scorer() -> Callable[[Outcome], Awaitable[Outcome]]:
    """What puts Ragas' figures beside a scored case's own; a figure that Ragas has no value for is left out."""
    scorers = (_context_scorer(), _string_scorer())

    async def scored(outcome: Outcome) -> Outcome:
        if not isinstance(outcome, Scored) or not outcome.case.answerable:
            return outcome
        figures = {name: value for score in scorers for name, value in (await score(outcome)).items()}
        known = {name: value for name, value in figures.items() if not math.isnan(value)}
        return replace(outcome, scores={**outcome.scores, **known})

    return scored


def ragas_judge(judge: Judge, encoder: Encoder) -> Callable[[Outcome], Awaitable[Outcome]]:
    """What puts Ragas' judged figures beside a scored answer's own, with what the judge said, failures too.

    Faithfulness asks twice about the texts of all hits; answer relevancy asks three times for a question that the
    answer would answer, and compares the encoder's vectors of these with that of the question asked.
    """
    _switch_reports_off()
    from ragas.metrics.collections import AnswerRelevancy, Faithfulness

    async def scored(outcome: Outcome) -> Outcome:
        if not isinstance(outcome, Scored) or not outcome.case.answerable or not outcome.seen.text.strip():
            return outcome
        if outcome.seen.abstained:
            return outcome
        meter, asked, answer = Meter(judge.settings), outcome.case.question, outcome.seen.text
        texts = [hit.text for hit in outcome.seen.hits if hit.text]
        llm = _llm(judge, meter)
        relevancy = AnswerRelevancy(llm=llm, embeddings=_embeddings(encoder)).ascore(user_input=asked, response=answer)
        found = [await _judgement("answer_relevancy", relevancy, meter)]
        if texts:
            faithful = Faithfulness(llm=llm).ascore(user_input=asked, response=answer, retrieved_contexts=texts)
            found.append(await _judgement("faithfulness", faithful, meter))
        figures = {METRICS[each.rubric]: each.score for each in found if each.score is not None}
        return replace(outcome, scores={**outcome.scores, **figures}, judgements=(*outcome.judgements, *found))

    return scored


async def _judgement(name: Asked, score: "Awaitable[MetricResult]", meter: Meter) -> Judgement:
    before = meter.input_tokens + meter.output_tokens
    try:
        value = float((await score).value)
        if math.isnan(value):
            raise JudgementUnusable("Ragas made no value of what the judge wrote.", "Choose another judge.")
        given: Rating | NoRating = Rating(round(value, 4), "Ragas gives no reason.")
    except ModelProblem as error:
        given = NoRating(error.code, error.detail)
    return Judgement(name, (given,), meter.input_tokens + meter.output_tokens - before)


_Form = TypeVar("_Form", bound=BaseModel)


def _llm(judge: Judge, meter: Meter) -> "InstructorBaseRagasLLM":
    """The judge as Ragas asks one: a prompt in, an object of a given form out."""
    from ragas.llms.base import InstructorBaseRagasLLM

    class Asking(InstructorBaseRagasLLM):
        def generate(self, prompt: str, response_model: type[Any]) -> Any:
            raise NotImplementedError("Ragas' metrics ask asynchronously here.")

        async def agenerate(self, prompt: str, response_model: type[_Form]) -> _Form:
            body = unfenced(await said(judge, "", prompt, meter))
            try:
                return response_model.model_validate_json(body)
            except ValidationError as error:
                raise unusable(body, error) from error

    return Asking()


def _embeddings(encoder: Encoder) -> "BaseRagasEmbedding":
    """Our encoder as Ragas asks one."""
    from ragas.embeddings.base import BaseRagasEmbedding

    class Embedding(BaseRagasEmbedding):
        def embed_text(self, text: str, **_: Any) -> list[float]:
            return [float(each) for each in encoder.embed_query(text).dense]

        async def aembed_text(self, text: str, **_: Any) -> list[float]:
            return await in_thread(self.embed_text, text)

    return Embedding()


def _context_scorer() -> Score:
    """Relevant documents among the documents that the hits come from, by name."""
    _switch_reports_off()
    from ragas import SingleTurnSample

    # the module of their own: ragas.metrics gives them out with a warning, ragas.metrics.collections lacks them
    from ragas.metrics._context_precision import IDBasedContextPrecision
    from ragas.metrics._context_recall import IDBasedContextRecall

    recall, precision = IDBasedContextRecall(), IDBasedContextPrecision()

    async def scored(outcome: Scored) -> dict[str, float]:
        if not outcome.case.relevant:
            return {}
        sample = SingleTurnSample(
            retrieved_context_ids=[hit.source for hit in outcome.seen.hits],
            reference_context_ids=list(outcome.case.documents),
        )
        # the public methods queue a report of their use
        return {
            "ragas_context_recall": float(await recall._single_turn_ascore(sample, callbacks=[])),
            "ragas_context_precision": float(await precision._single_turn_ascore(sample, callbacks=[])),
        }

    return scored


def _string_scorer() -> Score:
    """The answer beside the quotes it should rest on (Levenshtein), and the share of its parts that it holds as is."""
    _switch_reports_off()
    from ragas.metrics.collections import NonLLMStringSimilarity, StringPresence

    similarity, presence = NonLLMStringSimilarity(), StringPresence()

    async def scored(outcome: Scored) -> dict[str, float]:
        case, said = outcome.case, outcome.seen.text
        if outcome.seen.abstained:
            return {}
        found = {}
        if case.relevant:
            like = [(await similarity.ascore(reference=quote, response=said)).value for _, quote in case.relevant]
            found["ragas_string_similarity"] = max(like)
        if case.parts:
            held = [
                max([(await presence.ascore(reference=variant, response=said)).value for variant in part])
                for part in case.parts
            ]
            found["ragas_string_presence"] = sum(held) / len(held)
        return found

    return scored


def _switch_reports_off() -> None:
    os.environ["RAGAS_DO_NOT_TRACK"] = "true"
