"""How much of pandas' public interface its own tests show to work: a row per name and parameter, and a page.

    coverage.py --real DIR --tree DIR --nodes DIR --outcomes DIR --rows FILE --page FILE

`--outcomes` is the folder of a run of the suite. A name's evidence are the nodes of classes A and B whose
test function mentions it as an attribute or a name, a parameter's those whose function passes it to that name
by keyword. A name that merely exists counts for nothing; a name no test mentions is `untested`.
"""

from __future__ import annotations

import argparse
import ast
import collections
import gzip
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import api

# Where the tests of a family stand; a family beside these is looked for everywhere.
_HOMES = {
    "DataFrame": ("frame", "arithmetic", "apply", "reductions", "copy_view", "indexing", "reshape"),
    "Series": ("series", "arithmetic", "apply", "reductions", "copy_view", "indexing", "reshape"),
    "Index": ("indexes", "indexing"),
    "RangeIndex MultiIndex DatetimeIndex": ("indexes", "indexing"),
    "CategoricalIndex TimedeltaIndex": ("indexes", "indexing"),
    "PeriodIndex IntervalIndex": ("indexes", "indexing"),
    "group-by": ("groupby",),
    "rolling and expanding": ("window",),
    "ewm and window": ("window",),
    "resample": ("resample",),
    "Series.str": ("strings",),
}


@dataclass
class Evidence:
    """Nodes that mention something, and how many of them passed."""

    nodes: int = 0
    passed: int = 0

    @property
    def status(self) -> str:
        if self.nodes == 0:
            return "untested"
        return "all" if self.passed == self.nodes else "some" if self.passed else "none"


def listed(folder: Path) -> dict[str, str]:
    """Every node of the fixed lists, with its class."""
    nodes = {}
    for path in sorted(folder.glob("*.txt.gz")):
        for line in gzip.decompress(path.read_bytes()).decode().splitlines():
            kind, _, node = line.partition(" ")
            nodes[node] = kind
    return nodes


def passed(folder: Path) -> set[str]:
    """The nodes that passed in a run."""
    found = set()
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                continue  # a crash may leave half a line
            if row.get("o") == "passed":
                found.add(row["n"])
    return found


def mentions(tree: Path, nodes: list[str]) -> dict[str, set[tuple[str, str]]]:
    """What each test function mentions: pairs of a name and a parameter, the latter empty for the name
    itself.
    """
    files: dict[str, dict[str, set[tuple[str, str]]]] = {}
    found: dict[str, set[tuple[str, str]]] = {}
    for node in nodes:
        function = node.partition("[")[0]
        if function in found:
            continue
        path, *names = function.split("::")
        if path not in files:
            files[path] = _functions(tree / "pandas" / "tests" / path)
        # An inherited test is written elsewhere; it tells nothing here.
        found[function] = files[path].get(names[-1], set())
    return found


def _functions(path: Path) -> dict[str, set[tuple[str, str]]]:
    functions: dict[str, set[tuple[str, str]]] = {}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef):
            functions.setdefault(node.name, set()).update(_used(node))
    return functions


def _used(function: ast.FunctionDef) -> set[tuple[str, str]]:
    used = set()
    for node in ast.walk(function):
        name = _name(node)
        if name:
            used.add((name, ""))
        if isinstance(node, ast.Call):
            called = _name(node.func)
            used |= {(called, keyword.arg) for keyword in node.keywords if called and keyword.arg}
    return used


def _name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def rows(tree: Path, nodes: dict[str, str], good: set[str]) -> list[dict[str, Any]]:
    """A row a name and a row a parameter, with evidence."""
    public = [node for node, kind in nodes.items() if kind in "AB"]
    used = mentions(tree, public)
    # By directory and by mention: counting once is a hundred times quicker than asking for each row.
    counts: dict[tuple[str, str, str], Evidence] = collections.defaultdict(Evidence)
    for node in public:
        directory = node.split("/", 1)[0]
        for name, parameter in used[node.partition("[")[0]]:
            for place in (directory, ""):
                evidence = counts[place, name, parameter]
                evidence.nodes += 1
                evidence.passed += node in good
    made = []
    for family in api.families():
        for parameter in ["", *family["parameters"]]:
            total = Evidence()
            for place in _HOMES.get(family["family"], ("",)):
                evidence = counts.get((place, family["name"], parameter), Evidence())
                total.nodes += evidence.nodes
                total.passed += evidence.passed
            made.append(
                {
                    "family": family["family"],
                    "name": family["name"],
                    "parameter": parameter,
                    "kind": "parameter" if parameter else family["kind"],
                    "tier": family["tier"],
                    "nodes": total.nodes,
                    "passed": total.passed,
                    "status": total.status,
                }
            )
    return made


STATUSES = ("all", "some", "none", "untested")


def page(made: list[dict[str, Any]], count: int, good: int) -> str:
    """The summary, as Markdown."""
    lines = [
        "# How much of pandas' interface works",
        "",
        "`cargo xtask gen pandas-api --outcomes DIR` writes this page from a run of pandas' own tests,",
        "and a row for every public name and parameter beside the run. A name is judged by the tests that mention",
        "it, a parameter by those that pass it by keyword: *all* of them passed, *some*, *none*, or no test of the",
        "run mentions it (*untested*).",
        "",
        f"Of {count:,} listed tests {good:,} passed.",
        "",
    ]
    for title, wanted in (("Names", False), ("Parameters", True)):
        table: dict[tuple[str, int], collections.Counter[str]] = collections.defaultdict(collections.Counter)
        for row in made:
            if bool(row["parameter"]) == wanted:
                table[row["family"], row["tier"]][row["status"]] += 1
        lines += [
            f"## {title}",
            "",
            "| family | tier | all | some | none | untested |",
            "|---|--:|--:|--:|--:|--:|",
        ]
        for (family, tier), statuses in sorted(table.items(), key=lambda item: (item[0][1], item[0][0])):
            cells = " | ".join(str(statuses[status]) for status in STATUSES)
            lines.append(f"| {family} | {tier} | {cells} |")
        total: collections.Counter[str] = collections.Counter()
        for statuses in table.values():
            total.update(statuses)
        lines += [f"| **all** | | {' | '.join(str(total[status]) for status in STATUSES)} |", ""]
    lines.append(
        "Tier 1 is what most scripts use, tier 2 follows, tier 3 raises `NotImplementedError` with its name."
    )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="coverage of pandas' interface by its own tests")
    for name in ("real", "tree", "nodes", "outcomes", "rows", "page"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    options = parser.parse_args()
    sys.path.insert(0, str(options.real))
    nodes, good = listed(options.nodes), passed(options.outcomes)
    made = rows(options.tree, nodes, good)
    options.rows.write_text("".join(json.dumps(row) + "\n" for row in made), "utf-8")
    options.page.write_text(page(made, len(nodes), len(good & nodes.keys())), "utf-8")
    print(f"{len(made)} rows in {options.rows}")


if __name__ == "__main__":
    main()
