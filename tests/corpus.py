"""A small corpus that tests write to a folder of their own, and questions with the words that answer them."""

from pathlib import Path

DOCUMENTS = {
    "warranty.md": (
        "# Warranty\n\n## Battery\n\nThe battery is covered for 24 months from delivery. It must keep 70 % of its "
        "capacity.\n\n## Frame\n\nThe frame is covered for ten years. Scratches are not covered.\n"
    ),
    "returns.md": (
        "# Returning a bike\n\nYou may return an unused bike within 30 days. The courier collects it at your door "
        "free of charge.\n\nAfter a return the money is transferred within five working days.\n"
    ),
    "prices.csv": "Model,Price in euros,Weight in kg\nHarbour,2890,24.5\nRidge,4150,21.8\nCargo Plus,5790,38.0\n",
    "delivery.html": (
        "<html><head><title>Delivery</title></head><body><h1>Delivery</h1><p>Delivery within Denmark takes four "
        "working days.</p><p>Größere Räder werden 🚲 mit einer Spedition geliefert: a carrier brings a cargo bike on "
        "a pallet.</p></body></html>\n"
    ),
    "hours.txt": "The workshop in Aarhus is open from Monday to Friday, 8:00 to 17:30. It is closed on holidays.\n",
}

# Question, the document that answers it, and words that its answer holds.
QUESTIONS = [
    ("How long is the battery covered by the warranty?", "warranty.md", "24 months"),
    ("Within how many days may I return an unused bike?", "returns.md", "30 days"),
    ("How long does delivery within Denmark take?", "delivery.html", "four working days"),
    ("When is the workshop in Aarhus open?", "hours.txt", "8:00 to 17:30"),
    ("What is the price of the Cargo Plus model in euros?", "prices.csv", "5790"),
]
QUESTION, _, WORDS = QUESTIONS[0]
UNANSWERABLE = "Who composed the opera about the flying Dutchman?"


def write_corpus(folder: Path) -> Path:
    """Write the corpus to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def write_parts(folder: Path, count: int) -> Path:
    """Write `count` short documents, each of which says what its own part weighs."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (folder / f"part-{number}.md").write_text(
            f"# Part {number}\n\nThe part with the number {number} weighs {number * 7 + 3} grams. It is kept in hall "
            f"{number % 9} of the warehouse, in row {number}.\n"
        )
    return folder
