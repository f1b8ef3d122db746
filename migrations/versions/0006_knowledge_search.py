"""What knowledge-base search reads, kept by the database itself: vectors, postings, vocabulary, synonyms.

Whatever belongs to one article (its vector, its document, its postings) is written by the statement that writes the
article. What all articles share (how many of them use a word, how long they are) is counted at the very end of the
transaction, so that two writers wait for one another only when neither needs anything more.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Trusted extensions: the database's owner may create them. They stay when the migration goes back, as others may use them.
EXTENSIONS = ("pg_trgm", "unaccent", "fuzzystrmatch")

CONFIGURATION = (
    "create text search configuration kb_english (copy = pg_catalog.english)",
    "alter text search configuration kb_english"
    " alter mapping for hword, hword_part, word, asciihword, asciiword, hword_asciipart with unaccent, english_stem",
)

# The collation says what a letter is, whatever the server's locale. "didn't" and "didnt" are one word.
FOLD = r"""
create function kb_fold(given text) returns text language sql stable parallel safe as $$
    select btrim(regexp_replace(
        translate(lower(unaccent(normalize(given, nfkc)) collate "pg_c_utf8"), '''', ''), '[^[:alnum:]]+', ' ', 'g'))
$$
"""

# "wi-fi" is found by "wifi", "login.gov" by "logingov": each compound is a word of its own beside its parts.
COMPOUNDS = r"""
create function kb_compounds(given text) returns text language sql stable parallel safe as $$
    select coalesce(string_agg(translate(compound[1], '-._', ''), ' '), '')
    from regexp_matches(
        translate(lower(unaccent(normalize(given, nfkc)) collate "pg_c_utf8"), '''', ''),
        '[[:alnum:]]+(?:[-._][[:alnum:]]+)+', 'g') as compound
    where length(compound[1]) <= 40
$$
"""

# Each pattern stops at the next mark of its own kind, so that no text makes it look at the same place again and again.
PLAIN = r"""
create function kb_plain(body text) returns text language plpgsql stable parallel safe as $$
declare
    plain text := left(body, 80000);
begin
    plain := regexp_replace(plain, '<!--[^<>]*-->', ' ', 'g');
    plain := regexp_replace(plain, '!?\[([^][]*)\]\([^()\s]*(?:\s+"[^"\n]*")?\)', '\1', 'g');
    plain := regexp_replace(plain, '!?\[([^][]*)\]\([^()\s]*(?:\s+"[^"\n]*")?\)', '\1', 'g');
    plain := regexp_replace(plain, '^\s*\[[^][\n]*\]:\s*\S+[^\n]*$', ' ', 'gn');
    plain := regexp_replace(plain, '</?[[:alpha:]][^<>]*>', ' ', 'g');
    plain := regexp_replace(plain, '^[ \t]*(?:```|~~~)[^\n]*$', '', 'gn');
    plain := regexp_replace(plain, '^[ \t]*(?:#{1,6}|>|[-*+]|\d{1,3}[.)])[ \t]+', '', 'gn');
    plain := regexp_replace(plain, '^[ \t]*>?[ \t]*\[![[:alpha:]]+\]', '', 'gn');
    plain := regexp_replace(plain, '^[ \t|:*_-]*$', '', 'gn');
    plain := regexp_replace(plain, '\\([[:punct:]])', '\1', 'g');
    plain := regexp_replace(translate(plain, '|*`', ' '), '~~|\m_+|_+\M', '', 'g');
    plain := replace(replace(replace(plain, '&nbsp;', ' '), '&lt;', '<'), '&gt;', '>');
    plain := replace(replace(plain, '&quot;', '"'), '&amp;', '&');
    return btrim(regexp_replace(regexp_replace(plain, '[ \t]+', ' ', 'g'), '\s*\n\s*', E'\n', 'g'), E' \n');
end $$
"""

# Weights: A title, B summary and tags, C body. Compounds come after the words around them, so that phrases stay whole.
VECTOR = """
create function kb_words_of(given text) returns tsvector language sql stable parallel safe as $$
    select to_tsvector('kb_english', kb_fold(given)) || to_tsvector('kb_english', kb_compounds(given))
$$;
create function kb_vector(title text, summary text, tags text[], plain text)
returns tsvector language sql stable parallel safe as $$
    select setweight(kb_words_of(title), 'A')
        || setweight(kb_words_of(summary || ' ' || array_to_string(tags, ' ')), 'B')
        || setweight(kb_words_of(plain), 'C')
$$
"""

LEXEME = """
create function kb_lexeme(word text) returns text language sql stable parallel safe as $$
    select (tsvector_to_array(to_tsvector('kb_english', word)))[1]
$$
"""

# Words as they are written, for correcting what people type. Small words are among them: "yuor" is no "your" otherwise.
SURFACE = """
create function kb_surface(article kb_articles, plain text)
returns table (word text) language sql stable parallel safe as $$
    select distinct piece
    from concat_ws(' ', article.title, article.summary, array_to_string(article.tags, ' '), plain) as whole,
         regexp_split_to_table(kb_fold(whole) || ' ' || kb_compounds(whole), ' ') as piece
    where length(piece) between 2 and 40
$$
"""

# How often each field says each word, and how long the fields are: what BM25F asks of an article.
POSTINGS = """
create function kb_postings_of(vector tsvector) returns table (
    lexeme text, title smallint, summary smallint, body smallint,
    title_length smallint, summary_length smallint, body_length smallint
) language sql stable parallel safe as $$
    with said as (
        select word.lexeme,
               cardinality(array_positions(word.weights, 'A')) as title,
               cardinality(array_positions(word.weights, 'B')) as summary,
               cardinality(array_positions(word.weights, 'C')) as body
        from unnest(vector) as word
    )
    select lexeme, title, summary, body,
           least(sum(title) over (), 32767), least(sum(summary) over (), 32767), least(sum(body) over (), 32767)
    from said
$$
"""

INDEXED = """
create function kb_index(article kb_articles, sign integer) returns void language plpgsql as $$
declare
    plain text := kb_plain(article.body);
    public integer := case article.status when 'published' then sign else 0 end;
begin
    if article.status not in ('published', 'internal') then
        return;
    end if;
    if sign < 0 then
        delete from kb_postings using unnest(article.search_vector) as word
        where kb_postings.lexeme = word.lexeme and kb_postings.article_id = article.id;
        delete from kb_documents where article_id = article.id;
    else
        insert into kb_postings (lexeme, article_id, is_internal, title, summary, body,
                                 title_length, summary_length, body_length)
        select lexeme, article.id, article.status = 'internal', title, summary, body,
               title_length, summary_length, body_length
        from kb_postings_of(article.search_vector);
        insert into kb_documents (article_id, is_internal, title_key, plain)
        values (article.id, article.status = 'internal', kb_fold(article.title), plain);
    end if;
    insert into kb_count_changes (word, articles, public_articles)
    select word, sign, public from kb_surface(article, plain);
    insert into kb_count_changes (lexeme, articles, public_articles, title_length, summary_length, body_length)
    select lexeme, sign, public, sign * title, sign * summary, sign * body
    from kb_postings_of(article.search_vector);
    insert into kb_count_changes (articles, public_articles) values (sign, public);
end $$
"""

ARTICLE_WRITTEN = """
create function kb_article_written() returns trigger language plpgsql as $$
begin
    new.search_vector := kb_vector(new.title, new.summary, new.tags, kb_plain(new.body));
    return new;
end $$
"""

ARTICLE_CHANGED = """
create function kb_article_changed() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' then
        perform kb_index(old, -1);
    end if;
    if tg_op <> 'DELETE' then
        perform kb_index(new, 1);
    end if;
    return null;
end $$
"""

# A transaction sees no changes but its own, because each counts its changes before it ends. The row of totals comes
# first: whoever holds it writes the words alone, and waits for nothing any more.
ARTICLES_COUNTED = """
create function kb_articles_counted() returns trigger language plpgsql as $$
begin
    if not exists (select from kb_count_changes) then
        return null;
    end if;
    insert into kb_totals as held (id, articles, public_articles, title_length, summary_length, body_length)
    select 1, coalesce(sum(articles) filter (where word is null and lexeme is null), 0),
           coalesce(sum(public_articles) filter (where word is null and lexeme is null), 0),
           sum(title_length), sum(summary_length), sum(body_length)
    from kb_count_changes
    on conflict (id) do update set
        articles = held.articles + excluded.articles,
        public_articles = held.public_articles + excluded.public_articles,
        title_length = held.title_length + excluded.title_length,
        summary_length = held.summary_length + excluded.summary_length,
        body_length = held.body_length + excluded.body_length;
    insert into kb_words as held (word, lexeme, articles, public_articles)
    select word, kb_lexeme(word), sum(articles), sum(public_articles)
    from kb_count_changes where word is not null
    group by word having sum(articles) <> 0 or sum(public_articles) <> 0
    on conflict (word) do update set
        articles = held.articles + excluded.articles,
        public_articles = held.public_articles + excluded.public_articles;
    insert into kb_lexemes as held (lexeme, articles, public_articles)
    select lexeme, sum(articles), sum(public_articles)
    from kb_count_changes where lexeme is not null
    group by lexeme having sum(articles) <> 0 or sum(public_articles) <> 0
    on conflict (lexeme) do update set
        articles = held.articles + excluded.articles,
        public_articles = held.public_articles + excluded.public_articles;
    delete from kb_words where articles <= 0 and word in (select word from kb_count_changes);
    delete from kb_lexemes where articles <= 0 and lexeme in (select lexeme from kb_count_changes);
    delete from kb_count_changes;
    return null;
end $$
"""

# Everything anew from the articles, as the triggers would have written it one by one.
REBUILD = """
create function kb_rebuild() returns void language plpgsql as $$
begin
    lock table kb_articles in share row exclusive mode;
    delete from kb_count_changes;
    truncate kb_postings, kb_documents, kb_words, kb_lexemes, kb_totals;
    update kb_articles set search_vector = kb_vector(title, summary, tags, kb_plain(body));
    insert into kb_documents (article_id, is_internal, title_key, plain)
    select id, status = 'internal', kb_fold(title), kb_plain(body)
    from kb_articles where status in ('published', 'internal');
    insert into kb_postings (lexeme, article_id, is_internal, title, summary, body,
                             title_length, summary_length, body_length)
    select said.lexeme, article.id, article.status = 'internal', said.title, said.summary, said.body,
           said.title_length, said.summary_length, said.body_length
    from kb_articles as article, kb_postings_of(article.search_vector) as said
    where article.status in ('published', 'internal')
    order by said.lexeme, article.id;
    insert into kb_lexemes (lexeme, articles, public_articles)
    select lexeme, count(*), count(*) filter (where not is_internal) from kb_postings group by lexeme;
    insert into kb_words (word, lexeme, articles, public_articles)
    select word, kb_lexeme(word), articles, public_articles
    from (
        select word, count(*) as articles, count(*) filter (where article.status = 'published') as public_articles
        from kb_articles as article join kb_documents as document on document.article_id = article.id,
             kb_surface(article, document.plain)
        group by word
    ) as counted;
    insert into kb_totals (id, articles, public_articles, title_length, summary_length, body_length)
    select 1, (select count(*) from kb_documents), (select count(*) from kb_documents where not is_internal),
           coalesce(sum(title), 0), coalesce(sum(summary), 0), coalesce(sum(body), 0)
    from kb_postings;
    analyze kb_postings, kb_documents, kb_words, kb_lexemes, kb_totals;
end $$
"""

SYNONYMS_WRITTEN = """
create function kb_synonyms_written() returns trigger language plpgsql as $$
begin
    new.keys := array(select distinct kb_fold(word) from unnest(new.words) as word where kb_fold(word) <> '');
    return new;
end $$
"""

FUNCTIONS = (
    FOLD, COMPOUNDS, PLAIN, VECTOR, LEXEME, SURFACE, POSTINGS, INDEXED, ARTICLE_WRITTEN, ARTICLE_CHANGED,
    ARTICLES_COUNTED, REBUILD, SYNONYMS_WRITTEN,
)  # fmt: skip

# Views and ratings name none of these columns, so that counting them costs search nothing.
TRIGGERS = (
    "create trigger kb_article_written before insert or update of title, summary, tags, body on kb_articles"
    " for each row execute function kb_article_written()",
    "create trigger kb_article_changed after insert or delete or update of title, summary, tags, body, status"
    " on kb_articles for each row execute function kb_article_changed()",
    "create constraint trigger kb_articles_counted"
    " after insert or delete or update of title, summary, tags, body, status on kb_articles"
    " deferrable initially deferred for each row execute function kb_articles_counted()",
    "create trigger kb_synonyms_written before insert or update of words on kb_synonyms"
    " for each row execute function kb_synonyms_written()",
)

DROPPED = (
    "kb_articles_counted()", "kb_article_changed()", "kb_article_written()", "kb_synonyms_written()", "kb_rebuild()",
    "kb_index(kb_articles, integer)", "kb_postings_of(tsvector)", "kb_surface(kb_articles, text)", "kb_lexeme(text)",
    "kb_vector(text, text, text[], text)", "kb_words_of(text)", "kb_plain(text)", "kb_compounds(text)", "kb_fold(text)",
)  # fmt: skip


def upgrade() -> None:
    run = op.get_bind().exec_driver_sql  # as it stands: a regular expression's colons name no parameters
    for extension in EXTENSIONS:
        run(f"create extension if not exists {extension}")
    for statement in CONFIGURATION:
        run(statement)
    op.add_column("kb_articles", sa.Column("search_vector", TSVECTOR(), nullable=True))
    _create_tables()
    for statement in (*FUNCTIONS, *TRIGGERS):
        run(statement)
    run("select kb_rebuild()")
    op.create_index("ix_kb_articles_search", "kb_articles", ["search_vector"], postgresql_using="gin")


def _create_tables() -> None:
    op.create_table(
        "kb_documents",
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.Column("is_internal", sa.Boolean(), nullable=False),
        sa.Column("title_key", sa.Text(), nullable=False),
        sa.Column("plain", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["kb_articles.id"], name=op.f("fk_kb_documents_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_kb_documents")),
    )
    op.create_index(
        "ix_kb_documents_title", "kb_documents", ["title_key"], postgresql_ops={"title_key": "text_pattern_ops"}
    )
    op.create_index(
        "ix_kb_documents_title_trigrams",
        "kb_documents",
        ["title_key"],
        postgresql_using="gin",
        postgresql_ops={"title_key": "gin_trgm_ops"},
    )
    op.create_table(
        "kb_postings",
        sa.Column("lexeme", sa.Text(), nullable=False),
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.Column("is_internal", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.SmallInteger(), nullable=False) for name in ("title", "summary", "body")),
        *(
            sa.Column(name, sa.SmallInteger(), nullable=False)
            for name in ("title_length", "summary_length", "body_length")
        ),
        sa.PrimaryKeyConstraint("lexeme", "article_id", name=op.f("pk_kb_postings")),
    )
    op.create_table(
        "kb_lexemes",
        sa.Column("lexeme", sa.Text(), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("public_articles", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("lexeme", name=op.f("pk_kb_lexemes")),
    )
    op.create_table(
        "kb_words",
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("lexeme", sa.Text(), nullable=True),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("public_articles", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_kb_words")),
    )
    op.create_index("ix_kb_words_lexeme", "kb_words", ["lexeme"])
    op.create_index("ix_kb_words_start", "kb_words", ["word"], postgresql_ops={"word": "text_pattern_ops"})
    ending = sa.func.reverse(sa.text("word")).label("ending")
    op.create_index("ix_kb_words_end", "kb_words", [ending], postgresql_ops={"ending": "text_pattern_ops"})
    op.create_index(
        "ix_kb_words_trigrams", "kb_words", ["word"], postgresql_using="gin", postgresql_ops={"word": "gin_trgm_ops"}
    )
    op.create_table(
        "kb_totals",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("articles", "public_articles", "title_length", "summary_length", "body_length")
        ),
        sa.CheckConstraint("id = 1", name=op.f("ck_kb_totals_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_totals")),
    )
    op.create_table(
        "kb_count_changes",
        sa.Column("word", sa.Text(), nullable=True),
        sa.Column("lexeme", sa.Text(), nullable=True),
        *(
            sa.Column(name, sa.Integer(), server_default="0", nullable=False)
            for name in ("articles", "public_articles", "title_length", "summary_length", "body_length")
        ),
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "kb_synonyms",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("words", ARRAY(sa.String(length=100)), nullable=False),
        sa.Column("keys", ARRAY(sa.Text()), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_synonyms")),
    )


def downgrade() -> None:
    run = op.get_bind().exec_driver_sql
    for routine in DROPPED:
        run(f"drop function {routine} cascade")
    for table in (
        "kb_synonyms", "kb_count_changes", "kb_totals", "kb_words", "kb_lexemes", "kb_postings", "kb_documents",
    ):  # fmt: skip
        op.drop_table(table)
    op.drop_index("ix_kb_articles_search", "kb_articles")
    op.drop_column("kb_articles", "search_vector")
    run("drop text search configuration kb_english")
