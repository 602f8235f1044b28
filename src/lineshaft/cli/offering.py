"""`offering`: what is on sale, from packs or files, in versions."""

import json as json_module
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lineshaft.cli.context import (
    DataOption,
    JsonOption,
    application_of,
    errors_by_kind,
    write_json,
    write_line,
    write_table,
)

if TYPE_CHECKING:
    from lineshaft.services.contracts.catalogue.model import CatalogueEntry, OfferingChanges

app = typer.Typer(help="What is on sale: packs, versions, withdrawal.", no_args_is_help=True)
FILE_BYTES_MAX = 1_000_000
OfferingArgument = Annotated[str, typer.Argument(help="Id of the offering.")]
VersionOption = Annotated[
    int | None, typer.Option("--version", help="A version.", show_default="the last one")
]
NameOption = Annotated[str, typer.Option(help="Its name in English.")]
ChineseNameOption = Annotated[str, typer.Option("--name-zh", help="Its name in Chinese.")]
CurrencyOption = Annotated[str, typer.Option(help="ISO 4217, such as EUR.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="A value, as PLACE=VALUE; `show` lists the places. Repeatable."),
]


@app.command("list")
def list_offerings(
    kind: Annotated[str, typer.Option(help="Of this kind only, such as pay_per_use.")] = "",
    binding: Annotated[str, typer.Option(help="product_bound or stand_alone.")] = "",
    customer_class: Annotated[str, typer.Option(help="producer, consumer or circulation.")] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """List the last version of each offering."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.services.contracts.catalogue.model import CatalogueQuery
    from lineshaft.services.contracts.model import Binding, CustomerClass, OfferingKind

    with errors_by_kind():
        catalogue = application_of(data).catalogue
        asked: dict[str, Any] = {
            "kind": _chosen(OfferingKind, kind),
            "binding": _chosen(Binding, binding),
            "customer_class": _chosen(CustomerClass, customer_class),
        }
        found: list[CatalogueEntry] = []
        after: str | None = ""
        while after is not None:
            page = catalogue.page(LOCAL_OPERATOR, CatalogueQuery(after=after, **asked))
            found += page.entries
            after = page.next
        if json:
            write_json([entry.to_content() for entry in found])
            return
        rows = [_row(entry) for entry in found]
        write_table("offerings", ["id", "version", "name", "kind", "binding", "state"], rows)


@app.command("packs")
def list_packs(data: DataOption = None, json: JsonOption = False) -> None:
    """List the templates that ship with the product."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        found = application_of(data).catalogue.packs(LOCAL_OPERATOR)
        if json:
            write_json([pack.to_content() for pack in found])
            return
        rows = [[pack.id, str(pack.offering.kind), pack.about.en] for pack in found]
        write_table("packs", ["pack", "kind", "what it sells"], rows)


@app.command()
def show(
    offering: OfferingArgument,
    version: VersionOption = None,
    is_pack: Annotated[bool, typer.Option("--pack", help="The id is that of a pack.")] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Show a version of an offering, or a pack: every value by its place."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.services.contracts.catalogue.model import places

    with errors_by_kind():
        catalogue = application_of(data).catalogue
        if is_pack:
            pack = catalogue.pack(LOCAL_OPERATOR, offering)
            shown, content, state = pack.offering, pack.to_content(), pack.about.en
        else:
            entry = catalogue.show(LOCAL_OPERATOR, offering, version)
            shown, content, state = entry.offering, entry.to_content(), _state(entry)
        if json:
            write_json(content)
            return
        rows = [[place, value] for place, value in places(shown).items() if value is not None]
        write_table(f"{offering} version {shown.version}: {state}", ["place", "value"], rows)


@app.command()
def new(
    pack: Annotated[str, typer.Argument(help="The pack to begin with; `packs` lists them.")],
    offering: Annotated[str, typer.Argument(help="Id of the new offering.")],
    name: NameOption = "",
    name_zh: ChineseNameOption = "",
    currency: CurrencyOption = "",
    values: SetOption = None,
    data: DataOption = None,
) -> None:
    """Record version 1 of an offering that is made from a pack."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        changes = _changes(name, name_zh, currency, values)
        catalogue = application_of(data).catalogue
        _recorded(catalogue.from_pack(LOCAL_OPERATOR, pack, offering, changes))


@app.command("version")
def next_version(
    offering: OfferingArgument,
    name: NameOption = "",
    name_zh: ChineseNameOption = "",
    currency: CurrencyOption = "",
    values: SetOption = None,
    data: DataOption = None,
) -> None:
    """Record the next version: the last one with some values changed."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        changes = _changes(name, name_zh, currency, values)
        catalogue = application_of(data).catalogue
        last = catalogue.show(LOCAL_OPERATOR, offering).offering.version
        _recorded(catalogue.next_version(LOCAL_OPERATOR, offering, last + 1, changes))


@app.command()
def withdraw(
    offering: OfferingArgument,
    reason: Annotated[str, typer.Option(help="Why it is not sold any more.")],
    version: VersionOption = None,
    data: DataOption = None,
) -> None:
    """Take a version and those before it off sale; contracts that were made from them stay."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        catalogue = application_of(data).catalogue
        shown = catalogue.show(LOCAL_OPERATOR, offering, version).offering
        entry = catalogue.withdraw(LOCAL_OPERATOR, offering, shown.version, reason)
        write_line(f"offering {offering} version {shown.version}: {_state(entry)}")


@app.command()
def diff(
    offering: OfferingArgument,
    before: Annotated[int, typer.Argument(help="A version.")],
    after: Annotated[int, typer.Argument(help="Another one.")],
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Show every place at which two versions differ."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        catalogue = application_of(data).catalogue
        found = catalogue.compare(LOCAL_OPERATOR, offering, before, after)
        if json:
            write_json([change.to_content() for change in found])
            return
        rows = [[each.place, each.before or "-", each.after or "-"] for each in found]
        title = f"{offering}: version {before} and version {after}"
        write_table(title, ["place", f"version {before}", f"version {after}"], rows)


@app.command()
def export(
    offering: OfferingArgument,
    file: Annotated[Path, typer.Argument(help="Where to write it.")],
    version: VersionOption = None,
    data: DataOption = None,
) -> None:
    """Write a version of an offering as a JSON file, for `import` or for editing."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        shown = application_of(data).catalogue.show(LOCAL_OPERATOR, offering, version).offering
        text = json_module.dumps(shown.to_content(), ensure_ascii=False, indent=1)
        file.write_text(text + "\n", encoding="utf-8")
        write_line(f"wrote {file}: offering {offering} version {shown.version}")


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="JSON, as `export` writes it.")],
    data: DataOption = None,
) -> None:
    """Record the version of an offering that a JSON file holds; the same again changes nothing."""
    from lineshaft.core.errors import Invalid
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.services.contracts.model import Offering

    with errors_by_kind():
        content = file.read_bytes()
        if len(content) > FILE_BYTES_MAX:
            msg = f"cannot read {file}: {len(content)} bytes, at most {FILE_BYTES_MAX}"
            raise Invalid(msg)
        try:
            parsed = json_module.loads(content, parse_float=str)
        except ValueError as error:
            msg = f"cannot read {file} as JSON: {error}"
            raise Invalid(msg) from error
        offering = Offering.from_content(parsed)
        _recorded(application_of(data).catalogue.record(LOCAL_OPERATOR, offering))


