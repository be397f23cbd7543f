"""Every error that Ragready raises on purpose, one small tree.

RagreadyError
├── InvalidInput              the caller can mend it
│   ├── InvalidQuestion · QuestionTooLong · BodyTooLarge · InvalidName · InvalidRequest
│   ├── UnknownSpace · UnknownDocument · UnknownStrategy · UnknownModel · UnknownControl · UnknownTrace · UnknownKey
│   ├── UnknownAnswer · AnswerOutdated
│   ├── UnknownJob · JobState · UploadsClosed
│   ├── UnknownHeld · NothingToRelease
│   ├── NothingToErase · UnknownReceipt · InvalidReceipt
│   ├── UnknownLine · UnknownSplitter · PathMissing · SourceConflict · InvalidSuite · InvalidRun
│   ├── CommitUnusable
│   ├── QuestionRefused           a control refuses the question
│   └── Unauthorised · Forbidden · RateLimited
├── InvalidSettings           the operator can mend it before start-up
├── CouldNotCheck             a control could not run, so the question is refused
├── WorkerLost                a job ended its worker too often
├── EngineFailed              the processes of a bulk load broke
├── TargetUnavailable         the service that a command asks does not answer
├── ModelProblem              the model that answers did not
│   ├── ModelUnavailable · ModelTimeout · ModelBrokeOff
│   └── JudgementUnusable         a model that judges wrote no judgement
├── StoreProblem              a store or the encoder cannot serve
│   ├── CacheUnavailable · UploadsUnavailable
│   ├── RecordsUnavailable · RecordsDamaged
│   ├── IndexUnavailable · IndexDamaged · IndexSwapped · NoGeneration
│   ├── EncoderMissing · EncoderMismatch · RerankerMissing · GroundingModelMissing
│   └── DataFolderInUse · StorageFull
└── DocumentProblem           one file cannot be ingested; the others go on
    ├── UnreadableFile · EmptyDocument · EncryptedFile · DamagedFile · MislabelledFile
    ├── FileTooLarge · OutsideFolder · NoTextLayer · UnsupportedFormat
    ├── HarmfulFile · ChangingFile
    ├── ParserTimeout · ParserOutOfMemory · ParserCrashed · PreparationFailed
    ├── GarbledText · WrongLanguage · Boilerplate · LengthOutlier · VectorOutlier · ErasedContent
    ├── DocumentHeld              a person has to look at the document first
    │   └── PersonalDataHeld · InstructionsHeld
    ├── SupersessionUnresolved    the document is ingested; what it says of others is not understood
    └── AddressNotAllowed · FetchFailed · PageGone · RobotsDisallow

Each leaf has an HTTP status and a stable code; docs/errors.md lists them and a test compares the two. `detail` names
the offending thing, `remedy` what to do about it. This module formats nothing and logs nothing.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class RagreadyError(Exception):
    """An error with a status, a stable code, what is wrong, and what to do."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something failed inside Ragready"

    def __init__(self, detail: str, remedy: str) -> None:
        super().__init__(f"{detail} {remedy}")
        self.detail = detail
        self.remedy = remedy

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickle, which would call the class with one argument: errors travel from parser to worker."""
        return _remade, (type(self), self.args, vars(self))


def _remade(kind: type[RagreadyError], args: tuple[Any, ...], fields: dict[str, Any]) -> RagreadyError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(fields)
    return error


class InvalidInput(RagreadyError):
    """The caller sent something that cannot be served."""

    status, code, title = 422, "invalid-input", "The input cannot be used"


class InvalidQuestion(InvalidInput):
    """The question is empty or holds nothing that can be read."""

    code, title = "invalid-question", "The question cannot be read"


class QuestionTooLong(InvalidInput):
    """The question is longer than the setting allows."""

    code, title = "question-too-long", "The question is too long"


class BodyTooLarge(InvalidInput):
    """The HTTP body is larger than the setting allows."""

    status, code, title = 413, "body-too-large", "The request body is too large"


class InvalidName(InvalidInput):
    """A tenant, space or source name breaks the naming rule."""

    code, title = "invalid-name", "The name is not allowed"


class InvalidRequest(InvalidInput):
    """The request does not match the documented schema, method or path."""

    code, title = "invalid-request", "The request does not match the schema"


class UnknownSpace(InvalidInput):
    """The space does not exist for this caller."""

    status, code, title = 404, "unknown-space", "No such space"


class UnknownDocument(InvalidInput):
    """The document does not exist for this caller."""

    status, code, title = 404, "unknown-document", "No such document"


class UnknownStrategy(InvalidInput):
    """The strategy is not one of the fixed list."""

    status, code, title = 400, "unknown-strategy", "No such strategy"


class UnknownModel(InvalidInput):
    """The model is not one that can be made from this name."""

    status, code, title = 400, "unknown-model", "No such model"


class UnknownControl(InvalidInput):
    """The control is not one of the fixed list."""

    code, title = "unknown-control", "No such control"


class UnknownTrace(InvalidInput):
    """The trace is not kept here, or not for this caller."""

    status, code, title = 404, "unknown-trace", "No such trace"


class UnknownAnswer(InvalidInput):
    """The answer is not kept any longer, or not for this caller."""

    status, code, title = 404, "unknown-answer", "No such answer"


class AnswerOutdated(InvalidInput):
    """What the answer came from changed since, so that another answer would be explained."""

    status, code, title = 409, "answer-outdated", "The answer is not that of today"


class UnknownKey(InvalidInput):
    """There is no API key of this id in the tenant."""

    status, code, title = 404, "unknown-key", "No such key"


class UnknownJob(InvalidInput):
    """The job does not exist for this caller."""

    status, code, title = 404, "unknown-job", "No such job"


class JobState(InvalidInput):
    """The job's state does not allow this."""

    status, code, title = 409, "job-state", "The job's state does not allow this"


