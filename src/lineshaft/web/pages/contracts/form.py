"""The form of an offering: its names, currency, class, and every price, target and signal."""

import re
from collections.abc import Awaitable, Callable
from decimal import Decimal, InvalidOperation
from itertools import groupby

from nicegui import ui

from lineshaft.core.errors import Invalid, LineshaftError, Unauthorized
from lineshaft.services.contracts.catalogue.model import OfferingChanges
from lineshaft.services.contracts.model import (
    Activity,
    Binding,
    BundlePrice,
    CustomerClass,
    FeesDue,
    LocalText,
    Offering,
    OfferingKind,
    ServiceClass,
    Terms,
)
from lineshaft.web import errors
from lineshaft.web.components import link_button, notice
from lineshaft.web.controls import button
from lineshaft.web.layout import show
from lineshaft.web.markup import tag
from lineshaft.web.pages.contracts.figures import Figure, figures
from lineshaft.web.pages.contracts.tiers import TierFields
from lineshaft.web.session import Visit
from lineshaft.web.widgets import select_field, text_field

VERSION_DIGITS_MAX = 5
WORDS = {
    "kind": OfferingKind,
    "binding": Binding,
    "customer_class": CustomerClass,
    "activity": Activity,
    "service_class": ServiceClass,
}
Check = Callable[[str], bool]
Save = Callable[[OfferingChanges], Awaitable[None]]


