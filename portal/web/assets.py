"""Assets with the hash of their content in the name: built when the app starts, compressed once, cached for ever.

Stylesheets become one `app.css` in layer order; scripts stay modules, their imports pointed at the hashed names.
"""

import fcntl
import gzip
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path, PurePosixPath
from posixpath import normpath
from wsgiref.headers import Headers

import brotli  # type: ignore[import-untyped]
from flask import Flask
from whitenoise import WhiteNoise  # type: ignore[import-untyped]

from portal.base.clock import now
from portal.base.settings import Settings

SOURCE = Path(__file__).parents[2] / "static"
PREFIX = "/static/"
LAYERS = ("reset", "tokens", "base", "layout", "components", "pages", "utilities")
KEPT_FOR = timedelta(days=7)  # an older build stays this long, for pages that were open while a new one started

_PUBLISHED = {".js", ".svg", ".woff2"}
_COMPRESSED = {".css", ".js", ".svg"}
_CSS_URL = re.compile(r"""(url\(\s*["']?)([^"'):#]+)(?=["']?\s*\))""")
_JS_IMPORT = re.compile(r"""(\b(?:from|import)\s*\(?\s*["'])(\.{1,2}/[^"']+)(?=["'])""")


class AssetError(Exception):
    """An asset that is missing, or scripts that import one another in a ring."""


@dataclass(frozen=True)
class Assets:
    """What was built: each source name with its address, and the modules each script needs."""

    urls: Mapping[str, str]
    imports: Mapping[str, tuple[str, ...]]

    def url(self, name: str) -> str:
        """The address for templates. AssetError when static/ has no such file."""
        try:
            return self.urls[name]
        except KeyError:
            raise AssetError(f"static/{name} does not exist") from None

    def preloads(self, name: str) -> list[str]:
        """Addresses of all modules `name` imports, directly or not, so that the browser fetches them at once."""
        found: dict[str, None] = {}
        todo = list(self.imports.get(name, ()))
        while todo:
            module = todo.pop(0)
            if module not in found:
                found[module] = None
                todo += self.imports.get(module, ())
        return [self.url(module) for module in found]


@dataclass
class _Build:
    """One run over the source; an asset is written after everything it refers to."""

    source: Path
    target: Path
    urls: dict[str, str] = field(default_factory=dict)
    imports: dict[str, tuple[str, ...]] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)

    def publish(self, name: str) -> str:
        """Write the asset under its hashed name unless it is there; answers its address."""
        if name not in self.urls:
            if name in self.open:
                raise AssetError(f"{' → '.join([*self.open, name])} is a ring of imports")
            self.open.append(name)
            body = self._content(name)
            self.open.pop()
            self.urls[name] = PREFIX + self._write(name, body)
        return self.urls[name]

    def _content(self, name: str) -> bytes:
        if name == "app.css":
            return self._stylesheet().encode()
        path = self.source / name
        if not path.is_file():
            raise AssetError(f"static/{name} does not exist: {' → '.join(self.open)}")
        if name.startswith("js/"):
            return self._linked(name, path.read_text(encoding="utf-8"), _JS_IMPORT).encode()
        return path.read_bytes()

    def _stylesheet(self) -> str:
        layers = [f"@layer {', '.join(LAYERS)};"]
        for layer in LAYERS:
            for path in _layer_files(self.source / "css", layer):
                name = path.relative_to(self.source).as_posix()
                text = self._linked(name, path.read_text(encoding="utf-8"), _CSS_URL)
                layers.append(f"@layer {layer} {{\n{_without_comments(text)}\n}}")
        return "\n".join(layers) + "\n"

    def _linked(self, name: str, text: str, reference: re.Pattern[str]) -> str:
        """The text with each relative address replaced by the hashed one."""
        needed: list[str] = []

        def link(match: re.Match[str]) -> str:
            needed.append(normpath(PurePosixPath(name).parent / match[2]))
            return match[1] + self.publish(needed[-1])

        linked = reference.sub(link, text)
        self.imports[name] = tuple(needed)
        return linked

    def _write(self, name: str, body: bytes) -> str:
        stem = PurePosixPath(name)
        hashed = str(stem.with_name(f"{stem.stem}.{sha256(body).hexdigest()[:12]}{stem.suffix}"))
        path = self.target / hashed
        if path.exists():
            os.utime(path)
            return hashed
        path.parent.mkdir(parents=True, exist_ok=True)
        if stem.suffix in _COMPRESSED:
            _put(path.with_name(path.name + ".br"), brotli.compress(body, quality=11))
            _put(path.with_name(path.name + ".gz"), gzip.compress(body, 9, mtime=0))
        _put(path, body)  # last: once the plain file is there, its compressed forms are too
        return hashed


def build_assets(source: Path, target: Path) -> Assets:
    """Publish everything under `source` into `target`. Safe to repeat and for several processes at once."""
    with _alone(target):
        build = _Build(source, target)
        build.publish("app.css")
        for path in sorted(source.rglob("*")):
            if path.suffix in _PUBLISHED and path.is_file():
                build.publish(path.relative_to(source).as_posix())
        _prune(target, {url.removeprefix(PREFIX) for url in build.urls.values()})
    return Assets(build.urls, build.imports)


def install_assets(app: Flask, settings: Settings) -> None:
    """Build into DATA_DIR/assets, serve them below /static/, and give templates `asset_url` and `asset_preloads`."""
    target = settings.data_dir / "assets"
    assets = build_assets(SOURCE, target)
    app.extensions["assets"] = assets
    app.jinja_env.globals.update(asset_url=assets.url, asset_preloads=assets.preloads)
    with _alone(target):
        served = WhiteNoise(
            app.wsgi_app,
            root=str(target),
            prefix=PREFIX,
            allow_all_origins=False,
            add_headers_function=_guard,
            immutable_file_test=lambda path, url: True,
        )
    app.wsgi_app = served  # type: ignore[method-assign]


def _guard(headers: Headers, path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Content-Security-Policy"] = "default-src 'none'"


def _layer_files(css: Path, layer: str) -> list[Path]:
    """A layer is one file of its name, or a folder of its name with one file a component."""
    alone = css / f"{layer}.css"
    return [alone] if alone.is_file() else sorted((css / layer).glob("*.css"))


def _without_comments(css: str) -> str:
    return re.sub(r"\n\s*", "\n", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)).strip()


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Web processes start together: one builds, the others wait and find it done."""
    target.mkdir(parents=True, exist_ok=True)
    with (target.parent / f"{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _put(path: Path, body: bytes) -> None:
    """Write whole or not at all: a killed start leaves no half file under a final name."""
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(body)
    part.replace(path)


def _prune(target: Path, current: set[str]) -> None:
    """Remove what no build has used for a week."""
    too_old = (now() - KEPT_FOR).timestamp()
    for path in target.rglob("*"):
        plain = path.with_suffix("") if path.suffix in (".br", ".gz", ".part") else path
        if path.is_file() and plain.relative_to(target).as_posix() not in current and _last_used(plain) < too_old:
            path.unlink()


def _last_used(plain: Path) -> float:
    return plain.stat().st_mtime if plain.exists() else 0.0
