"""A classifier of pairs small enough to be made within a test: a BERT of one layer with random weights."""

from collections.abc import Sequence
from pathlib import Path


def tiny_classifier(folder: Path, labels: Sequence[str], scores: Sequence[float] | None = None) -> Path:
    """Its folder, with these labels. `scores`, one a label, are what it says of any pair, in place of random ones."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    torch.manual_seed(0)
    letters = [*"abcdefghijklmnopqrstuvwxyz0123456789.,?>|-"]
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{each}" for each in letters)]
    (folder / "vocab.txt").write_text("\n".join(words))
    size = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    names = dict(enumerate(labels))
    config = BertConfig(vocab_size=len(words), num_labels=len(labels), id2label=names, initializer_range=1.0, **size)
    model = BertForSequenceClassification(config)
    if scores is not None:
        torch.nn.init.zeros_(model.classifier.weight)
        model.classifier.bias.data = torch.tensor(scores)
    model.save_pretrained(folder)
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    return folder
