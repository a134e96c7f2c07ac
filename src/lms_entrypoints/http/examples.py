"""A realistic request body for each operation, put together from the examples of its fields."""

from typing import Any

PLAIN = {"string": "text", "integer": 1, "number": 1.5, "boolean": True, "object": {}}


def add_example(operation: dict[str, Any], shapes: dict[str, Any]) -> None:
    media = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if media and not {"example", "examples"} & media.keys():
        media["example"] = example_of(media["schema"], shapes)


def example_of(schema: dict[str, Any], shapes: dict[str, Any]) -> Any:
    """What the schema says itself, or else what its parts say."""
    if "examples" in schema:
        return schema["examples"][0]
    if "$ref" in schema:
        return example_of(shapes[schema["$ref"].rpartition("/")[2]], shapes)
    if choices := schema.get("oneOf") or schema.get("anyOf"):
        return example_of(next((each for each in choices if each.get("type") != "null"), choices[0]), shapes)
    return _built(schema, shapes)


def _built(schema: dict[str, Any], shapes: dict[str, Any]) -> Any:
    if "properties" in schema:
        return {name: example_of(field, shapes) for name, field in schema["properties"].items()}
    if schema.get("type") == "array":
        return [example_of(schema.get("items", {}), shapes)]
    return schema["enum"][0] if "enum" in schema else PLAIN.get(str(schema.get("type")))
