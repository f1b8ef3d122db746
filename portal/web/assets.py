"""Assets with the hash of their content in the name: built when the app starts, compressed once, cached for ever.

The stylesheets become one `app.css` in layer order, our scripts one module `app.js`; everything else is published as it is.
"""

import fcntl
import gzip
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
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
_CSS_URL = re.compile(r"""(?<=url\(")([^":#]+)(?="\))""")
_JS_IMPORT = re.compile(r"""^import .*?"([^"]+)";\n""", re.MULTILINE)


class AssetError(Exception):
    """An asset that something needs and nobody made."""


@dataclass(frozen=True)
class Assets:
    """What was built: the name of each asset with its address."""

    urls: Mapping[str, str]

    def url(self, name: str) -> str:
        """The address for templates. AssetError when there is no such asset."""
        try:
            return self.urls[name]
        except KeyError:
            raise AssetError(f"static/{name} does not exist") from None


def build_assets(source: Path, target: Path) -> Assets:
    """Publish everything under `source` into `target`. Safe to repeat and for several processes at once."""
    urls: dict[str, str] = {}
    with _alone(target):
        for path in sorted(source.rglob("*")):
            name = path.relative_to(source).as_posix()
            if path.suffix in _PUBLISHED and path.is_file() and not name.startswith("js/"):
                urls[name] = PREFIX + _publish(target, name, path.read_bytes())
        plain = Assets(dict(urls))
        urls["app.css"] = PREFIX + _publish(target, "app.css", _stylesheet(source, plain).encode())
        urls["app.js"] = PREFIX + _publish(target, "app.js", _script(source, plain).encode())
        _prune(target, {url.removeprefix(PREFIX) for url in urls.values()})
    return Assets(urls)


def install_assets(app: Flask, settings: Settings) -> None:
    """Build into DATA_DIR/assets, serve from there below /static/, and give templates `asset_url`."""
    target = settings.data_dir / "assets"
    assets = build_assets(SOURCE, target)
    app.extensions["assets"] = assets
    app.jinja_env.globals["asset_url"] = assets.url
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


def _stylesheet(source: Path, assets: Assets) -> str:
    """Every file wrapped in its layer; addresses relative to the file become published ones."""
    parts = [f"@layer {', '.join(LAYERS)};"]
    for layer in LAYERS:
        for path in _layer_files(source / "css", layer):
            css = _CSS_URL.sub(partial(_published, source, assets, path), path.read_text(encoding="utf-8"))
            parts.append(f"@layer {layer} {{\n{_small_css(css)}\n}}")
    return "\n".join(parts) + "\n"


def _layer_files(css: Path, layer: str) -> list[Path]:
    """A layer is one file of its name, or a folder of its name with one file a component."""
    alone = css / f"{layer}.css"
    return [alone] if alone.is_file() else sorted((css / layer).glob("*.css"))


def _script(source: Path, assets: Assets) -> str:
    """Our modules as one, each in a block of its own. They import from vendor/ only, and export nothing."""
    imports: dict[str, None] = {}
    blocks = []
    for path in sorted((source / "js").glob("*.js")):
        text = path.read_text(encoding="utf-8")
        for match in _JS_IMPORT.finditer(text):
            imports[match[0].replace(match[1], _published(source, assets, path, match))] = None
        blocks.append(f"{{\n{_small_js(_JS_IMPORT.sub('', text))}\n}}")
    return "".join(imports) + "\n".join(blocks) + "\n"


def _published(source: Path, assets: Assets, path: Path, match: re.Match[str]) -> str:
    """The address of what `path` refers to by a relative one."""
    return assets.url(Path(normpath(path.parent / match[1])).relative_to(source).as_posix())


def _small_css(text: str) -> str:
    """Without comments, and without space around braces and semicolons."""
    return re.sub(r"\s*([{};])\s*", r"\1", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)).strip()


def _small_js(text: str) -> str:
    """Without lines of comment, indentation and empty lines."""
    return re.sub(r"\s*\n\s*", "\n", re.sub(r"^ *//.*", "", text, flags=re.MULTILINE)).strip()


def _publish(target: Path, name: str, body: bytes) -> str:
    """Write the asset under its hashed name unless it is there; returns that name."""
    plain = PurePosixPath(name)
    hashed = str(plain.with_name(f"{plain.stem}.{sha256(body).hexdigest()[:12]}{plain.suffix}"))
    path = target / hashed
    if path.exists():
        os.utime(path)
        return hashed
    path.parent.mkdir(parents=True, exist_ok=True)
    if plain.suffix in _COMPRESSED:
        _put(path.with_name(f"{path.name}.br"), brotli.compress(body, quality=11))
        _put(path.with_name(f"{path.name}.gz"), gzip.compress(body, 9, mtime=0))
    _put(path, body)  # last: once the plain file is there, its compressed forms are too
    return hashed


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