class UploadsClosed(InvalidInput):
    """This service takes no documents: it was started to read only."""

    status, code, title = 409, "uploads-closed", "This service takes no documents"


class UnknownHeld(InvalidInput):
    """The quarantine holds nothing of this id for this caller."""

    status, code, title = 404, "unknown-held", "Nothing of this id is held back"


class NothingToRelease(InvalidInput):
    """The quarantine holds no text of the document, because its file could not be read, or it is released already."""

    status, code, title = 409, "nothing-to-release", "There is no text to release"


class NothingToErase(InvalidInput):
    """No store holds what is to be erased, so there is nothing to prove."""

    status, code, title = 404, "nothing-to-erase", "There is nothing to erase"


class UnknownReceipt(InvalidInput):
    """There is no receipt of this id in the tenant."""

    status, code, title = 404, "unknown-receipt", "No such receipt"


class InvalidReceipt(InvalidInput):
    """The receipt or the public key has not the form of one."""

    code, title = "invalid-receipt", "This is no receipt"


class UnknownLine(InvalidInput):
    """The checklist has no line or section of this name."""

    status, code, title = 404, "unknown-line", "No such checklist line"


class UnknownSplitter(InvalidInput):
    """The splitter is not one of the fixed list."""

    code, title = "unknown-splitter", "No such splitter"


class PathMissing(InvalidInput):
    """A file or folder given to `ingest` does not exist."""

    status, code, title = 404, "path-missing", "No such file or folder"


class SourceConflict(InvalidInput):
    """Two different folders claim one source name in a space."""

    status, code, title = 409, "source-conflict", "Another folder already has this source name"


class InvalidSuite(InvalidInput):
    """A suite's cases contradict each other, its corpus, or the layout."""

    code, title = "invalid-suite", "The suite cannot be scored"


class InvalidRun(InvalidInput):
    """A run folder lacks a file, or one cannot be read."""

    code, title = "invalid-run", "The run cannot be read"


class CommitUnusable(InvalidInput):
    """There is no such commit, or its code cannot run the suite."""

    code, title = "commit-unusable", "The other commit cannot be compared with"


class QuestionRefused(InvalidInput):
    """A control refuses the question: it tries to command, or hides something."""

    code, title = "question-refused", "The question is refused"


class Forbidden(InvalidInput):
    """The caller's role does not allow this."""

    status, code, title = 403, "forbidden", "This key may not do that"


class RateLimited(InvalidInput):
    """The key made more requests than it may; `retry_after_seconds` says when the next one is taken."""

    status, code, title = 429, "rate-limited", "Too many requests"

    def __init__(self, detail: str, remedy: str, retry_after_seconds: int = 60) -> None:
        super().__init__(detail, remedy)
        self.retry_after_seconds = retry_after_seconds


class Unauthorised(InvalidInput):
    """The key is missing, unknown, revoked, or another tenant's."""

    status, code, title = 401, "unauthorised", "A valid API key is needed"


class InvalidSettings(RagreadyError):
    """A setting is missing, a placeholder, or contradicts another one."""

    code, title = "invalid-settings", "The settings do not allow a start"


class CouldNotCheck(RagreadyError):
    """A control could not run, so nothing is let through."""

    status, code, title = 503, "could-not-check", "A control could not run"


