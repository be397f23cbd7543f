"""A small suite for tests of the golden set's life: three documents, cases in three splits, made where a test says."""

import json
from pathlib import Path
from typing import Any

DELIVERY = """# Delivery

## Times
Delivery takes 5 days inside the country. The van never comes on a Sunday. A delivery is never left in the rain.

## Fees
The standard fee is €12 for each parcel.

| region | fee | days |
|---|---|---|
| North | 12 euros | 3 |
| Islands | 30 euros | 9 |
"""
RETURNS = """# Returns

## How to send something back
Print the label at home and leave the parcel at any counter. The refund arrives 14 days later.

## Can I return a gift?
Gifts are returned for a voucher of the same value.
"""
CARE = """# Care of leather

## Cleaning
Wipe the leather with a damp cloth every 6 weeks. Never use soap with lemon in it.
"""
DOCUMENTS = {"delivery.md": DELIVERY, "returns.md": RETURNS, "care.md": CARE}


def write_documents(folder: Path) -> Path:
    """The documents as files of one folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def case(name: str, question: str, split: str = "", quote: str = "", **more: Any) -> dict[str, Any]:
    """A line of cases.jsonl: answerable by a quote of delivery.md, or not answerable without one."""
    places = [{"document": "shop/delivery.md", "quote": quote}] if quote else []
    given = {"id": name, "question": question, "answerable": bool(quote), "relevant": places, "spaces": ["shop"]}
    return {**given, "split": split, **more}


CASES = (
    case("t1", "How long do parcels travel at home?", "tune", "Delivery takes 5 days"),
    case("t2", "Who paints the vans?", "tune"),
    case("e1", "What is charged for one parcel?", "test", "The standard fee is €12"),
    case("s1", "Is there a parcel on Sundays?", "sealed", "The van never comes on a Sunday."),
    case("s2", "Which colour has the counter?", "sealed"),
)


def write_suite(folder: Path, *cases: dict[str, Any]) -> Path:
    """A suite over the documents; CASES where none are given."""
    write_documents(folder / "corpus/shop")
    (folder / "suite.toml").write_text('name = "shop"\n', encoding="utf-8")
    lines = [json.dumps(each) for each in cases or CASES]
    (folder / "cases.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return folder


def read_lines(path: Path) -> list[dict[str, Any]]:
    """JSON lines as they stand."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
