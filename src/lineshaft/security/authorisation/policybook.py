"""The Cedar policies of this package, parsed once, and the question in Cedar's words.

Cedar skips a policy whose evaluation fails, a `forbid` included. That would let somebody in by
accident, so any such failure breaks the unit of work instead.
"""

import hashlib
import json
import re
from importlib import resources
from typing import Any

import cedarpy
from msgspec.structs import replace

from lineshaft.core.errors import InvariantError
from lineshaft.security.authorisation.model import Actor, Decision, Resource, Role, Situation

_SCHEMA_FILE = "schema.cedarschema"
_POLICY_SUFFIX = ".cedar"
_OWN = 'resource.kind == "user" && resource.key == principal.key'
"""The one way in which our policies look at which thing of its kind a resource is."""
_LOOKS_AT_THING = re.compile(r"resource\s*\.\s*key|resource\s*(==|in\b|\[)|\bObject\s*::")


class PolicyBook:
    """A schema and a set of policies, checked against each other; immutable and thread-safe."""

    def __init__(self, schema: str, policies: str) -> None:
        """Parse both.

        Args:
            schema: in the Cedar schema syntax.
            policies: in the Cedar policy syntax, each with an `@id`.

        Raises:
            InvariantError: when they cannot be read or do not fit together.
        """
        try:
            self._schema = cedarpy.Schema.from_str(schema)
            self._policies = cedarpy.PolicySet.from_str(policies)
        except ValueError as error:
            msg = f"cannot read the Cedar policies: {error}"
            raise InvariantError(msg) from error
        result = cedarpy.validate_policies(policies, self._schema)
        if not result.validation_passed:
            msg = f"the Cedar policies do not fit their schema: {result.errors}"
            raise InvariantError(msg)
        self._looks_at_things = bool(_LOOKS_AT_THING.search(policies.replace(_OWN, "")))
        roles = [_entity("Role", role.value, {}) for role in Role]
        self._roles = cedarpy.Entities.from_json_str(json.dumps(roles))
        self.version = hashlib.sha256(f"{schema}\0{policies}".encode()).hexdigest()

    def like(self, resource: Resource) -> Resource:
        """Return a resource of which the same is decided: the same one for as many as can be.

        Which machine or contract it is matters for the grants alone, and those are in the situation
        already. Where policies look at more than whether a person is meant itself, each is its own.
        """
        is_one_of_many = not self._looks_at_things and resource.kind != "user"
        return replace(resource, id="*") if is_one_of_many else resource

    def decide(
        self, actor: Actor, action: str, resource: Resource, situation: Situation
    ) -> Decision:
        """Let Cedar decide one question.

        Raises:
            InvariantError: when a policy or the question is malformed.
        """
        entities = self._roles.with_added_json_str(
            json.dumps([_principal(actor), _object(resource)])
        )
        request = {
            "principal": {"type": "Actor", "id": actor.id},
            "action": {"type": "Action", "id": str(action)},
            "resource": {"type": "Object", "id": _object_id(resource)},
            "context": {
                "has_grant": situation.has_grant,
                "is_covered": situation.is_covered,
            },
        }
        answer = cedarpy.is_authorized(request, self._policies, entities, self._schema)
        if answer.diagnostics.errors:
            msg = f"Cedar could not decide {action} by {actor.id}: {answer.diagnostics.errors}"
            raise InvariantError(msg)
        names = answer.diagnostics.id_annotations_by_reason
        policies = tuple(sorted(names.get(reason, reason) for reason in answer.diagnostics.reasons))
        return Decision(answer.allowed, policies, self.version)


def load_policies() -> PolicyBook:
    """Read the schema and the policies of this package."""
    folder = resources.files("lineshaft.security.authorisation") / "policies"
    texts = {
        item.name: item.read_text(encoding="utf-8")
        for item in folder.iterdir()
        if item.name.endswith(_POLICY_SUFFIX)
    }
    schema = (folder / _SCHEMA_FILE).read_text(encoding="utf-8")
    return PolicyBook(schema, "\n".join(texts[name] for name in sorted(texts)))


def _entity(
    kind: str, key: str, attributes: dict[str, str], parents: tuple[Role, ...] = ()
) -> dict[str, Any]:
    return {
        "uid": {"type": kind, "id": key},
        "attrs": attributes,
        "parents": [{"type": "Role", "id": role.value} for role in parents],
    }


def _principal(actor: Actor) -> dict[str, Any]:
    attributes = {"key": actor.id} | _organisation(actor.organisation)
    return _entity("Actor", actor.id, attributes, (actor.role,))


def _object(resource: Resource) -> dict[str, Any]:
    attributes = {"key": resource.id, "kind": resource.kind}
    return _entity(
        "Object", _object_id(resource), attributes | _organisation(resource.organisation)
    )


def _object_id(resource: Resource) -> str:
    return f"{resource.kind}/{resource.id}"


def _organisation(organisation: str | None) -> dict[str, str]:
    return {} if organisation is None else {"organisation": organisation}
