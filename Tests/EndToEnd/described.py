"""Holds answers of the API against its OpenAPI document; run by the Python of .build/python.

Standard input: {"document": …, "answers": [{"name", "schema", "value"}]}. Each line of the output
says what of an answer is not as it is described. A key that nobody described is wrong, too.
"""

import json
import sys

import jsonschema_rs


def closed(schema):
    """The same schema, in which each object has no keys but those that it names."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: closed(part) for key, part in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        result.setdefault("additionalProperties", False)
    return result


def main():
    """Gives the exit code."""
    asked = json.load(sys.stdin)
    components = closed(asked["document"]["components"])
    wrong = 0
    for answer in asked["answers"]:
        schema = closed(answer["schema"]) | {
            "$schema": "https://json-schema.org/draft/2020-12/schema", "components": components,
        }  # fmt: skip
        validator = jsonschema_rs.validator_for(schema, validate_formats=True)
        for error in validator.iter_errors(answer["value"]):
            place = "/".join(str(part) for part in error.instance_path)
            print(f"{answer['name']}: {place or 'the answer'}: {error.message[:300]}")
            wrong += 1
    return 1 if wrong else 0


sys.exit(main())
