"""Documents in: from files to chunks in the stores. One module a step; nothing here answers questions."""
