"""Assets: hashed names, working references, small and compressed answers, and builds that survive each other."""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from portal.base.clock import now
from portal.base.settings import Settings
from portal.web.assets import KEPT_FOR, SOURCE, AssetError, Assets, build_assets, install_assets

FONT = "vendor/inter-5.3.0/inter-latin-wght-normal.woff2"
CSS_AND_JS_BUDGET = 41_000
FONT_BUDGET = 49_000


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    app = Flask(__name__, static_folder=None)
    install_assets(app, Settings(data_dir=tmp_path_factory.mktemp("data dir")))
    return app


@pytest.fixture(scope="module")
def assets(app: Flask) -> Assets:
    found: Assets = app.extensions["assets"]
    return found


def get(app: Flask, url: str, encoding: str = "br") -> TestResponse:
    return Client(app).get(url, headers={"Accept-Encoding": encoding})


def small_source(folder: Path, script: str = "1;", style: str = "p { color: red; }") -> Path:
    """A static/ folder with one style, one script and one file of others."""
    for path, text in (("css/base.css", style), ("js/one.js", script), ("vendor/other.js", "export const two = 2;")):
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_text(text)
    return folder


def test_a_name_carries_the_hash_of_its_content(assets: Assets, app: Flask) -> None:
    url = assets.url("app.css")
    body = brotli.decompress(get(app, url).data)
    assert url == f"/static/app.{sha256(body).hexdigest()[:12]}.css"


def test_an_unknown_name_is_refused_when_the_template_is_rendered(assets: Assets) -> None:
    with pytest.raises(AssetError, match=r"static/nothing\.css does not exist"):
        assets.url("nothing.css")


def test_every_asset_is_served_for_ever_and_never_sniffed(assets: Assets, app: Flask) -> None:
    for url in assets.urls.values():
        answer = get(app, url)
        assert answer.status_code == 200, url
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    ("encoding", "answered"), [("br", "br"), ("gzip", "gzip"), ("gzip, br", "br"), ("identity", None)]
)
def test_a_stylesheet_comes_in_the_encoding_the_browser_takes(
    assets: Assets, app: Flask, encoding: str, answered: str | None
) -> None:
    answer = get(app, assets.url("app.css"), encoding)
    assert answer.headers.get("Content-Encoding") == answered
    assert answer.headers["Vary"] == "Accept-Encoding"


def test_the_stylesheet_declares_its_layers_first_and_joins_every_file(assets: Assets, app: Flask) -> None:
    css = get(app, assets.url("app.css"), "identity").text
    assert css.startswith("@layer reset, tokens, base, layout, components, pages, utilities;")
    named = len(re.findall(r"^@layer \w+ \{$", css, flags=re.MULTILINE))
    assert named == len(list((SOURCE / "css").rglob("*.css")))


def test_what_the_stylesheet_refers_to_is_there(assets: Assets, app: Flask) -> None:
    css = get(app, assets.url("app.css"), "identity").text
    urls = re.findall(r"url\([\"']?([^\"')]+)", css)
    assert assets.url(FONT) in urls
    assert all(get(app, url).status_code == 200 for url in urls)


def test_our_scripts_are_one_module_that_imports_hashed_names(assets: Assets, app: Flask) -> None:
    script = get(app, assets.url("app.js"), "identity")
    imported = re.findall(r"^import .*?\"([^\"]+)\";$", script.text, flags=re.MULTILINE)
    assert script.content_type.startswith("text/javascript")
    assert set(imported) == {assets.url("vendor/github-elements/github-elements.js")}
    assert re.findall(r"^\s*(?:import|export) (?!.*/static/)", script.text, flags=re.MULTILINE) == []
    assert script.text.count("\n{\n") == len(list((SOURCE / "js").glob("*.js")))


def test_all_styles_and_scripts_together_stay_light(assets: Assets, app: Flask) -> None:
    sent = [len(get(app, url).data) for name, url in assets.urls.items() if name.endswith((".css", ".js"))]
    assert sum(sent) <= CSS_AND_JS_BUDGET
    assert len(get(app, assets.url(FONT)).data) <= FONT_BUDGET


