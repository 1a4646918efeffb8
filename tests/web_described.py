"""The server's description of itself, held against what it answers: shared by the tests of the API and the studio."""

from __future__ import annotations

import re

from mangacolor.web.openapi import DESCRIPTION

METHODS = {"get", "put", "post", "delete"}
KINDS = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool}
KINDS["null"] = type(None)


def resolved(said):
    """What a `$ref` leads to."""
    while isinstance(said, dict) and "$ref" in said:
        place = DESCRIPTION
        for name in said["$ref"].removeprefix("#/").split("/"):
            place = place[name]
        said = place
    return said


def operations():
    """Paths, methods and operations, with the parameters of their paths."""
    for path, methods in DESCRIPTION["paths"].items():
        for method in METHODS & set(methods):
            shared = methods.get("parameters", [])
            yield path, method, {**methods[method], "parameters": [*shared, *methods[method].get("parameters", [])]}


def operation_of(name):
    """The responses of an operation by its `operationId`."""
    return next(one for _, _, one in operations() if one["operationId"] == name)


def operation_at(method, path):
    """The `operationId` of what is at an address; None for none."""
    for known, one, operation in operations():
        pattern = re.sub(r"{(\w+)}", lambda found: ".+" if found[1] == "name" else "[^/]+", known)
        if one == method.lower() and re.fullmatch(pattern, path):
            return operation["operationId"]
    return None


def answer_misfits(name, answer):
    """What of an answer of an operation its description does not say; nothing where all is as described."""
    described = resolved(operation_of(name)["responses"].get(str(answer.status_code)))
    if described is None:
        return [f"{name} answers {answer.status_code}"]
    kind = answer.headers.get("content-type", "").partition(";")[0]
    kinds = described.get("content", {})
    fitting = [one for one in kinds if one == kind or (one.endswith("/*") and kind.startswith(one[:-1]))]
    if bool(kind) != bool(kinds) or (kind and not fitting):
        return [f"{name} answers {answer.status_code} with {kind or 'nothing'}"]
    wrong = [f"{name} lacks {one}" for one in ("Location", "WWW-Authenticate") if lacks(described, answer, one)]
    return wrong + (misfits(kinds[fitting[0]]["schema"], answer.json()) if kind == "application/json" else [])


def lacks(described, answer, header):
    return header in described.get("headers", {}) and header not in answer.headers


def misfits(schema, value, where="it"):
    """What of a value a schema (JSON Schema 2020-12, as far as it is used here) does not allow.

    Properties that a schema does not name count as wrong: a description is to name what there is.
    """
    schema = resolved({"$ref": f"#/components/schemas/{schema}"} if isinstance(schema, str) else schema)
    if "oneOf" in schema:
        fits = [one for one in schema["oneOf"] if not misfits(one, value)]
        return [] if len(fits) == 1 else [f"{where} fits {len(fits)} of the choices"]
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(
        (isinstance(value, KINDS[one]) and type(value) is not bool) or one == "boolean" for one in kinds
    ):
        return [f"{where} is {value!r}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where} is {value!r}"]
    wrong = []
    if isinstance(value, dict) and "properties" in schema:
        wrong += [f"{where} lacks {name}" for name in schema.get("required", []) if name not in value]
        for name, one in value.items():
            known = schema["properties"].get(name)
            wrong += [f"{where} has {name}"] if known is None else misfits(known, one, f"{where}.{name}")
    elif isinstance(value, dict) and "additionalProperties" in schema:
        for name, one in value.items():
            wrong += misfits(schema.get("propertyNames", {}), name, where)
            wrong += misfits(schema["additionalProperties"], one, f"{where}.{name}")
    if isinstance(value, list):
        wrong += [text for one in value for text in misfits(schema.get("items", {}), one, f"{where}[]")]
    return wrong
