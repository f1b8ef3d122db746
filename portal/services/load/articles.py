"""Articles by the thousand: a vocabulary as wide as a language's, used as unevenly as people use theirs."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate

from portal.base.clock import now
from portal.base.slugs import slug
from portal.rules.vocabulary import ArticleStatus
from portal.services.knowledge.categories import category_named
from portal.services.load import schema
from portal.services.load.copying import NULL, Row, copy_rows, escaped
from portal.services.load.people import SPAN
from portal.services.load.words import words

ARTICLES, REVISIONS = "kb_articles", "kb_article_revisions"
TABLES = (ARTICLES, REVISIONS, "kb_documents", "kb_postings", "kb_lexemes", "kb_words")

CHUNK = 1_000
_VOCABULARY = 40_000
_TOPICS_EACH = 40  # articles that share a topic
_TOPIC_WORDS = 50
_COMMON = 300  # words that no topic is about
_STATUSES = {
    ArticleStatus.PUBLISHED: 94,
    ArticleStatus.INTERNAL: 4,
    ArticleStatus.DRAFT: 1,
    ArticleStatus.ARCHIVED: 1,
}


@dataclass(frozen=True)
class Text:
    """What an article says, as Markdown and rendered."""

    title: str
    summary: str
    body: str
    html: str
    headings: str
    words: int


class Writer:
    """Writes articles about topics: some words are everybody's, some a topic's, some seldom used at all."""

    def __init__(self, articles: int, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 (bulk data, not a secret)
        self._small = words("small")
        self._vocabulary = make_vocabulary(self._chance, _VOCABULARY)
        self._steps = list(accumulate(1 / (rank + 3) for rank in range(_VOCABULARY)))
        self._topics = [self._topic() for _ in range(max(1, articles // _TOPICS_EACH))]

    def write(self) -> Text:
        topic = self._chance.choice(self._topics)
        blocks = [_paragraph(self._sentences(topic, 2))]
        headings = []
        for number in range(self._chance.randint(1, 5)):
            heading = self._heading(topic, number)
            headings.append([2, f"h-{slug(heading, 60)}", heading])
            blocks.append((f"## {heading}\n", f'<h2 id="h-{slug(heading, 60)}">{heading}</h2>\n', heading))
            blocks.append(_paragraph(self._sentences(topic, self._chance.randint(1, 5))))
            if self._chance.random() < 0.5:
                blocks.append(_steps([self._sentence(topic) for _ in range(self._chance.randint(2, 6))]))
        return Text(
            title=self._heading(topic, 0),
            summary=self._sentence(topic),
            body="\n".join(markdown for markdown, _, _ in blocks),
            html="".join(html for _, html, _ in blocks),
            headings=json.dumps(headings),
            words=sum(len(plain.split()) for _, _, plain in blocks),
        )

    def tags(self) -> str:
        return "{" + ",".join(sorted({self._chance.choice(self._topics)[0], self._chance.choice(words("tags"))})) + "}"

    def status(self) -> ArticleStatus:
        return self._chance.choices(list(_STATUSES), list(_STATUSES.values()))[0]

    def views(self) -> int:
        return int(self._chance.paretovariate(0.7)) % 100_000

    def age(self) -> timedelta:
        return SPAN * self._chance.random()

    def category(self, of: Sequence[int]) -> int:
        return self._chance.choice(of)

    def _topic(self) -> list[str]:
        return self._chance.sample(self._vocabulary[_COMMON:], _TOPIC_WORDS)

    def _heading(self, topic: Sequence[str], number: int) -> str:
        """The number keeps the headings of one article apart."""
        said = [self._chance.choice(words("asking")), *self._chance.choices(topic, k=2)]
        said += [self._chance.choice(self._small), *self._common(1), *self._chance.choices(topic, k=1)]
        return " ".join([*said, str(number + 1)] if number else said).capitalize()

    def _sentences(self, topic: Sequence[str], count: int) -> str:
        return " ".join(self._sentence(topic) for _ in range(count))

    def _sentence(self, topic: Sequence[str]) -> str:
        length = self._chance.randint(4, 9)
        said = [*self._chance.choices(topic, k=length // 2), *self._common(length)]
        said += self._chance.choices(self._small, k=length)
        self._chance.shuffle(said)
        return " ".join(said).capitalize() + "."

    def _common(self, count: int) -> list[str]:
        return self._chance.choices(self._vocabulary, cum_weights=self._steps, k=count)


def make_vocabulary(chance: random.Random, size: int) -> list[str]:
    """So many different words that could be English, none of them too long; the shorter ones are used more."""
    begins, middles, ends = words("word_begins"), words("word_middles"), words("word_ends")
    made: set[str] = set()
    while len(made) < size:
        inner = "".join(chance.choices(middles, k=chance.choice((0, 1, 1, 2))))
        made.add(chance.choice(begins) + inner + chance.choice(ends))
    return sorted(made, key=lambda word: (len(word) + 4 * chance.random(), word))


def _paragraph(text: str) -> tuple[str, str, str]:
    return f"{text}\n", f"<p>{text}</p>\n", text


def _steps(sentences: Sequence[str]) -> tuple[str, str, str]:
    """A numbered list. Markdown, HTML and the words alone."""
    markdown = "".join(f"{number}. {sentence}\n" for number, sentence in enumerate(sentences, 1))
    items = "".join(f"<li>{sentence}</li>\n" for sentence in sentences)
    return markdown, f"<ol>\n{items}</ol>\n", " ".join(sentences)


def copy_articles(count: int, seed: int) -> Iterator[int]:
    """Append articles with their first revisions; yields how many each time. Search does not know them yet."""
    writer = Writer(count, seed)
    categories = [category_named(name).id for name in words("article_categories")]
    first = schema.next_number(ARTICLES)
    for begins in range(0, count, CHUNK):
        numbers = range(first + begins, first + min(begins + CHUNK, count))
        rows = [_rows(number, writer, categories) for number in numbers]
        copy_rows(ARTICLES, [article for article, _ in rows])
        copy_rows(REVISIONS, [revision for _, revision in rows])
        yield len(rows)
    schema.set_number(ARTICLES, first + count - 1)


def _rows(number: int, writer: Writer, categories: Sequence[int]) -> tuple[Row, Row]:
    text, tags, status = writer.write(), writer.tags(), writer.status()
    written, category = (now() - writer.age()).isoformat(), writer.category(categories)
    published = written if status is ArticleStatus.PUBLISHED else NULL
    body, title = escaped(text.body), text.title
    article = [
        number, slug(title), title, text.summary, body, escaped(text.html), escaped(text.headings), tags, category,
        status.value, 1, written, written, published, text.words, writer.views(),
    ]  # fmt: skip
    revision = [number, 1, title, text.summary, body, tags, category, status.value, written]
    return "\t".join(map(str, article)), "\t".join(map(str, revision))


def rebuild_search() -> None:
    """Everything that search reads, made anew from the articles in the caller's transaction."""
    schema.run("select kb_rebuild()")
