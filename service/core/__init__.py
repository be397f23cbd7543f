"""The contract that the writer (ingestion), the reader (service.rag) and the judge (eval) share."""

import os

# From its import on, onnxruntime keeps a device id and sends usage events, unless this is set before; asking it later
# comes too late. This runs before any module of ours can import it.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
