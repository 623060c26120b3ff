"""Every command that the documentation tells its reader to type is tested, and exists with the options it is given."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
from functools import cache

import click
import pytest

from bench.options import parse
from taproom.cli import taproom
from tests.docs.commands import COMMANDS, By, NotRun, Would
from tests.docs.written import PROJECT, commands_in, mentioned, written

NAMED_BY = {one: told for one, told in COMMANDS.items() if isinstance(told, By)}
MAKE = {one.command for one in [*written(), *mentioned()] if one.command.startswith("make ")}
TAPROOM = {one.command for one in [*written(), *mentioned()] if one.command.startswith("taproom ")}
NOT_RUN_AT_MOST = 2
VARIABLES = re.compile(r"^([A-Z_]+) \?=", re.MULTILINE)


@cache
def functions_of(file: str) -> set[str]:
    tree = ast.parse((PROJECT / "tests" / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def dry_run(command: str) -> str:
    program, *arguments = shlex.split(command)
    done = subprocess.run(
        [program, "--dry-run", "--no-print-directory", *arguments], cwd=PROJECT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_command_has_an_entry_and_every_entry_is_of_a_command():
    assert {one.command: one.page for one in written() if one.command not in COMMANDS} == {}, "add it to commands.py"
    assert COMMANDS.keys() - {one.command for one in written()} == set(), "in no page any more"


def test_next_to_nothing_is_not_run():
    assert sum(isinstance(told, NotRun) for told in COMMANDS.values()) <= NOT_RUN_AT_MOST


@pytest.mark.parametrize("command", NAMED_BY)
def test_the_test_that_is_named_exists(command):
    file, _, function = NAMED_BY[command].test.partition("::")
    assert function.startswith("test_")
    assert function in functions_of(file)


@pytest.mark.parametrize("command", sorted(MAKE))
def test_make_has_the_target_and_reads_what_it_is_given(command):
    _, target, *given = shlex.split(command)
    told = dry_run(command)
    assert told
    known = VARIABLES.findall((PROJECT / "Makefile").read_text(encoding="utf-8"))
    for one in given:
        name, _, value = one.partition("=")
        assert name in known
        assert value in told or name in ("ROW", "FORCE"), f"make {target} does not read {name}"
        if name == "INPUT":
            assert (PROJECT / value).is_file()
    if target == "bench":
        options = re.search(r"-m bench (.*)", told.replace("\\\n", " "))[1]
        parse(shlex.split(options))


@pytest.mark.parametrize("command", [one for one, told in COMMANDS.items() if isinstance(told, Would)])
def test_make_would_do_what_is_said(command):
    assert COMMANDS[command].does in dry_run(command)


@pytest.mark.parametrize("command", sorted(TAPROOM))
def test_taproom_has_the_command_with_these_options(command):
    found, context, words = taproom, click.Context(taproom), shlex.split(command)[1:]
    while isinstance(found, click.Group) and words:
        name = words.pop(0)
        found = found.get_command(context, name)
        assert found is not None, f"taproom {name}"
    options = {name for one in found.params for name in (*one.opts, *one.secondary_opts)}
    assert {word for word in words if word.startswith("-")} <= options


PAGE = """
Text, and `make no-command`.

    make run     # with a comment
    sam build && sam deploy
      make a-line-of-output
    Generating 100,000 beer reviews ...

```python
make = 3
```
```sh
taproom watch --profile me
```
"""


def test_commands_are_told_from_what_they_print():
    assert list(commands_in(PAGE)) == ["make run", "sam build", "sam deploy", "taproom watch"]
