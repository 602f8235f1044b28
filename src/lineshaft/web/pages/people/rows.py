"""How a person is shown in a list."""

from lineshaft.security.identity.model import Person
from lineshaft.web.components import Column, badge
from lineshaft.web.markup import join, tag
from lineshaft.web.session import Visit
from lineshaft.web.widgets import cell


def people_columns(visit: Visit) -> list[Column]:
    """Return the columns of the list."""
    keys = ("people.name", "people.role", "people.organisation", "people.state", "people.actions")
    return [Column(visit.say(key)) for key in keys]


def person_cells(visit: Visit, person: Person, organisation: str) -> None:
    """Put the cells of a person into the row, all but the actions."""
    name, role, belongs, state, _ = people_columns(visit)
    cell(name, join(person.name, tag("span", person.user_name, class_="sub")), is_head=True)
    cell(role, tag("span", visit.say(f"role.{person.role.value}")))
    cell(belongs, tag("span", organisation) if organisation else join())
    key, kind = ("people.active", "good") if person.is_active else ("people.left", "")
    cell(state, badge(visit.say(key), kind))
