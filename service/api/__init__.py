"""HTTP and nothing else: routes, schemas, keys, problem documents."""
