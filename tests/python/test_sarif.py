"""SARIF: what we write is what the standard allows, and leads to the lines of findings."""

import dataclasses
import json

import pytest
from jsonschema import Draft202012Validator

from report_stage import FINDING, full
from wsksim.reports.saving import content_of

# What OASIS's text of SARIF 2.1.0 says of the members that we write, by its sections 3.13 to 3.49.
MESSAGE = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
LOCATION = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "minimum": 0},
        "physicalLocation": {
            "type": "object",
            "required": ["artifactLocation"],
            "properties": {
                "artifactLocation": {
                    "type": "object",
                    "required": ["uri"],
                    "properties": {"uri": {"type": "string", "pattern": r"^[A-Za-z0-9._~:/%!$&'()*+,;=@-]+$"}},
                    "additionalProperties": False,
                },
                "region": {
                    "type": "object",
                    "required": ["startLine"],
                    "properties": {"startLine": {"type": "integer", "minimum": 1}},
                    "additionalProperties": False,
                },
            },
            "additionalProperties": False,
        },
        "logicalLocations": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"fullyQualifiedName": {"type": "string"}, "kind": {"type": "string"}},
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
RESULT = {
    "type": "object",
    "required": ["message"],
    "properties": {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": -1},
        "level": LEVEL,
        "message": MESSAGE,
        "occurrenceCount": {"type": "integer", "minimum": 1},
        "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
        "properties": {"type": "object"},
        "locations": {"type": "array", "items": LOCATION},
        "relatedLocations": {"type": "array", "items": LOCATION},
    },
    "additionalProperties": False,
}
RULE = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string"},
        "shortDescription": MESSAGE,
        "help": MESSAGE,
        "helpUri": {"type": "string", "pattern": "^https://"},
    },
    "additionalProperties": False,
}
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "$schema": {"type": "string", "pattern": "^https://"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool"],
                "properties": {
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name"],
                                "properties": {
                                    "name": {"type": "string"},
                                    "version": {"type": "string"},
                                    "semanticVersion": {"type": "string", "pattern": r"^\d+\.\d+\.\d+"},
                                    "informationUri": {"type": "string"},
                                    "rules": {"type": "array", "items": RULE, "uniqueItems": True},
                                },
                                "additionalProperties": False,
                            }
                        },
                    },
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "invocations": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["executionSuccessful"],
                            "properties": {
                                "executionSuccessful": {"type": "boolean"},
                                "exitCode": {"type": "integer"},
                                "commandLine": {"type": "string"},
                                "toolExecutionNotifications": {
                                    "type": "array",
                                    "items": {
                                        "type": "object",
                                        "required": ["message"],
                                        "properties": {"level": LEVEL, "message": MESSAGE},
                                        "additionalProperties": False,
                                    },
                                },
                            },
                            "additionalProperties": False,
                        },
                    },
                    "results": {"type": "array", "items": RESULT},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}


def read_sarif(report):
    values = json.loads(content_of(report, "sarif"))
    assert [f"{error.json_path}: {error.message}" for error in Draft202012Validator(SARIF).iter_errors(values)] == []
    [run] = values["runs"]
    # Section 3.27.7: an index leads to the rule that the id names.
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    return run


def test_sarif_has_findings_with_their_lines():
    run = read_sarif(full())
    error, note = run["results"]
    assert (error["ruleId"], error["level"], error["occurrenceCount"]) == ("D-8", "error", 5)
    place = error["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("relay.py", 112)
    assert error["relatedLocations"][0]["physicalLocation"]["region"]["startLine"] == 140
    assert note["level"] == "note"
    [told] = run["invocations"][0]["toolExecutionNotifications"]
    assert told["message"]["text"] == "asked for findings == 0; found 7"
    assert run["invocations"][0]["exitCode"] == 1


@pytest.mark.parametrize(
    ("site", "uri"),
    [
        ("/home/me/my driver/ä.py:3", "file:///home/me/my%20driver/%C3%A4.py"),
        ("a/b%20c.py:3", "a/b%2520c.py"),
        ("a\udcff.py:3", "a%FF.py"),
        ("", None),
    ],
)
def test_sarif_names_files_by_uri(site, uri):
    run = read_sarif(full(findings=[dataclasses.replace(FINDING, site=site, other_site="")]))
    places = [one for one in run["results"][0]["locations"] if "physicalLocation" in one]
    assert [one["physicalLocation"]["artifactLocation"]["uri"] for one in places] == ([] if uri is None else [uri])