class WorkerLost(RagreadyError):
    """The worker ended in the middle of the job each time that it was tried."""

    status, code, title = 503, "worker-lost", "The worker did not survive the job"


class EngineFailed(RagreadyError):
    """A process of a bulk load ended again and again, and the load with it."""

    status, code, title = 503, "engine-failed", "The processes of a bulk load broke"


class TargetUnavailable(RagreadyError):
    """The service that a command asks does not answer, or not as documented."""

    status, code, title = 502, "target-unavailable", "The service does not answer"


class ModelProblem(RagreadyError):
    """The model that answers did not."""

    status, code, title = 503, "model-problem", "The model did not answer"


class ModelUnavailable(ModelProblem):
    """The model's provider refuses or cannot be reached."""

    code, title = "model-unavailable", "The model cannot be reached"

    def __init__(self, detail: str, remedy: str, again_in_seconds: float | None = None) -> None:
        """`again_in_seconds` is how long to wait at least before another try; None: another try is of no use."""
        super().__init__(detail, remedy)
        self.again_in_seconds = again_in_seconds


class ModelTimeout(ModelProblem):
    """The model took longer than the setting allows."""

    status, code, title = 504, "model-timeout", "The model took too long"


class ModelBrokeOff(ModelProblem):
    """The model stopped in the middle of its answer; half an answer is none."""

    status, code, title = 502, "model-broke-off", "The model broke off"


class JudgementUnusable(ModelProblem):
    """What a model that judges answers wrote is no judgement: prose, no reason, or a score that is not on the scale."""

    status, code, title = 502, "judgement-unusable", "The judgement cannot be used"


class StoreProblem(RagreadyError):
    """A store or the encoder cannot serve."""

    status, code, title = 503, "store-problem", "A store cannot serve"


class CacheUnavailable(StoreProblem):
    """The cache does not answer, refuses to write, or returns what cannot be read."""

    code, title = "cache-unavailable", "The cache cannot serve"

    def __init__(self, detail: str, remedy: str, reason: str) -> None:
        """`reason` says the same as `detail` without naming the server, for the answer's list of decisions."""
        super().__init__(detail, remedy)
        self.reason = reason


class UploadsUnavailable(StoreProblem):
    """The store of uploaded files cannot be read or written."""

    code, title = "uploads-unavailable", "The store of uploads cannot serve"


class RecordsUnavailable(StoreProblem):
    """The database of records does not answer."""

    code, title = "records-unavailable", "The records database does not answer"


class RecordsDamaged(StoreProblem):
    """The database of records answers, but what it holds cannot be read."""

    code, title = "records-damaged", "The records database is damaged"


class IndexUnavailable(StoreProblem):
    """The vector index does not answer."""

    code, title = "index-unavailable", "The vector index does not answer"


class IndexDamaged(StoreProblem):
    """The vector index disagrees with the records or cannot be read; it can be rebuilt."""

    code, title = "index-damaged", "The vector index is damaged"


class IndexSwapped(StoreProblem):
    """Another generation of the index began to serve while documents were prepared for the one before."""

    code, title = "index-swapped", "Another index serves now"


class NoGeneration(StoreProblem):
    """There is no generation of the index that could serve."""

    status, code, title = 409, "no-generation", "There is no such generation"


class EncoderMissing(StoreProblem):
    """The exported encoder is not there and cannot be made."""

    code, title = "encoder-missing", "The encoder is not available"


class EncoderMismatch(StoreProblem):
    """The index was written by another encoder than the one configured."""

    status, code, title = 409, "encoder-mismatch", "The index belongs to another encoder"


class RerankerMissing(StoreProblem):
    """The cross-encoder that the settings name cannot be loaded."""

    code, title = "reranker-missing", "The cross-encoder is not available"


class GroundingModelMissing(StoreProblem):
    """The model that is to check sentences cannot be loaded, or does not tell entailment."""

    code, title = "grounding-model-missing", "The grounding model is not available"


class DataFolderInUse(StoreProblem):
    """Another process holds the data folder."""

    status, code, title = 409, "data-folder-in-use", "Another process uses the data folder"


class StorageFull(StoreProblem):
    """There is no room left to write."""

    status, code, title = 507, "storage-full", "No space left to write"


class DocumentProblem(RagreadyError):
    """One file cannot be ingested; the run goes on with the others."""

    status, code, title = 422, "document-problem", "The file cannot be ingested"


class UnreadableFile(DocumentProblem):
    """The operating system refuses to give the file's bytes."""

    code, title = "unreadable-file", "The file cannot be opened"


