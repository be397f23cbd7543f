"""Takes a document, a source or a person out of every store, reads the stores back, and writes a receipt."""
