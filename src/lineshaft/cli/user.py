"""`user`: people and their API tokens."""

from typing import Annotated

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

app = typer.Typer(help="People who may sign in.", no_args_is_help=True)


@app.command("list")
def list_users(data: DataOption = None, json: JsonOption = False) -> None:
    """List everybody."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        people = application_of(data).identity.users(LOCAL_OPERATOR)
        rows = [
            {
                "user": person.user_name,
                "name": person.name,
                "role": str(person.role),
                "organisation": person.organisation or "",
                "active": person.is_active,
            }
            for person in people
        ]
        if json:
            write_json(rows)
        else:
            columns = ["user", "name", "role", "organisation", "active"]
            write_table("users", columns, [[str(row[name]) for name in columns] for row in rows])


@app.command()
def add(
    user: Annotated[str, typer.Argument(help="Name to sign in with.")],
    role: Annotated[str, typer.Option(help="administrator, engineer, finance or customer.")],
    name: Annotated[str, typer.Option(help="Name for people's eyes.")] = "",
    organisation: Annotated[str, typer.Option(help="Whom a customer acts for.")] = "",
    data: DataOption = None,
) -> None:
    """Let somebody in; prints the password, this once."""
    from lineshaft.core.errors import Invalid
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.security.identity.model import Role
    from lineshaft.security.identity.service import NewPerson

    with errors_by_kind():
        if role not in list(Role):
            msg = f"role {role!r}: expected administrator, engineer, finance or customer"
            raise Invalid(msg)
        person = NewPerson(user, name or user, Role(role), organisation or None)
        made = application_of(data).identity.create_user(LOCAL_OPERATOR, person)
        write_line(f"user      {made.person.user_name}")
        write_line(f"password  {made.password}")


@app.command()
def password(
    user: Annotated[str, typer.Argument(help="Name to sign in with.")], data: DataOption = None
) -> None:
    """Give somebody a new random password and end their sessions; prints it, this once."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        made = application_of(data).identity.reset_password(LOCAL_OPERATOR, user)
        write_line(f"password  {made.password}")


@app.command()
def deactivate(
    user: Annotated[str, typer.Argument(help="Name to sign in with.")], data: DataOption = None
) -> None:
    """Let somebody in no more; what they did stays."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.security.identity.service import PersonChange

    with errors_by_kind():
        change = PersonChange(is_active=False)
        application_of(data).identity.change_user(LOCAL_OPERATOR, user, change)
        write_line(f"{user} may not sign in any more")
