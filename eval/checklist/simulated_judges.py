"""Judges that are simulated: scripts behind HTTP that judge well, at random, by length, by order, and not at all.

And answers whose truth is by construction: golden ones, and those of other questions. No person has labelled them, and
whatever rests on them has to say so.
"""

import hashlib
import html
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from eval.answer_labels import Labelled, facts
from eval.checklist.scripted import Exchange, scripted
from eval.judge import Judge, Submission, open_judge
from eval.metrics import accepted
from eval.suite import Case, plain
from service.core.settings import Settings

NAME = "openai:simulated-judge"
OTHER = "openai:another-model"
_OWN, _LONG = "In short: ", " That is what stands in the documents that were found for this question, in so many words."
_BESIDE = re.compile(r'<(reference|source) id="\d+">\n(.*?)\n</\1>', re.DOTALL)
_ANSWER = re.compile(r"<answer>\n(.*?)\n</answer>", re.DOTALL)


@dataclass(frozen=True)
class Shown:
    """What a prompt puts before a judge, and how often it was shown before."""

    answer: str
    beside: tuple[str, ...]
    answer_first: bool
    prompt: str
    before: int

    @property
    def right(self) -> bool:
        """Whether the answer holds a wording of every reference, or each of its sentences stands in a source."""
        said = plain(self.answer)
        if "<source" in self.prompt:
            return any(plain(sentence) in plain(" ".join(self.beside)) for sentence in [self.answer])
        wordings = [[plain(each) for each in fact.split(" / ")] for fact in self.beside]
        return all(any(re.search(rf"(?<!\w){re.escape(each)}(?!\w)", said) for each in fact) for fact in wordings)

    def drawn(self, seed: str, *, again: bool = True) -> float:
        """A number from 0 to 1 that depends on the prompt, and with `again` on how often it was shown."""
        said = f"{seed} {self.prompt} {self.before if again else ''}"
        return int.from_bytes(hashlib.sha256(said.encode()).digest()[:6]) / 2**48


def _saying(score: object) -> str:
    return json.dumps({"reason": "A simulated judge gives this reason.", "score": score})


Saying = Callable[[Shown], str]
JUDGES: Mapping[str, Saying] = {
    "perfect": lambda shown: _saying(int(shown.right)),
    "random": lambda shown: _saying(int(shown.drawn("random") < 0.5)),
    "prefers length": lambda shown: _saying(int(shown.right or len(shown.answer) > len(_LONG))),
    "prefers what comes first": lambda shown: _saying(int(shown.right or shown.answer_first)),
    "prefers its own": lambda shown: _saying(int(shown.right or shown.answer.startswith(_OWN))),
    "flaky": lambda shown: _saying(int(shown.right)) if shown.drawn("flaky", again=False) < 0.7 else "",
    "no number": lambda shown: _saying(float("nan")),  # noqa: ARG005  # whatever is shown
    "prose": lambda shown: f"I would call this answer {'right' if shown.right else 'wrong'}.",
}


@contextmanager
def simulated_judge(name: str, settings: Settings, repeats: int = 3) -> Iterator[Judge]:
    """A judge of JUDGES behind HTTP on loopback, asked through the provider's own client, until the block ends."""
    with served(JUDGES[name]) as url:
        ours = settings.model_copy(update={"judge_url": url, "judge_api_key": None, "model_retries": 0})
        yield open_judge(NAME, Settings(**{**ours.model_dump(), "judge_api_key": "simulated" * 3}), repeats)


@contextmanager
def served(saying: Saying) -> Iterator[str]:
    """The address of a server that says to each prompt what `saying` does; where that is nothing, it answers 500."""
    seen: Counter[str] = Counter()

    def script(exchange: Exchange) -> None:
        prompt = str(exchange.body["messages"][-1]["content"])
        text = saying(shown(prompt, seen[prompt]))
        seen[prompt] += 1
        if not text:
            exchange.refuse(500)
            return
        exchange.begin()
        exchange.say(text)
        exchange.end()

    with scripted() as server:
        server.scripts = [script]
        yield server.url


def shown(prompt: str, before: int = 0) -> Shown:
    """What a prompt shows."""
    answer, beside = _ANSWER.search(prompt), list(_BESIDE.finditer(prompt))
    first = bool(answer and beside and answer.start() < beside[0].start())
    texts = tuple(html.unescape(each[2]) for each in beside)
    return Shown(html.unescape(answer[1]) if answer else "", texts, first, prompt, before)


def made_answers(cases: Sequence[Case], number: int, seed: int = 0) -> list[Labelled]:
    """Answers to `number` cases, half of them golden and half another case's: short and long, of two models.

    Raises ValueError where there are too few cases.
    """
    draw = random.Random(seed)  # noqa: S311  # no secret
    able = [case for case in cases if case.parts]
    found = []
    for place, case in enumerate(draw.sample(able, number)):
        kinds = [bool(place >> bit & 1) for bit in range(3)]
        text = _says(case if kinds[0] else _other(case, able, draw))
        answer = (_OWN if kinds[1] else "") + text + (_LONG if kinds[2] else "")
        submission = Submission(case.question, answer, facts(case.parts))
        found.append(Labelled(submission, int(kinds[0]), NAME if kinds[1] else OTHER))
    return found


def _says(case: Case) -> str:
    return " and ".join(part[0] for part in case.parts) + "."


def _other(case: Case, able: Sequence[Case], draw: random.Random) -> Case:
    """A case whose answer is not right here."""
    return draw.choice([each for each in able if not accepted(case, _says(each))])
