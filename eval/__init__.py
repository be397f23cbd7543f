"""Judges: measures the product from above; nothing imports it. `from eval.x import y`, never `import eval.x`."""

import service.core  # noqa: F401  # sets what numpy and onnxruntime read at their import
