"""The tables of the records database. Changes go through a new file in migrations/, never through create_all."""

from sqlalchemy import (
    JSON,
    BigInteger,
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

# Which encoder wrote a generation: a question is never answered from vectors of another one.
generations = Table(
    "generations",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("space", String(64), primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("fingerprint", Text, nullable=False),
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
