"""Put each package's README.md into the site: one text, read in the tree and on the site."""

import re
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

SOURCE = Path(__file__).parents[1] / "src" / "lineshaft"
RELATIVE_LINK = re.compile(r"\[([^\]]*)\]\((?!https?:|#)[^)]*\)")


def packages() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every package that has a README.md."""
    for readme in sorted(SOURCE.rglob("README.md")):
        name = readme.parent.relative_to(SOURCE).as_posix()
        yield name, readme.read_text(encoding="utf-8")


def page(text: str) -> str:
    """Return a README as a page of the site; links into the tree become plain words."""
    return RELATIVE_LINK.sub(r"\1", text)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add one page per package."""
    for name, text in packages():
        uri = f"packages/{name.replace('/', '-')}.md"
        files.append(File.generated(config, uri, content=page(text)))
    return files
