"""From a document's text to its chunks: the splitters and what they share."""
