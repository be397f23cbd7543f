"""The path of a question, without HTTP: pipeline, and one module a step."""