def _changes(name: str, name_zh: str, currency: str, values: list[str] | None) -> "OfferingChanges":
    from lineshaft.core.errors import Invalid
    from lineshaft.services.contracts.catalogue.model import OfferingChanges
    from lineshaft.services.contracts.model import LocalText

    if bool(name) is not bool(name_zh):
        msg = "a name is shown in both languages: expected --name and --name-zh, or neither"
        raise Invalid(msg)
    pairs = [value.partition("=") for value in values or []]
    for place, sign, _ in pairs:
        if not sign:
            msg = f"--set {place!r}: expected PLACE=VALUE"
            raise Invalid(msg)
    return OfferingChanges(
        name=LocalText(en=name, zh_hans=name_zh) if name else None,
        currency=currency or None,
        values={place: value for place, _, value in pairs},
    )


def _chosen(words: type[StrEnum], text: str) -> StrEnum | None:
    from lineshaft.core.errors import Invalid

    if text and text not in list(words):
        msg = f"{text!r}: expected one of {', '.join(words)}"
        raise Invalid(msg)
    return words(text) if text else None


def _recorded(entry: "CatalogueEntry") -> None:
    write_line(f"offering {entry.offering.id} version {entry.offering.version} is recorded")


def _row(entry: "CatalogueEntry") -> list[str]:
    offering, said = entry.offering, entry.offering.classification
    name, version = offering.name.en, str(offering.version)
    return [offering.id, version, name, said.kind or "", said.binding or "", _state(entry)]


def _state(entry: "CatalogueEntry") -> str:
    if entry.withdrawal is None:
        return "on sale"
    return f"withdrawn: {entry.withdrawal.reason}"