class EmptyDocument(DocumentProblem):
    """The file holds no text."""

    code, title = "empty-document", "The file holds no text"


class EncryptedFile(DocumentProblem):
    """The file is protected by a password."""

    code, title = "encrypted-file", "The file is encrypted"


class DamagedFile(DocumentProblem):
    """The file is cut off or breaks its format's rules."""

    code, title = "damaged-file", "The file is damaged or cut off"


class MislabelledFile(DocumentProblem):
    """The file's content is not what its name says."""

    code, title = "mislabelled-file", "The file is not what its name says"


class FileTooLarge(DocumentProblem):
    """The file is larger than the setting allows."""

    code, title = "file-too-large", "The file is too large"


class OutsideFolder(DocumentProblem):
    """A link leads out of the folder that was given."""

    code, title = "outside-folder", "The path leads outside the given folder"


class NoTextLayer(DocumentProblem):
    """A PDF holds images of pages and no text."""

    code, title = "no-text-layer", "The PDF has no text layer"


class UnsupportedFormat(DocumentProblem):
    """No loader reads this kind of file."""

    code, title = "unsupported-format", "This kind of file is not read"


class HarmfulFile(DocumentProblem):
    """The file is built to exhaust or escape whoever reads it."""

    code, title = "harmful-file", "The file is made to harm its reader"


class ChangingFile(DocumentProblem):
    """The file changed while it was read; the next run reads it again."""

    code, title = "changing-file", "The file changes while it is read"


class ParserTimeout(DocumentProblem):
    """The parser took longer than the setting allows and was ended."""

    code, title = "parser-timeout", "The file takes too long to parse"


class ParserOutOfMemory(DocumentProblem):
    """The parser needed more memory than the setting allows."""

    code, title = "parser-out-of-memory", "The file takes too much memory to parse"


class ParserCrashed(DocumentProblem):
    """The parser's process ended in the middle of the file."""

    code, title = "parser-crashed", "The parser crashed on the file"


class PreparationFailed(DocumentProblem):
    """A step of ingestion broke on this file in a process of a bulk load."""

    code, title = "preparation-failed", "A step of ingestion broke on the file"


class GarbledText(DocumentProblem):
    """The text does not read as one: a bad scan, encoded data, noise."""

    code, title = "garbled-text", "The text is garbled"


class WrongLanguage(DocumentProblem):
    """The text is in a language that its space does not take."""

    code, title = "wrong-language", "The text is in another language"


class Boilerplate(DocumentProblem):
    """The page is nothing but menus, notices and footers."""

    code, title = "boilerplate", "The page has no content of its own"


class LengthOutlier(DocumentProblem):
    """The text is too short to answer anything, or too long to be a page."""

    code, title = "length-outlier", "The text is too short or too long"


class VectorOutlier(DocumentProblem):
    """The document is about something that no other document of its space comes near."""

    code, title = "vector-outlier", "The document stands apart from its space"


class ErasedContent(DocumentProblem):
    """The content was erased and may not be ingested again."""

    code, title = "erased-content", "The content was erased"


class DocumentHeld(DocumentProblem):
    """A space's policy holds the document back; `findings` counts what was found in it, by kind."""

    code, title = "document-held", "The document waits for a person"

    def __init__(self, detail: str, remedy: str, findings: Mapping[str, Mapping[str, int]]) -> None:
        super().__init__(detail, remedy)
        self.findings = findings


class PersonalDataHeld(DocumentHeld):
    """The document holds personal data, and its space's policy is to hold such documents back."""

    code, title = "personal-data-held", "The document holds personal data"


class InstructionsHeld(DocumentHeld):
    """The document holds instructions to a language model, and its space's policy is to hold such documents back."""

    code, title = "instructions-held", "The document gives orders to a language model"


class SupersessionUnresolved(DocumentProblem):
    """A document's front matter names no document, or several, or documents supersede each other in a circle."""

    code, title = "supersession-unresolved", "It is not clear which document supersedes which"


class AddressNotAllowed(DocumentProblem):
    """A URL's form, port or address is one that is not fetched."""

    code, title = "address-not-allowed", "The address is not fetched from"


class FetchFailed(DocumentProblem):
    """A page cannot be fetched now; what was ingested of it before stays."""

    code, title = "fetch-failed", "The page cannot be fetched"


class PageGone(DocumentProblem):
    """The server says that a page is not there any more, so its document is removed."""

    code, title = "page-gone", "The page is gone"


class RobotsDisallow(DocumentProblem):
    """The host's robots.txt forbids to fetch the page, or cannot be read."""

    code, title = "robots-disallow", "The host does not want the page fetched"
