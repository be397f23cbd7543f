"""The measurement of an index that grows, at sizes that take seconds."""

from eval.growth import grown
from service.core.settings import Settings


def test_the_figures_of_each_size(settings: Settings) -> None:
    """Each size has its figures, and about as many chunks as were asked for."""
    small, large = grown(settings, (30, 90), pool_pages=5)
    assert 20 < small["chunks"] < 40 < large["chunks"] < 120
    for each in (small, large):
        assert each["nearest_found"]["value"] == 1
        assert each["question_ms"]["p50"] > each["steps_ms"]["search"]["p50"] > 0
        assert each["records_bytes_a_chunk"] > 1_000
