"""Answers questions. Rooms: core (the contract), rag (the path of a question), api (HTTP), console (the page)."""
