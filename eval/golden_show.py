"""What the commands of a golden set's life print for a person."""

from collections.abc import Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table

from eval.acceptance import Accepted, told
from eval.agreement import Agreement
from eval.new_suite import Made
from eval.representative import Representation
from eval.statistics import Estimate
from service.terminal import out

_COLOURS = {"none": "green", "possible": "yellow", "confirmed": "red", "unknown": "yellow"}
_MOST, _SHOWN = 20, 3


def print_made(made: Made) -> None:
    """How many proposals were added, of which kinds, in which splits, and what to do next."""
    for title, counts in (("by kind", made.kinds), ("by split", made.splits)):
        out.print(f"{title}: {', '.join(f'{number} {name}' for name, number in sorted(counts.items())) or 'none'}")
    for each in made.problems:
        out.print(f"  [yellow]{escape(each['code'])}[/] {escape(each['source'])}")
    refused = f", {made.refused} of the model's refused" if made.refused else ""
    out.print(f"{made.suite}: {made.added} proposals, {made.known} questions known{refused}; version {made.version}")
    out.print(
        "[dim]Nothing is asked of them until people have labelled them: `ragready eval label SUITE --as NAME`.[/]"
    )


def print_agreement(found: Agreement) -> None:
    """Alpha and the cases on which people differ."""
    out.print(f"annotators: {escape(', '.join(found.annotators)) or 'none'}")
    for name, each in (("alpha", found.alpha), ("same label", found.same)):
        out.print(f"{name:12} {_shown(each)}")
    for differ in found.disagreements:
        labels = ", ".join(f"{name} {label}" for name, label in differ.labels.items())
        out.print(f"  {escape(differ.case)}: {escape(labels)}; {differ.decided or 'not decided'}", soft_wrap=True)
    out.print(f"[bold]{found.verdict}[/]")


def print_accepted(made: Accepted) -> None:
    """What became of the labelled cases."""
    out.print(f"{told(made.agreement)}")
    out.print(f"{len(made.accepted)} accepted, {len(made.left_out)} left out, {len(made.waiting)} proposals wait")
    out.print(f"version {made.version.number}, fingerprint {made.version.fingerprint}")


def print_leaks(body: Mapping[str, Any]) -> None:
    """Each source with its state, and the surest leaks."""
    table = Table("source", "state", "cases", "texts", "leaks", "", box=None)
    for each in body["sources"]:
        state = f"[{_COLOURS[each['state']]}]{each['state']}[/]"
        counts = (f"{each['cases']:,}", f"{each['texts']:,}", f"{len(each['leaks']):,}")
        table.add_row(each["source"], state, *counts, escape(each["unknown"]))
    out.print(table)
    for each in body["sources"]:
        for leak in each["leaks"][:_MOST]:
            scores = f"letters {leak['letters']:.2f}, words {leak['words']:.2f}, cosine {leak['cosine']:.2f}"
            out.print(
                f"  {leak['state']} {escape(leak['case'])} = {escape(leak['other'])} [dim]{scores}[/]", soft_wrap=True
            )
    if body["confirmed"] and not body["on"]:
        out.print("[yellow]The control `leaks` is off: nothing is stopped.[/]")


def print_representation(found: Representation, stopped: bool) -> None:
    """Whether golden and live questions can be told apart, and the topics that no golden case is near."""
    out.print(f"golden {found.golden}, live {found.live}")
    out.print(f"{'AUC':12} {_shown(found.auc)}")
    if found.detectable is not None:
        out.print(f"[dim]an AUC of {found.detectable} would be found in four of five such comparisons[/]")
    for topic in found.topics:
        out.print(f"golden cases lack {_shown(topic.share)}")
        for question in topic.questions[:_SHOWN]:
            out.print(f"    {escape(question)}", soft_wrap=True)
    off = found.verdict == "differ" and not stopped
    out.print(
        f"[bold]{found.verdict}[/]{', and the control `representativeness` is off: nothing is stopped' if off else ''}"
    )


def _shown(each: Estimate) -> str:
    if each.value is None:
        return f"not known, n {each.n}"
    interval = "one case" if each.low is None else f"{each.low:.3f} to {each.high:.3f}"
    return f"{each.value:.3f}  ({interval}, n {each.n})"