def test_an_unknown_address_below_static_reaches_the_application(app: Flask) -> None:
    assert get(app, "/static/app.000000000000.css").status_code == 404
    assert get(app, "/static/../assets.lock").status_code == 404


def test_building_twice_writes_nothing_anew(tmp_path: Path) -> None:
    source, target = small_source(tmp_path / "static"), tmp_path / "assets"
    first = build_assets(source, target)
    inodes = {path: path.stat().st_ino for path in target.rglob("*")}
    assert build_assets(source, target) == first
    assert {path: path.stat().st_ino for path in target.rglob("*")} == inodes


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    source, target = small_source(tmp_path / "static"), tmp_path / "assets"
    with ThreadPoolExecutor(4) as pool:
        built = list(pool.map(lambda _: build_assets(source, target), range(4)))
    assert all(one == built[0] for one in built)
    assert not list(target.rglob("*.part"))


def test_comments_and_indentation_stay_at_home(tmp_path: Path) -> None:
    style = "/* why { */\np {\n  color: red;\n  & a, & b { margin: 0 auto; }\n}\n"
    script = (
        '// why\nimport { two } from "../vendor/other.js";\n\nif (two) {\n  // because\n  f("// kept"); // kept\n}\n'
    )
    source, target = small_source(tmp_path / "static", script, style), tmp_path / "assets"
    assets = build_assets(source, target)
    css, js = ((target / assets.url(name).removeprefix("/static/")).read_text() for name in ("app.css", "app.js"))
    assert css.endswith("@layer base {\np{color: red;& a, & b{margin: 0 auto;}}\n}\n")
    imported = f'import {{ two }} from "{assets.url("vendor/other.js")}";\n'
    assert js == imported + '{\nif (two) {\nf("// kept"); // kept\n}\n}\n'


def test_a_change_reaches_the_names_of_everything_that_refers_to_it(tmp_path: Path) -> None:
    source = small_source(tmp_path / "static", 'import "../vendor/other.js";\n')
    before = build_assets(source, tmp_path / "assets")
    (source / "vendor" / "other.js").write_text("3;")
    after = build_assets(source, tmp_path / "assets")
    assert {name for name in after.urls if after.urls[name] != before.urls[name]} == {"app.js", "vendor/other.js"}


def test_an_older_build_stays_for_open_pages_and_goes_after_a_week(tmp_path: Path) -> None:
    source, target = small_source(tmp_path / "static"), tmp_path / "assets"
    old = target / build_assets(source, target).url("app.js").removeprefix("/static/")
    (source / "js" / "one.js").write_text("2;")
    build_assets(source, target)
    assert old.exists()
    long_ago = (now() - KEPT_FOR - timedelta(minutes=1)).timestamp()
    os.utime(old, (long_ago, long_ago))
    build_assets(source, target)
    assert not list(old.parent.glob(f"{old.name}*"))


def test_a_half_written_file_of_a_killed_start_is_written_anew(tmp_path: Path) -> None:
    source, target = small_source(tmp_path / "static"), tmp_path / "assets"
    whole = target / build_assets(source, target).url("app.css").removeprefix("/static/")
    part = whole.rename(whole.with_name(f"{whole.name}.part"))
    build_assets(source, target)
    assert whole.exists()
    assert not part.exists()


@pytest.mark.parametrize(
    ("script", "style"),
    [('import "../vendor/gone.js";\n', "p{}"), ("1;", 'p { background: url("../vendor/gone.js"); }')],
)
def test_a_reference_to_nothing_stops_the_start(tmp_path: Path, script: str, style: str) -> None:
    source = small_source(tmp_path / "static", script, style)
    with pytest.raises(AssetError, match=r"vendor/gone\.js does not exist"):
        build_assets(source, tmp_path / "assets")


def test_files_of_others_are_those_their_list_names() -> None:
    listed = re.findall(
        r"^\| `([^`]+)`.*`([0-9a-f]{64})` \|$", (SOURCE / "vendor" / "VENDOR.md").read_text(), re.MULTILINE
    )
    assert len(listed) == 5
    for name, digest in listed:
        assert sha256((SOURCE / "vendor" / name).read_bytes()).hexdigest() == digest, name
