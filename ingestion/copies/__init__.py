"""What documents are to each other: copies, and pages that others supersede."""
