"""One module for each line that a command proves, named like the line; eval.checklist.probe says what it holds."""
