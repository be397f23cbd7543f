"""What the gate found as JUnit XML, which build servers show. It has a failure where the gate stops a change, only."""

import re
from xml.etree import ElementTree as Xml

from eval.compare import Verdict
from eval.gate import Gate
from eval.measures import METRICS

# What XML 1.0 cannot hold.
_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(found: Gate, suite: str, on: bool) -> str:
    """One test for the gate with every reason, and one for each metric. `on` tells whether the gate stops anything."""
    tests = [
        _gate(found, suite, on),
        *(_metric(name, each, suite, on and _blocks(found, name)) for name, each in found.comparison.metrics.items()),
    ]
    counts = {
        "tests": str(len(tests)),
        "failures": str(sum(each.find("failure") is not None for each in tests)),
        "errors": "0",
        "skipped": str(sum(each.find("skipped") is not None for each in tests)),
        "time": "0",
    }
    root = Xml.Element("testsuites", counts)
    Xml.SubElement(root, "testsuite", {"name": _clean(f"ragready eval gate {suite}"), **counts}).extend(tests)
    return Xml.tostring(root, encoding="unicode", xml_declaration=False)


def _gate(found: Gate, suite: str, on: bool) -> Xml.Element:
    test = _test(suite, "gate")
    if found.blocked and on:
        _say(test, "failure", f"{len(found.reasons)} reasons stop the change", "\n".join(found.reasons))
    said = [*(() if on else ("The control `gate` is off: nothing is stopped.",)), *found.reasons, *found.advice]
    Xml.SubElement(test, "system-out").text = _clean("\n".join(said))
    return test


def _blocks(found: Gate, name: str) -> bool:
    return name in found.trusted or any(metric.blocks for metric in METRICS if metric.name == name)


def _metric(name: str, each: Verdict, suite: str, blocking: bool) -> Xml.Element:
    test = _test(f"{suite}.metrics", name)
    figures = f"{each.baseline} became {each.candidate}: {each.delta} ({each.low} to {each.high}, n {each.n})"
    if each.verdict == "worse" and blocking:
        _say(test, "failure", "worse", figures)
    elif each.verdict in {"not comparable", "not run"}:
        _say(test, "skipped", f"{each.verdict}: {each.why}", "")
    detectable = f"; could have told {each.detectable}" if each.detectable is not None else ""
    Xml.SubElement(test, "system-out").text = _clean(f"{each.verdict}. {figures}{detectable}")
    return test


def _test(group: str, name: str) -> Xml.Element:
    return Xml.Element("testcase", {"classname": _clean(group), "name": _clean(name), "time": "0"})


def _say(test: Xml.Element, kind: str, message: str, text: str) -> None:
    Xml.SubElement(test, kind, {"message": _clean(message)}).text = _clean(text)


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
