"""What the commands of `ragready eval` print for a person."""

from collections.abc import Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table

from eval.worth import standing, told
from service.terminal import out

_COLOURS = {"better": "green", "worse": "red"}


def print_metrics(body: Mapping[str, Any]) -> None:
    """Each metric with its interval and n, floors and aims beside it, and the cases that have no score."""
    for name, each in body["metrics"].items():
        out.print(f"{name:26} {_estimate(each)}{_threshold(body, name)}{_advisory(body, name)}", soft_wrap=True)
    print_judge(body)
    for name, each in body.get("baselines", {}).items():
        more = "{delta:+.3f} ({low:+.3f} to {high:+.3f})".format(**each["more"])
        out.print(f"{name + ' ndcg@10':26} {_estimate(each['ndcg@10'])}, ours {more}", soft_wrap=True)
    for each in [*body["failures"], *body.get("skips", ())][:10]:
        out.print(f"  [yellow]{escape(each['id'])}[/] {escape(each.get('error') or 'skipped: ' + each['reason'])}")
    for each in body.get("nulls", ()):
        colour = {"passed": "dim", "failed": "red"}.get(each["state"], "yellow")
        out.print(f"[{colour}]null control {each['name']}: {each['state']}, {escape(each['why'])}[/]", soft_wrap=True)
    if outside := body.get("answers_outside_quotes"):
        names = f"{', '.join(outside[:5])}{' …' if len(outside) > 5 else ''}"
        out.print(f"[dim]an answer stands in no quote of its case: {len(outside)} ({escape(names)})[/]", soft_wrap=True)
    for each in (body.get("not_indexed") or ())[:10]:
        out.print(f"[yellow]not indexed: {escape(each)}[/]", soft_wrap=True)
    if not body.get("usable", True):
        out.print("[red]A null control failed: what it let through is not measured. Nothing compares this run.[/]")
    counts = f"scored {body['n']}, failed {body['failed']}, skipped {body.get('skipped', 0)}"
    out.print(f"[dim]{counts}; {body['strategy']}, {body['seconds']:.1f} s[/]")
    if "folder" in body:
        out.print(f"[dim]{escape(body['folder'])}[/]", soft_wrap=True)


def print_judge(body: Mapping[str, Any]) -> None:
    """Who judged a run if anybody did, what the scores are worth, and how many judgements failed."""
    judged = body.get("judged", {"worth": {}})
    for name, each in judged["worth"].items():
        counts = judged["cases"].get(name, {"n": 0, "failed": 0, "failures": []})
        failed = f", [yellow]{counts['failed']} judgements failed[/]" if counts["failed"] else ""
        waver = counts.get("wavering", {"n": 0})
        wavers = f", wavers {_estimate(waver)}" if waver["n"] else ""
        shown = "not shown" if each["standing"] == "refused" else f"{counts['n']} judged{failed}{wavers}"
        out.print(f"  [dim]{name}: {shown}; {escape(told(body, name))}[/]", soft_wrap=True)
        for failure in counts["failures"][:3]:
            out.print(f"  [yellow]{escape(failure['id'])}[/] {escape(failure['error'])}", soft_wrap=True)


def print_splitters(body: Mapping[str, Any]) -> None:
    """Each splitter's figures with their intervals, and what cutting and indexing took."""
    table = Table("splitter", "recall", "precision", "IoU", "IoU, touching", "chunks", "tokens", "seconds", box=None)
    for name, each in body["splitters"].items():
        figures = [_short(each[figure]) for figure in ("recall", "precision", "iou", "iou_touching")]
        table.add_row(name, *figures, f"{each['chunks']:,}", f"{each['tokens_mean']:.0f}", f"{each['seconds']:.0f}")
    out.print(table)
    for each in body["failures"][:10]:
        out.print(f"  [yellow]{escape(each['id'])}[/] {escape(each['error'])}")
    out.print(f"[dim]n {body['n']}, failed {body['failed']}, {body['half'] or 'all'} questions[/]")


def print_comparison(body: Mapping[str, Any]) -> None:
    """Each metric's two values, their difference and the verdict."""
    for each in body["why"]:
        out.print(f"[yellow]not comparable:[/] {escape(each)}", soft_wrap=True)
    for name, each in body["metrics"].items():
        values = f"{_number(each['baseline']):>7} {_number(each['candidate']):>7}"
        out.print(f"{name:26} {values}  {_verdict(each)}", soft_wrap=True)


def print_gate(body: Mapping[str, Any]) -> None:
    """The comparison, and whether the change is stopped."""
    print_comparison(body)
    for each in body["advice"]:
        out.print(f"[dim]advice: {escape(each)}[/]", soft_wrap=True)
    for each in body["reasons"]:
        out.print(f"[red]{escape(each)}[/]", soft_wrap=True)
    if body["reasons"] and not body["on"]:
        out.print("[yellow]The control `gate` is off: nothing is stopped.[/]")
    else:
        out.print("[red]blocked[/]" if body["blocked"] else "[green]passed[/]")


def _verdict(each: Mapping[str, Any]) -> str:
    word = each["verdict"]
    shown = f"[{_COLOURS[word]}]{word}[/]" if word in _COLOURS else word
    if word == "cannot tell" and each["detectable"] is not None:
        shown += f", could have told {each['detectable']:.3g}"
    if each["delta"] is not None:
        shown += f"  [dim]{each['delta']:+.4g} ({each['low']:.4g} to {each['high']:.4g}, n {each['n']})[/]"
    return shown + (f"  [dim]{escape(each['why'])}[/]" if each["why"] else "")


def _estimate(each: Mapping[str, Any]) -> str:
    if not each["n"]:
        return "no case"
    interval = "one case, no interval" if each["low"] is None else f"{each['low']:.3f} to {each['high']:.3f}"
    return f"{each['value']:.3f}  ({interval}, n {each['n']})"


def _short(each: Mapping[str, Any]) -> str:
    if each["low"] is None:
        return _number(each["value"])
    return f"{each['value']:.3f} ({each['low']:.3f} to {each['high']:.3f})"


def _threshold(body: Mapping[str, Any], name: str) -> str:
    wanted = body.get("thresholds", {}).get(name, {"missed": []})
    levels = {kind: wanted[kind] for kind in ("floor", "aim") if wanted.get(kind) is not None}
    words = [f"{kind} {level}{' missed' if kind in wanted['missed'] else ''}" for kind, level in levels.items()]
    return f"  [{'yellow' if wanted['missed'] else 'dim'}]{', '.join(words)}[/]" if words else ""


def _advisory(body: Mapping[str, Any], name: str) -> str:
    """A mark at the scores of a judge that nothing may rest on."""
    return "  [yellow]advisory[/]" if told(body, name) and name not in standing(body, "calibrated") else ""


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
