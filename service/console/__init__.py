"""The web page: asks the same functions as the API, in a browser. Deleting this folder removes it."""
