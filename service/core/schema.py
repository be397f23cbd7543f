"""The tables of the records database. Changes go through a new file in migrations/, never through create_all."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    false,
)

metadata = MetaData()

spaces = Table(
    "spaces",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("generation", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("readers", JSON, nullable=False, server_default='["everyone"]'),
    Column("policy", JSON, nullable=False, server_default="{}"),
)

# Who calls. The key itself is kept nowhere, only its SHA-256.
api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("name", String(64), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("groups", JSON, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("revoked_at", DateTime(timezone=True)),
)

# What made a generation: a question is never answered from vectors of another encoder than the one that reads it.
# `encoder` is a name of the settings, empty for what was written before names were kept. `state` is building, ready or
# retired; which generation serves stands in `spaces`.
generations = Table(
    "generations",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("space", String(64), primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("state", String(16), nullable=False, server_default="ready"),
    Column("encoder", Text, nullable=False, server_default=""),
    Column("splitter", String(32), nullable=False, server_default="structure"),
    Column("max_chunk_tokens", Integer, nullable=False, server_default="200"),
    ForeignKeyConstraint(["tenant", "space"], ["spaces.tenant", "spaces.name"], ondelete="CASCADE"),
)

# The folder behind a source name, so that two folders of one name are noticed before one replaces the other.
sources = Table(
    "sources",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("space", String(64), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("path", Text, nullable=False),
    ForeignKeyConstraint(["tenant", "space"], ["spaces.tenant", "spaces.name"], ondelete="CASCADE"),
)

documents = Table(
    "documents",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("space", String(64), nullable=False),
    Column("source", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("media_type", String(128), nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("ingested_at", DateTime(timezone=True), nullable=False),
    Column("origin", Text, nullable=False, server_default=""),
    Column("standing", String(16), nullable=False, server_default="current"),
    Column("in_favour_of", String(32)),
    Column("language", String(8), nullable=False, server_default=""),
    Column("pages", JSON, nullable=False, server_default="[]"),
    Column("meta", JSON, nullable=False, server_default="{}"),
    Column("findings", JSON, nullable=False, server_default="{}"),
    ForeignKeyConstraint(["tenant", "space"], ["spaces.tenant", "spaces.name"], ondelete="CASCADE"),
    Index("documents_by_source", "tenant", "space", "source", unique=True),
    Index("documents_by_origin", "tenant", "space", "origin"),
    Index("documents_by_favour", "in_favour_of"),
)

# What tells a document's copies and editions, see service.core.signatures.
signatures = Table(
    "signatures",
    metadata,
    Column("document_id", String(32), ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("space", String(64), nullable=False),
    Column("text_hash", String(64), nullable=False),
    Column("minhash", LargeBinary, nullable=False),
    Column("file", Text, nullable=False),
    Column("series", Text, nullable=False),
    Column("rank", Text, nullable=False),
    Column("rules", String(64), nullable=False),
    Index("signatures_by_text", "tenant", "text_hash"),
    Index("signatures_by_series", "tenant", "series"),
    Index("signatures_by_file", "tenant", "file"),
    Index("signatures_by_rules", "tenant", "space", "rules"),
)

# Locality-sensitive hashing: texts that have much in common share a band, most likely.
signature_bands = Table(
    "signature_bands",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("band", BigInteger, primary_key=True),
    Column("document_id", String(32), ForeignKey("signatures.document_id", ondelete="CASCADE"), primary_key=True),
    Index("signature_bands_by_document", "document_id"),
)

# Names of documents that a document says it supersedes, or is superseded by; the named one may come later.
supersessions = Table(
    "supersessions",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("target", Text, primary_key=True),
    Column("document_id", String(32), ForeignKey("signatures.document_id", ondelete="CASCADE"), primary_key=True),
    Index("supersessions_by_document", "document_id"),
)

chunks = Table(
    "chunks",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("document_id", String(32), ForeignKey("documents.id", ondelete="CASCADE"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("context", Text, nullable=False),
    Column("page", Integer),
    Column("token_vectors", LargeBinary, nullable=False),
    Column("token_spans", LargeBinary, nullable=False),
    Index("chunks_by_document", "document_id", "generation"),
)

# What each file was when it was last looked at, and what came of it: a file of which nothing changed is left alone.
manifest = Table(
    "manifest",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("space", String(64), primary_key=True),
    Column("source", Text, primary_key=True),
    Column("content_hash", String(64), nullable=False),
    Column("recipe", String(64), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("outcome", JSON, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    ForeignKeyConstraint(["tenant", "space"], ["spaces.tenant", "spaces.name"], ondelete="CASCADE"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("space", String(64), primary_key=True),
    Column("source", Text, primary_key=True),
    Column("content_hash", String(64), nullable=False),
    Column("code", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("id", String(32), nullable=False, server_default=""),
    Column("origin", Text, nullable=False, server_default=""),
    Column("state", String(16), nullable=False, server_default="held"),
    Column("decided_by", String(64)),
    Column("decided_at", DateTime(timezone=True)),
    Column("title", Text, nullable=False, server_default=""),
    Column("text", Text, nullable=False, server_default=""),
    Column("media_type", String(128), nullable=False, server_default=""),
    Column("language", String(8), nullable=False, server_default=""),
    Column("pages", JSON, nullable=False, server_default="[]"),
    Column("meta", JSON, nullable=False, server_default="{}"),
    Column("findings", JSON, nullable=False, server_default="{}"),
    ForeignKeyConstraint(["tenant", "space"], ["spaces.tenant", "spaces.name"], ondelete="CASCADE"),
)

# What somebody asked a worker to do, and how far it is. Which worker does it, and its attempts, are DBOS's to know.
jobs = Table(
    "jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("space", String(64)),
    Column("kind", String(16), nullable=False),
    Column("what", Text, nullable=False),
    Column("submitted_by", String(64), nullable=False),
    Column("submitted_at", DateTime(timezone=True), nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False, server_default="1"),
    Column("files", Integer, nullable=False, server_default="0"),
    Column("files_done", Integer, nullable=False, server_default="0"),
    Column("chunks", Integer, nullable=False, server_default="0"),
    Column("problems", JSON, nullable=False, server_default="[]"),
    Column("error", JSON),
    Column("finished_at", DateTime(timezone=True)),
    ForeignKeyConstraint(["tenant", "space"], ["spaces.tenant", "spaces.name"], ondelete="CASCADE"),
    Index("jobs_by_state", "tenant", "state"),
)

# Files that were uploaded; `key` is where the store of uploads holds the bytes. The newest one of a source is the
# document. `number` counts the files of a job from 0.
uploads = Table(
    "uploads",
    metadata,
    Column("job", String(32), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("space", String(64), nullable=False),
    Column("source", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("done", Boolean, nullable=False, server_default=false()),
    Column("chunks", Integer, nullable=False, server_default="0"),
    Index("uploads_by_source", "tenant", "space", "source"),
)

# PostgreSQL only: the inverted index behind BM25 (SQLite keeps its own in FTS5 tables, one an index).
postings = Table(
    "postings",
    metadata,
    Column("index_name", String(160), primary_key=True),
    Column("lexeme", Text, primary_key=True),
    Column("chunk_id", String(32), primary_key=True),
    Column("frequency", Integer, nullable=False),
    Column("length", Integer, nullable=False),
    Index("postings_by_chunk", "index_name", "chunk_id"),
)

# PostgreSQL only: what an index's postings add up to, kept by the transactions that change them.
lexical_sizes = Table(
    "lexical_sizes",
    metadata,
    Column("index_name", String(160), primary_key=True),
    Column("chunks", BigInteger, nullable=False),
    Column("lexemes", BigInteger, nullable=False),
)

# Contents that were erased and may not come back, by the SHA-256 of their bytes, whatever their file is called.
erased_contents = Table(
    "erased_contents",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("content_hash", String(64), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
)

# What was erased and what the stores said when they were read back: signed, and without anything of what was erased.
receipts = Table(
    "receipts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("receipt", Text, nullable=False),
)
