"""What `ragready eval detector` prints for a person: tables in which each figure has its interval and n."""

from collections.abc import Mapping
from typing import Any

from rich.markup import escape
from rich.table import Column, Table

from service.terminal import out

_SHOWN_FAILURES = 10


def print_report(body: Mapping[str, Any]) -> None:
    """The figures, what they are made of, the cases that failed, and what the figures rest on."""
    _spans(body) if body["detector"] == "pii" else _texts(body)
    for each in body["failures"][:_SHOWN_FAILURES]:
        out.print(f"  [yellow]line {each['line']}[/] {escape(each['error'])}", soft_wrap=True)
    if body["failed"] > _SHOWN_FAILURES:
        out.print(f"  and {body['failed'] - _SHOWN_FAILURES} more")
    if body["repeated"]:
        told = f", {body['contradicting']} of them with another label" if body["contradicting"] else ""
        out.print(f"[yellow]{body['repeated']} cases stand in the file before{told}; each counts.[/]")
    on = body["rests_on"]
    chosen = f"{on['half'] or 'both halves'}, {on['limit'] or 'no'} limit"
    out.print(f"[dim]scored {body['n']}, failed {body['failed']}, of {on['lines']} lines; {chosen}[/]")
    out.print(f"[dim]{escape(on['file'])} {on['fingerprint']}, commit {on['commit']}, {on['at']}[/]", soft_wrap=True)


def _texts(body: Mapping[str, Any]) -> None:
    table = Table(f"positive: {body['positive']}", "value (95%)", "n", "", box=None)
    at_one = body["tpr_at_1pct_fpr"]
    noted = f"fpr {_value(at_one['fpr'])} at {_threshold(at_one['threshold'])}" if "fpr" in at_one else ""
    table.add_row("AUC", *_cells(body["auc"]))
    table.add_row("average precision", *_cells(body["ap"]))
    table.add_row("recall at 1% fpr", *_cells(at_one, noted))
    for name, each in body["at_threshold"].items():
        table.add_row(f"{name} at {body['threshold']:g}", *_cells(each))
    table.add_row("ms, median", *_cells(body["ms_p50"]))
    table.add_row("ms, 95th percentile", *_cells(body["ms_p95"]))
    out.print(table)
    out.print(f"[dim]score: {escape(body['score'])}[/]", soft_wrap=True)
    groups = {**body.get("by_where", {}), **body["by_family"]}
    if groups:
        families = Table("where, family", "n", "recall", "fpr", box=None)
        for name, each in groups.items():
            families.add_row(escape(name), str(each["n"]), _counted(each["recall"]), _counted(each["fpr"]))
        out.print(families)
    if unknown := body.get("unknown_where_read_as_document"):
        told = ", ".join(f"{count} {name}" for name, count in unknown.items())
        out.print(f"[yellow]read as documents: {escape(told)}[/]", soft_wrap=True)


def _spans(body: Mapping[str, Any]) -> None:
    table = Table(Column("type", no_wrap=True), "told", "found", "spans", "precision", "recall", "F1", box=None)
    rows = {"all looked for": body, **body["by_type"], "with what is not": body["with_not_looked_for"]}
    for name, each in rows.items():
        counts = (escape(name), str(each["told"]), str(each["found"]))
        for kind, shown in (("exact", counts), ("overlapping", ("", "", ""))):
            scores = each[kind]
            table.add_row(*shown, kind, *(_value(scores[score]) for score in ("precision", "recall", "f1")))
    out.print(table)
    apart = ", ".join(f"{count} {name}" for name, count in body["not_looked_for"].items())
    out.print(f"not looked for: {escape(apart) or 'none'}", soft_wrap=True)
    if body["called"]:
        out.print(f"[dim]{escape(', '.join(f'{a} is {b}' for a, b in body['called'].items()))}[/]", soft_wrap=True)
    out.print(f"[dim]ms: median {_value(body['ms_p50'])}, 95th percentile {_value(body['ms_p95'])}[/]")


def _cells(each: Mapping[str, Any], noted: str = "") -> tuple[str, str, str]:
    return _value(each), str(each["n"]), escape(each.get("why", noted))


def _value(each: Mapping[str, Any]) -> str:
    if each["value"] is None:
        return "–"
    return f"{each['value']:.3f}" + ("" if each["low"] is None else f" ({each['low']:.3f} to {each['high']:.3f})")


def _counted(each: Mapping[str, Any]) -> str:
    return f"{_value(each)}, n {each['n']}" if each["n"] else "–"


def _threshold(value: float | None) -> str:
    return "no threshold" if value is None else f"{value:.3g}"
