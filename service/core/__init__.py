"""The contract that the writer (ingestion), the reader (service.rag) and the judge (eval) share."""

import os

# Two libraries read these at their import, and asking them later comes too late; this runs before any module of ours
# can import them. onnxruntime would keep a device id and send usage events. numpy's OpenBLAS would leave threads
# spinning after each small product, which makes the encoder's next run take 9.5 ms instead of 5.5 on two cores.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
