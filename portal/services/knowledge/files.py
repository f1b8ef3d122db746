"""The two shapes in which articles travel: a file of one object a line, and a folder of Markdown files."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import frontmatter
import yaml  # type: ignore[import-untyped]

from portal.base.slugs import slug

LONGEST_LINE = 4_000_000
Given = tuple[str, object]
"""Where it stands ("line 12", "export/csv.md"), and the article as it came; an exception stands for what cannot be read."""


def read_articles(source: Path) -> Iterator[Given]:
    """Every article of a file or folder, in order. What cannot be read comes as the error that says why."""
    return _read_folder(source) if source.is_dir() else _read_lines(source)


def write_lines(articles: Iterator[dict[str, Any]], target: Path) -> int:
    """One object a line, written whole or not at all; how many."""
    part, count = target.with_name(target.name + ".part"), 0
    with part.open("w", encoding="utf-8") as file:
        for count, article in enumerate(articles, 1):  # noqa: B007 (the last number is the answer)
            file.write(json.dumps(article, ensure_ascii=False) + "\n")
    part.replace(target)
    return count


def write_folder(articles: Iterator[dict[str, Any]], folder: Path) -> int:
    """A Markdown file each, in a folder for each category, its fields as front matter; how many."""
    count = 0
    for count, article in enumerate(articles, 1):  # noqa: B007
        fields = {name: value for name, value in article.items() if name != "body"}
        path = folder / slug(article["category"]) / f"{slug(article['id'])}-{slug(article['title'], 60)}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(frontmatter.dumps(frontmatter.Post(article["body"], **fields)) + "\n", encoding="utf-8")
    return count


def _read_lines(source: Path) -> Iterator[Given]:
    with source.open("rb") as file:
        number = 0
        while line := file.readline(LONGEST_LINE):
            number += 1
            if line.strip():
                yield f"line {number}", _object(line)


def _object(line: bytes) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as wrong:
        return ValueError(f"no JSON: {wrong}")


def _read_folder(source: Path) -> Iterator[Given]:
    for path in sorted(source.rglob("*.md")):
        yield path.relative_to(source).as_posix(), _markdown_file(path, source)


def _markdown_file(path: Path, source: Path) -> object:
    """Front matter first; what it leaves out comes from the file's place, its first heading and its name."""
    try:
        post = frontmatter.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError, yaml.YAMLError) as wrong:
        return ValueError(f"cannot be read: {wrong}")
    place = path.relative_to(source)
    heading = next((line[2:].strip() for line in post.content.splitlines() if line.startswith("# ")), "")
    inferred = {
        "id": place.with_suffix("").as_posix(),
        "title": heading or path.stem.replace("-", " ").replace("_", " ").capitalize(),
        "category": place.parent.name.replace("-", " ").capitalize() or "General",
    }
    return {**inferred, **post.metadata, "body": post.content}