class OfferingForm:
    """Fields that are filled with what stands in an offering, and what was changed of it."""

    def __init__(self, visit: Visit, offering: Offering) -> None:
        """Take whoever types, and what to begin with."""
        self._visit, self._offering = visit, offering
        self._fields: list[ui.input] = []
        self._values: dict[str, ui.input] = {}
        self._tiers: list[TierFields] = []
        self._classes: dict[str, ui.select] = {}
        self._fees_due: ui.select | None = None
        self._english: ui.input | None = None
        self._chinese: ui.input | None = None
        self._currency: ui.input | None = None

    def add_basics(self) -> None:
        """Put names, currency and what it is counted as there."""
        say, offering = self._visit.say, self._offering
        self._english = self.required(say("offering.name_english"), offering.name.en)
        self._chinese = self.required(say("offering.name_chinese"), offering.name.zh_hans)
        self._currency = self.checked(
            say("offering.currency"), offering.currency, "form.currency", is_currency
        )
        for name, words in WORDS.items():
            options = {word.value: say(f"offering.{name}.{word.value}") for word in words}
            said = getattr(offering.classification, name)
            first = {} if said is not None else {"": say("offering.not_said")}
            value = "" if said is None else said.value
            label = say(f"offering.{name}")
            self._classes[name] = select_field(label, first | options, value)

    def add_terms(self) -> None:
        """Put every price, target and signal there, by the part that it belongs to."""
        self._add_fees_due()
        found = figures(self._visit, self._offering)
        for group, members in groupby(found, key=lambda figure: figure.group):
            with ui.element("section").classes("panel part"):
                show(tag("h2", group))
                tiers = TierFields(self._visit, self._offering, self._figure)
                with ui.element("div").classes("fields"):
                    for figure in members:
                        if not tiers.take(figure):
                            self._values[figure.place] = self._figure(figure)
                if tiers.is_any:
                    tiers.draw()
                    self._tiers.append(tiers)

    def _add_fees_due(self) -> None:
        """Ask when fees per month are billed, where there are any."""
        say, terms = self._visit.say, self._offering.terms
        bundles = [each for each in terms.usage_prices if isinstance(each.price, BundlePrice)]
        if terms.base_fee is None and not bundles:
            return
        options = {each.value: say(f"form.fees_due.{each.value}") for each in FeesDue}
        with ui.element("section").classes("panel part"), ui.element("div").classes("fields"):
            self._fees_due = select_field(say("terms.fees_due"), options, _fees_due(terms))

    def required(self, label: str, value: str) -> ui.input:
        """Put a field there that must not stay empty."""
        return self.checked(label, value, "form.required", bool)

    def checked(self, label: str, value: str, expected: str, is_fine: Check) -> ui.input:
        """Put a field there that says what it expects; `expected` is the key of the text."""
        field = text_field(label, value)
        said = self._visit.say(expected)
        field.validation = {said: lambda text: is_fine(str(text or "").strip())}
        field.error = None  # it says so once somebody has typed
        self._fields.append(field)
        return field

    def is_filled(self) -> bool:
        """Tell whether every field can be read; those that cannot say why."""
        judged = [field.validate() for field in self._fields if not field.is_deleted]
        return all(judged)

    def changes(self) -> OfferingChanges:
        """Return what was typed, as far as it differs."""
        offering = self._offering
        values = {
            name: str(field.value)
            for name, field in self._classes.items()
            if field.value and field.value != getattr(offering.classification, name)
        }
        known = {figure.place: figure.value for figure in figures(self._visit, offering)}
        for place, field in self._values.items():
            text = _typed(field)
            if text != known[place]:
                values[place] = text
        for tiers in self._tiers:
            values |= tiers.changes()
        if self._fees_due is not None and self._fees_due.value != _fees_due(offering.terms):
            values["terms.fees_due"] = str(self._fees_due.value)
        if self._english is None or self._chinese is None or self._currency is None:
            return OfferingChanges(values=values)
        return OfferingChanges(
            name=LocalText(en=_typed(self._english), zh_hans=_typed(self._chinese)),
            currency=_typed(self._currency).upper(),
            values=values,
        )

    def add_actions(self, text: str, save: Save, back: str) -> None:
        """Put the buttons there; what is refused stands beside them, and nothing is lost."""
        refused = ui.element("div").props("role=alert")

        async def run() -> None:
            refused.clear()
            with refused:
                if not self.is_filled():
                    show(notice(self._visit.say("form.incomplete"), kind="bad"))
                    return
                await self._saved(save)

        with ui.element("div").classes("actions"):
            button(text, run, "primary")
            show(link_button(self._visit.say("action.cancel"), back))

    async def _saved(self, save: Save) -> None:
        try:
            await save(self.changes())
        except Unauthorized as error:
            errors.tell(self._visit, error)
        except LineshaftError as error:
            errors.log(error, self._visit.path)
            kind = errors.kind_of(error)
            said = self._visit.say(f"error.{kind}.title")
            advice = self._visit.say(f"error.{kind}.advice")
            show(notice(said, advice, errors.reason(self._visit, error), kind="bad"))

    def _figure(self, figure: Figure) -> ui.input:
        if not figure.is_number:
            return self.required(figure.label, figure.value)
        field = self.checked(figure.label, figure.value, "form.number", is_number)
        return field.props("inputmode=decimal")


def _fees_due(terms: Terms) -> str:
    return (FeesDue.ADVANCE if terms.are_fees_ahead else FeesDue.ARREARS).value


def _typed(field: ui.input) -> str:
    return str(field.value or "").strip()


def is_id(text: str) -> bool:
    """Tell whether it can name an offering; what is refused beyond that is said by the hub."""
    return re.fullmatch(r"[a-z0-9._-]+", text) is not None


def is_currency(text: str) -> bool:
    """Tell whether it looks like a code of ISO 4217."""
    return re.fullmatch(r"[A-Za-z]{3}", text) is not None


def is_number(text: str) -> bool:
    """Tell whether it is a number as contracts write it: digits, and a point where needed."""
    numerator, _, denominator = text.strip().partition("/")
    try:
        numbers = [Decimal(part) for part in (numerator, denominator or "1")]
    except InvalidOperation:
        return False
    return all(number.is_finite() for number in numbers) and numbers[1] != 0


def version_number(text: str) -> int:
    """Read a number of a version from an address.

    Raises:
        Invalid: when it is none.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= VERSION_DIGITS_MAX):
        msg = f"version {text[:20]!r} of an offering: expected a number"
        raise Invalid(msg)
    return int(text)
