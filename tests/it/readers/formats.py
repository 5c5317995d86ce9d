# Reads every report of one look at an account with somebody else's reader, and compares what they say.
import csv
import json
import re
import sys
from pathlib import Path

import html5lib
import jsonschema
from junitparser import Error, Failure, JUnitXml
from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding
from sarif import loader
from sarif_pydantic import Sarif

folder, schema = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())

report = json.loads((folder / "drift.json").read_text())
jsonschema.Draft202012Validator.check_schema(schema)
jsonschema.validate(report, schema)
broken = len(report["posture"]["findings"]) + report["summary"]["to_settle"] + len(report["steps"])
assert broken == report["posture"]["totals"]["drifted"] or broken > 0, report["posture"]["totals"]

# SARIF, by the object model and by a tool that shows it.
text = (folder / "drift.sarif").read_text()
log = Sarif.model_validate_json(text)
run = log.runs[0]
rules = {rule.id for rule in run.tool.driver.rules}
assert len(run.results) == broken, (len(run.results), broken)
prints = set()
for result in run.results:
    assert result.rule_id in rules
    assert run.tool.driver.rules[result.rule_index].id == result.rule_id
    place = result.locations[0].physical_location
    assert place.artifact_location.uri == "neglected.toml", place
    assert place.region.start_line >= 1
    assert "Next: " in result.message.text
    prints.add(result.partial_fingerprints["baseline/v1"])
assert len(prints) == len(run.results), "fingerprints are unique"
shown = loader.load_sarif_file(str(folder / "drift.sarif"))
assert shown.get_result_count() == broken

# JUnit: failures are departures, errors what nobody knows, names unique.
junit = JUnitXml.fromfile(str(folder / "drift.xml"))
names, failures, errors = [], 0, 0
for suite in junit:
    for case in suite:
        names.append((suite.name, case.name))
        failures += sum(isinstance(result, Failure) for result in case.result)
        errors += sum(isinstance(result, Error) for result in case.result)
assert len(set(names)) == len(names)
assert (failures, errors) == (junit.failures, junit.errors)
assert failures == broken, (failures, broken)

# CSV: as many rows, and no cell that a spreadsheet runs.
with (folder / "drift.csv").open(newline="") as file:
    rows = list(csv.DictReader(file))
assert sum(row["status"] == "drifted" for row in rows) == broken
assert all(not re.match(r"\s*[=+\-@]", cell) for row in rows for cell in row.values())
assert all(row["next"] for row in rows if row["status"] != "kept"), "every departure has a next step"
assert len(rows) == len(names)

# OCSF: each event fits the model of its class.
events = json.loads((folder / "drift.ocsf.json").read_text())
for event in events:
    finding = ComplianceFinding(**event)
    assert (int(finding.class_uid), int(finding.type_uid)) == (2003, 200301)
assert sum(event["compliance"]["status"] == "Fail" for event in events) == broken

# HTML: parses without a single error, runs nothing and asks for nothing.
page = (folder / "drift.html").read_text()
parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
tree = parser.parse(page)
for element in tree.iter():
    tag = element.tag if isinstance(element.tag, str) else ""
    assert tag.split("}")[-1] not in {"script", "link", "img", "iframe", "object", "embed", "base"}, tag
    for name, value in element.attrib.items():
        name = name if isinstance(name, str) else name[-1]
        assert not name.startswith("on") and name not in {"src", "href", "srcset", "action", "style"}, (tag, name)
    if tag.split("}")[-1] == "style":
        assert not re.search(r"url\(|@import|//", element.text), "a style that asks for something"

markdown = (folder / "drift.md").read_text()
assert len(markdown) < 65_536 and f"### Posture ({len(report['posture']['findings'])})" in markdown
print(f"{broken} departures, {len(rows)} checks, {len(events)} events")
