"""Ragas as pinned: it imports, its metrics without a model score, and it reports to nobody."""

import json
import subprocess
import sys
from pathlib import Path

from eval.ragas_metrics import VERSION

ROOT = Path(__file__).parents[2]
# Scores one right answer, one with another document and one abstention, then reports its use as Ragas does, and notes
# every attempt to write, to connect or to look up a host.
SCRIPT = """
import asyncio, json, sys

tried = []

def watch(event, args):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname"}:
        tried.append(f"{event} {args[-1]!r}")
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+") and args[0] != "/dev/null":
        tried.append(f"writes {args[0]}")

sys.dont_write_bytecode = True
sys.addaudithook(watch)

from eval.ragas_metrics import ragas_judge, ragas_scorer
from eval.judge import Judge
from eval.outcome import Scored
from service.core.settings import Settings
from tests.fakes import FakeEncoder
from tests.judged import Saying
from tests.runs import case, hit, seen

outcomes = [
    Scored(case("right"), seen("24 months"), {}),
    Scored(case("wrong"), seen("It is blue.", hits=(hit("public/b.md"), hit())), {}),
    Scored(case("declined"), seen("", abstained=True, hits=()), {}),
]
async def scored():
    scorer = ragas_scorer()
    return [await scorer(each) for each in outcomes]

found = {each.case.id: each.scores for each in asyncio.run(scored())}
said = ['{"question": "How long?", "noncommittal": 0}'] * 3 + ['{"statements": ["a", "b"]}']
said.append(json.dumps({"statements": [{"statement": "a", "reason": "r", "verdict": each} for each in (0, 1)]}))
judge = ragas_judge(Judge(Saying(*said), Settings(_env_file=None)), FakeEncoder())
judged = asyncio.run(judge(outcomes[0])).scores
from ragas._analytics import IsCompleteEvent, _analytics_batcher, track
track(IsCompleteEvent(user_id="nobody", event_type="a report that must not leave"))
_analytics_batcher.shutdown()
print(json.dumps({"found": found, "tried": tried, "judged": judged, "version": __import__("ragas").__version__}))
"""


def test_ragas_scores_without_a_connection(tmp_path: Path) -> None:
    """The figures are those of the textbook, what has none is absent, and nobody but the judge is asked."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    body = json.loads(done.stdout.splitlines()[-1])
    assert body["tried"] == []
    assert list(tmp_path.iterdir()) == []
    assert body["version"] == VERSION
    assert body["judged"] == {"ragas_answer_relevancy": 1.0, "ragas_faithfulness": 0.5}
    right, wrong, declined = (body["found"][name] for name in ("right", "wrong", "declined"))
    assert right == {
        "ragas_context_recall": 1.0,
        "ragas_context_precision": 1.0,
        "ragas_string_similarity": 1.0,
        "ragas_string_presence": 1.0,
    }
    assert (wrong["ragas_context_precision"], wrong["ragas_string_presence"]) == (0.5, 0.0)
    assert wrong["ragas_string_similarity"] < 0.5
    assert declined == {"ragas_context_recall": 0.0}
