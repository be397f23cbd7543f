"""Finding files and naming their sources."""

import os
import shutil
from pathlib import Path

import pytest

from ingestion.sources import FileProblem, SourceFile, find_sources
from service.core.errors import OutsideFolder, PathMissing, UnreadableFile


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "handbook"
    for name in ("b.md", "a/z.md", "a/b/c.txt", "c.md"):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(name)
    return made


def sources(*paths: Path, name: str | None = None) -> list[str]:
    return [each.source for each in find_sources(paths, name)]


def problems(path: Path) -> list[FileProblem]:
    return [each for each in find_sources([path]) if isinstance(each, FileProblem)]


def test_folder(folder: Path):
    """Every file below a folder is found, sorted, under the folder's name."""
    assert sources(folder) == ["handbook/a/b/c.txt", "handbook/a/z.md", "handbook/b.md", "handbook/c.md"]


def test_explicit_name(folder: Path):
    """An explicit name replaces the folder's own."""
    assert sources(folder, name="wiki")[0] == "wiki/a/b/c.txt"


def test_relative_folder(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """A folder given as "." is named as what it resolves to."""
    monkeypatch.chdir(folder)
    assert sources(Path()) == sources(folder)


def test_single_file(folder: Path):
    """A file given by itself is named by its file name alone."""
    assert list(find_sources([folder / "a" / "z.md"])) == [SourceFile(folder / "a" / "z.md", "z.md")]


def test_several_paths(folder: Path):
    """Several paths follow each other in the order given."""
    assert sources(folder / "c.md", folder / "a") == ["c.md", "a/b/c.txt", "a/z.md"]


def test_hidden_names(folder: Path):
    """Hidden files and folders are left out."""
    before = sources(folder)
    (folder / ".git").mkdir()
    (folder / ".git" / "config.md").write_text("x")
    (folder / ".secret.md").write_text("x")
    assert sources(folder) == before


def test_missing_path(folder: Path):
    """A path that does not exist raises before anything is yielded, and is named."""
    with pytest.raises(PathMissing, match="nowhere"):
        find_sources([folder, folder / "nowhere"])


def test_link_to_a_file_outside(folder: Path, tmp_path: Path):
    """A link to a file outside the folder is a problem, and the other files go on."""
    before = sources(folder)
    (tmp_path / "secret.md").write_text("x")
    (folder / "b-link.md").symlink_to(tmp_path / "secret.md")
    (problem,) = problems(folder)
    assert (problem.source, type(problem.error)) == ("handbook/b-link.md", OutsideFolder)
    assert sorted(sources(folder)) == sorted([*before, "handbook/b-link.md"])


def test_link_to_a_folder_outside(folder: Path, tmp_path: Path):
    """A link to a folder outside is a problem; nothing behind it is listed."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "secret.md").write_text("x")
    (folder / "other").symlink_to(tmp_path / "other")
    assert [type(each.error) for each in problems(folder)] == [OutsideFolder]
    assert "handbook/other/secret.md" not in sources(folder)


def test_sibling_with_the_same_beginning(folder: Path, tmp_path: Path):
    """A folder whose path only begins like the given one is outside."""
    (tmp_path / "handbook-private").mkdir()
    (folder / "private").symlink_to(tmp_path / "handbook-private")
    assert [type(each.error) for each in problems(folder)] == [OutsideFolder]


def test_links_inside(folder: Path):
    """Links to files and folders inside are followed, under the link's name."""
    (folder / "d.md").symlink_to(folder / "b.md")
    (folder / "e").symlink_to(folder / "a" / "b")
    assert {"handbook/d.md", "handbook/e/c.txt"} < set(sources(folder))
    assert not problems(folder)


def test_link_into_a_hidden_folder(folder: Path):
    """A visible link to a hidden folder is followed: mounted configuration looks like that."""
    (folder / ".data").mkdir()
    (folder / ".data" / "x.md").write_text("x")
    (folder / "data").symlink_to(".data")
    assert "handbook/data/x.md" in sources(folder)


def test_linked_folder_itself(folder: Path, tmp_path: Path):
    """A link given as the folder is the folder that it leads to, with that one's name."""
    (tmp_path / "link").symlink_to(folder)
    assert sources(tmp_path / "link") == sources(folder)


def test_link_loop(folder: Path):
    """A link back up is not followed again."""
    before = sources(folder)
    (folder / "a" / "up").symlink_to(folder)
    assert sources(folder) == before


def test_folders_that_link_to_each_other(tmp_path: Path):
    """Folders that all link to each other are each walked at most twice."""
    names = [f"n{number}" for number in range(9)]
    for name in names:
        (tmp_path / "web" / name).mkdir(parents=True)
        (tmp_path / "web" / name / "file.md").write_text(name)
        for other in names:
            (tmp_path / "web" / name / other).symlink_to(tmp_path / "web" / other)
    assert len(sources(tmp_path / "web")) <= 2 * len(names)


def test_dead_and_circular_links(folder: Path):
    """A link that leads nowhere or to itself is unreadable."""
    (folder / "dead.md").symlink_to(folder / "gone.md")
    (folder / "self.md").symlink_to(folder / "self.md")
    assert [(each.source, type(each.error)) for each in problems(folder)] == [
        ("handbook/dead.md", UnreadableFile),
        ("handbook/self.md", UnreadableFile),
    ]


def test_folder_that_cannot_be_listed(folder: Path):
    """A folder that is gone when its turn comes is a problem, and the files after it are found."""
    found = find_sources([folder])
    first = next(found)
    shutil.rmtree(folder / "a")
    rest = list(found)
    assert first.source == "handbook/a/b/c.txt"
    assert [each.source for each in rest][-2:] == ["handbook/b.md", "handbook/c.md"]


def test_unlistable_folder_is_named(tmp_path: Path):
    """The problem of a folder that cannot be listed names the folder."""
    for name in ("a", "b"):
        (tmp_path / "top" / name).mkdir(parents=True)
    (tmp_path / "top" / "a" / "x.md").write_text("x")
    found = find_sources([tmp_path / "top"])
    next(found)
    (tmp_path / "top" / "b").rmdir()
    (tmp_path / "top" / "b").symlink_to("b")
    (problem,) = found
    assert isinstance(problem, FileProblem)
    assert (problem.source, type(problem.error)) == ("top/b", UnreadableFile)


def test_names_that_are_not_utf8(folder: Path):
    """Two names that differ in a byte that is not UTF-8 give two sources that can be stored."""
    for byte in (b"\xe9", b"\xe8"):
        (folder / "a" / os.fsdecode(b"caf" + byte + b".md")).write_text("x")
    found = [source for source in sources(folder) if "caf" in source]
    assert len(set(found)) == 2
    assert [source.encode() for source in found]


def test_very_deep_folder(tmp_path: Path):
    """A folder deeper than the interpreter's stack is walked."""
    folders = [tmp_path / "deep" / "/".join("a" * depth) for depth in range(1_100)]
    for folder in folders:
        folder.mkdir()
    (folders[-1] / "end.md").write_text("x")
    assert [source[-8:] for source in sources(folders[0])] == ["a/end.md"]
    # pytest's own cleaning recurses.
    (folders[-1] / "end.md").unlink()
    for folder in reversed(folders):
        folder.rmdir()
