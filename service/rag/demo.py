"""The demo that everybody builds with LangChain and Chroma: load, split, embed, top 4, prompt, answer.

What production is compared with, a fair baseline: it shares encoder and model with production and has no control at
all. One collection holds every space, a file that cannot be read is skipped, and the sources are names of documents.
"""

from dataclasses import dataclass
from pathlib import Path

from chromadb.api import ClientAPI
from langchain_chroma import Chroma
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.language_models import BaseChatModel
from langchain_core.prompts import ChatPromptTemplate
from langchain_text_splitters import RecursiveCharacterTextSplitter

PROMPT = ChatPromptTemplate.from_template(
    "Use the following pieces of context to answer the question at the end. If you don't know the answer, just say "
    "that you don't know.\n\nContext:\n{context}\n\nQuestion: {question}\nAnswer:"
)


@dataclass(frozen=True)
class DemoSource:
    """A piece of a document that the answer was written from."""

    source: str
    text: str


def load(folder: Path) -> list[Document]:
    """Every file of a folder as Markdown."""
    from markitdown import MarkItDown

    documents, converter = [], MarkItDown()
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        try:
            text = converter.convert(path).text_content
        # as in tutorials, whose loaders have silent_errors=True: what cannot be read is left out without a word
        except Exception:  # noqa: BLE001, S112
            continue
        documents.append(Document(text, metadata={"source": path.relative_to(folder.parent).as_posix()}))
    return documents


def index(documents: list[Document], embeddings: Embeddings, client: ClientAPI) -> Chroma:
    """The documents in pieces of 1,000 characters, all in one collection."""
    pieces = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200).split_documents(documents)
    return Chroma.from_documents(pieces, embeddings, client=client)


def retrieve(store: Chroma, question: str) -> list[DemoSource]:
    """The four nearest pieces."""
    return [DemoSource(each.metadata["source"], each.page_content) for each in store.similarity_search(question, k=4)]


def answer(model: BaseChatModel, question: str, sources: list[DemoSource]) -> str:
    """What the model writes from the pieces."""
    context = "\n\n".join(each.text for each in sources)
    return (PROMPT | model).invoke({"context": context, "question": question}).text
