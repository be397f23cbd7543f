"""Pages over HTTP: lists of addresses and sitemaps, what may be fetched, how much of it, and where it is kept."""
