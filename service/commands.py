"""`ragready keys` and `ragready spaces`: who may call, who may read what, and what a space does with what it is given.

They open the records alone, so they run beside a service. Whoever may run them reads the data folder anyway: no key is
asked for.
"""

from contextlib import closing
from dataclasses import replace
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Column, Table

from service.core.answers import Role
from service.core.errors import UnknownSpace
from service.core.names import checked_name
from service.core.policies import checked_policy
from service.core.records import Records
from service.core.types import InstructionPolicy, PersonalPolicy, Policy, Space
from service.terminal import AsJson, Data, command, out, print_json, reporting, settings_for

keys_app = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys.")
spaces_app = typer.Typer(help="List spaces, and say who may read them and what they may hold.")

Tenant = Annotated[str | None, typer.Option(help="The tenant; default RAGREADY_TENANT.")]


@command(keys_app, "create")
def keys_create(
    name: Annotated[str, typer.Argument(help="What the key is for: lower-case letters, digits and hyphens.")],
    role: Annotated[
        Role, typer.Option(help="reader asks and reads, operator also sees every trace, admin also makes keys.")
    ] = "reader",
    group: Annotated[
        list[str] | None, typer.Option(help="Group whose spaces it reads; may be given again; * is all.")
    ] = None,
    tenant: Tenant = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Make a key and print it, this once: only its hash is kept."""
    from service.api.key_bodies import created_body
    from service.bootstrap import open_records

    settings = settings_for(data)
    with closing(open_records(settings)) as records:
        made = records.keys.create(tenant or settings.tenant, name, role, frozenset(group or ()))
    if as_json:
        print_json(created_body(made).model_dump(mode="json"))
        return
    groups = ", ".join(sorted(made.kept.groups)) or "none but everyone"
    out.print(made.key, soft_wrap=True)
    out.print(f"[dim]{made.kept.id}: {name}, {role}, groups {escape(groups)}. The key is not shown again.[/]")


@command(keys_app, "list")
def keys_list(tenant: Tenant = None, as_json: AsJson = False, data: Data = None) -> None:
    """List the keys of a tenant, without that of the settings and without the keys themselves."""
    from service.api.key_bodies import KeysBody, key_body
    from service.bootstrap import open_records

    settings = settings_for(data)
    with closing(open_records(settings)) as records:
        found = [key_body(each) for each in records.keys.all(tenant or settings.tenant)]
    if as_json:
        print_json(KeysBody(keys=found).model_dump(mode="json"))
        return
    table = Table(Column("id", no_wrap=True), "name", "role", "groups", "made", "revoked")
    for each in found:
        revoked = f"{each.revoked_at:%Y-%m-%d}" if each.revoked_at else ""
        table.add_row(each.id, each.name, each.role, " ".join(each.groups), f"{each.created_at:%Y-%m-%d}", revoked)
    out.print(table)


@command(keys_app, "revoke")
def keys_revoke(
    key_id: Annotated[str, typer.Argument(help="The key's id, not the key.")],
    tenant: Tenant = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """End a key's rights, from its next request on."""
    from service.api.key_bodies import key_body
    from service.bootstrap import open_records

    settings = settings_for(data)
    with closing(open_records(settings)) as records:
        body = key_body(records.keys.revoke(tenant or settings.tenant, key_id))
    print_json(body.model_dump(mode="json")) if as_json else out.print(f"revoked {body.id} ({body.name})")


@spaces_app.callback(invoke_without_command=True)
@reporting
def spaces(context: typer.Context, as_json: AsJson = False, data: Data = None) -> None:
    """List spaces, what they hold and who may read them; or change readers or policy."""
    from service.api.document_bodies import SpacesBody, space_body
    from service.bootstrap import open_records

    if context.invoked_subcommand is not None:
        if as_json or data:
            raise typer.BadParameter(f"--json and --data come after `{context.invoked_subcommand}`.")
        return
    settings = settings_for(data)
    with closing(open_records(settings)) as records:
        found = [space_body(each) for each in records.space_sizes(settings.tenant)]
    if as_json:
        print_json(SpacesBody(spaces=found).model_dump(mode="json"))
        return
    table = Table("space", "documents", "chunks", "version", "readers")
    for each in found:
        counts = map(str, (each.documents, each.chunks, each.version))
        table.add_row(each.name, *counts, " ".join(each.readers))
    out.print(table)


@command(spaces_app, "readers")
def spaces_readers(
    space: Annotated[str, typer.Argument(help="The space.")],
    groups: Annotated[list[str], typer.Argument(help="Groups of keys that may read it; everyone is the whole tenant.")],
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Let these groups read a space from now on, and no other. A worker's spaces.toml sets it again."""
    from service.bootstrap import open_records

    settings = settings_for(data)
    readers = frozenset(checked_name("group", each) for each in groups)
    with closing(open_records(settings)) as records:
        changed = records.set_readers(settings.tenant, _space(records, settings.tenant, space).name, readers)
        several = len(records.spaces(settings.tenant)) > 1
    body = {"space": space, "readers": sorted(readers)}
    if as_json:
        print_json(body)
        return
    out.print(f"{escape(space)} may be read by {', '.join(sorted(readers))}")
    if changed and several:
        out.print("Run `ragready ingest` next: it decides anew which pages of this and other spaces are copies.")


@command(spaces_app, "policy")
def spaces_policy(
    space: Annotated[str, typer.Argument(help="The space.")],
    personal: Annotated[PersonalPolicy | None, typer.Option(help="What becomes of personal data.")] = None,
    instructions: Annotated[InstructionPolicy | None, typer.Option(help="What becomes of orders to a model.")] = None,
    languages: Annotated[
        str | None, typer.Option(help="Codes of ISO 639-1, separated by commas, or any; other languages are held back.")
    ] = None,
    allow: Annotated[
        list[str] | None, typer.Option(help="A value or @mail.domain that is no personal data; may be given again.")
    ] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Show a space's policy, or change it: the next ingestion treats every document by it.

    A worker's spaces.toml sets it again.
    """
    from service.bootstrap import open_records

    settings = settings_for(data)
    with closing(open_records(settings)) as records:
        now = _space(records, settings.tenant, space).policy
        wanted = replace(_policy(now, personal, instructions, languages), allowed=tuple(allow or now.allowed))
        if wanted != now:
            records.set_policy(settings.tenant, space, wanted)
    body = {"space": space, **vars(wanted), "languages": list(wanted.languages), "allowed": list(wanted.allowed)}
    told = f"{space}: personal data {wanted.personal}, instructions {wanted.instructions}, "
    told += f"languages {', '.join(wanted.languages) or 'any'}, allowed {', '.join(wanted.allowed) or 'nothing'}"
    print_json(body) if as_json else out.print(escape(told))


def _policy(
    now: Policy, personal: PersonalPolicy | None, instructions: InstructionPolicy | None, languages: str | None
) -> Policy:
    codes = list(now.languages)
    if languages is not None:
        codes = [] if languages.strip() == "any" else [each.strip() for each in languages.split(",")]
    said = {"personal": personal or now.personal, "instructions": instructions or now.instructions}
    return checked_policy("--languages", {**said, "languages": codes})


def _space(records: Records, tenant: str, name: str) -> Space:
    """The space of this name. Raises UnknownSpace, which names those that there are."""
    spaces = records.spaces(tenant)
    if found := next((each for each in spaces if each.name == name), None):
        return found
    known = ", ".join(each.name for each in spaces) or "none yet"
    raise UnknownSpace(f"There is no space {name!r}.", f"Spaces: {known}.")
