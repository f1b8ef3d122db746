"""Write static/icons.svg from an unpacked `@tabler/icons` package: `python scripts/make_sprite.py FOLDER`.

Stroke and fill are left to the stylesheet, so that one symbol serves every size and colour.
"""

import re
import sys
from pathlib import Path

ICONS = """
alert-circle alert-triangle arrow-down arrow-left arrow-right arrow-up at ban bold book-2 calendar check
chevron-down chevron-left chevron-right circle-check circle-dot circle-x clock clock-pause code database-off
device-desktop dots download edit equal external-link eye file-text file-x filter flame hand-stop headset
help-circle history hourglass inbox info-circle italic key keyboard link list lock login logout mail
mail-check mail-forward mailbox message message-2 minus moon paperclip player-pause plug-off plus quote
refresh search send settings shield-check shield-lock sun tag template thumb-up trash upload user user-check
user-plus user-question users x
"""
TARGET = Path(__file__).parents[1] / "static" / "icons.svg"
SHAPE = re.compile(r"<(?:path|circle|rect|line|polyline|polygon|ellipse)\b[^>]*?/>", re.DOTALL)


def symbol(folder: Path, name: str) -> str:
    """One icon as a symbol; the invisible square that tabler draws first is dropped."""
    svg = (folder / "icons" / "outline" / f"{name}.svg").read_text(encoding="utf-8")
    found = (shape for shape in SHAPE.findall(svg) if 'stroke="none"' not in shape)
    shapes = [" ".join(shape.split()).replace(" />", "/>") for shape in found]
    return f'<symbol id="{name}" viewBox="0 0 24 24">{"".join(shapes)}</symbol>'


def main() -> None:
    folder = Path(sys.argv[1])
    symbols = "\n".join(symbol(folder, name) for name in sorted(ICONS.split()))
    TARGET.write_text(f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n', encoding="utf-8")


if __name__ == "__main__":
    main()
