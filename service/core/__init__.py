"""The contract that the writer (ingestion), the reader (service.rag) and the judge (eval) share."""
