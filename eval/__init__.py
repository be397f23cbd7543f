"""Judges: measures the product from above; nothing imports it. `from eval.x import y`, never `import eval.x`."""
