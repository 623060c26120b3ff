"""What changed between two runs of a step, as sentences that name it.

Both are told of by the documents that LookUpStep writes. An object that only lies elsewhere or is only called
otherwise is no difference: a step's key does not tell of it either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from rules.cache_entry import read_objects
from rules.common_folder import common_folder
from rules.contents import REVIEWS, Content, content, contents, file_name
from rules.reviews import StoredObject
from rules.wording import printable, shown

LIMIT = 200  # characters of a value


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The sentences; none where both have the same key."""
    return [*_of_code(before, now), *_of_attributes(before["Attributes"], now["Attributes"]), *_of_inputs(before, now)]


def _of_code(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    if before["Code"] != now["Code"]:
        yield f"the code changed (digest {before['Code']} to {now['Code']})"


def _of_attributes(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    if before["Image"] != now["Image"]:
        yield f"the image changed from {before['Image']} to {now['Image']}"
    for name in ("HyperParameters", "Environment"):
        if before.get(name) != now.get(name):
            yield from _of_values(
                f"{name}.", before.get(name) or {}, now.get(name) or {}, lambda text: shown(text, LIMIT)
            )
    if before.get("Arguments") != now.get("Arguments"):
        yield from _of_arguments(before.get("Arguments") or [], now.get("Arguments") or [])
    if before.get("Entrypoint") != now.get("Entrypoint"):
        yield f"Entrypoint was {shown(before.get('Entrypoint'), LIMIT)}, now {shown(now.get('Entrypoint'), LIMIT)}"


def _of_values(
    where: str, before: Mapping[str, str], now: Mapping[str, str], told: Callable[[str], str]
) -> Iterator[str]:
    for name in sorted(before.keys() | now.keys()):
        if name not in before:
            yield f"{where}{name} was not set, now {told(now[name])}"
        elif name not in now:
            yield f"{where}{name} was {told(before[name])}, now not set"
        elif before[name] != now[name]:
            yield f"{where}{name} was {told(before[name])}, now {told(now[name])}"


def _of_arguments(before: Sequence[str], now: Sequence[str]) -> Iterator[str]:
    flags_before, flags_now = _by_flag(before), _by_flag(now)
    # not only flags and values, or only in another order
    if flags_before is None or flags_now is None or flags_before == flags_now:
        yield f"Arguments were {shown(before, LIMIT)}, now {shown(now, LIMIT)}"
    else:
        yield from _of_values("Arguments: ", flags_before, flags_now, printable)


def _by_flag(arguments: Sequence[str]) -> dict[str, str] | None:
    """A script and its flags with one value each; None where the arguments are anything else."""
    found = {"script": arguments[0]} if arguments else {}
    rest = iter(arguments[1:])
    for argument in rest:
        flag, separator, value = argument.partition("=")
        if not flag.startswith("--") or flag in found:
            return None
        following = value if separator else next(rest, None)
        if following is None:
            return None
        found[flag] = following
    return found


def _of_inputs(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    inputs = [{one["Name"]: read_objects(one["Objects"]) for one in document["Inputs"]} for document in (before, now)]
    for name in sorted(inputs[0].keys() | inputs[1].keys()):
        if name not in inputs[0]:
            yield f"the input {name} is new"
        elif name not in inputs[1]:
            yield f"the input {name} is gone"
        else:
            yield from (f"{name}: {sentence}" for sentence in _of_objects(name, inputs[0][name], inputs[1][name]))


def _of_objects(name: str, before: list[StoredObject], now: list[StoredObject]) -> Iterator[str]:
    called = _called(name, [*before, *now])
    removed, added = _surplus(name, before, now, called), _surplus(name, now, before, called)
    was, became = _by_name(before, called), _by_name(now, called)
    for place in sorted({called(one) for one in (*removed, *added)}):
        text = printable(place)
        if place not in became:
            yield f"{text} was removed"
        elif place not in was:
            yield f"{text} was added"
        elif name != REVIEWS:
            yield f"{text} differs"
        else:
            yield f"{text} was overwritten ({_changed(was[place], became[place])})"


def _called(name: str, objects: list[StoredObject]) -> Callable[[StoredObject], str]:
    """How a sentence names an object: a review file by its path, what jobs made by its file's name."""
    if name != REVIEWS:
        return lambda one: file_name(one.key)
    folder = common_folder([one.key for one in objects])
    return lambda one: one.key.removeprefix(folder)


def _surplus(
    name: str, objects: list[StoredObject], others: list[StoredObject], called: Callable[[StoredObject], str]
) -> list[StoredObject]:
    """The objects whose content the others do not have, or not as often; of equal ones those that came or went."""
    left = Counter(contents(name, objects)) - Counter(contents(name, others))
    kept = {(called(one), content(name, one)) for one in others}
    found = []
    for one in sorted(objects, key=lambda one: ((called(one), content(name, one)) in kept, one.key)):
        kind: Content = content(name, one)
        if left[kind] > 0:
            left[kind] -= 1
            found.append(one)
    return found


def _by_name(objects: list[StoredObject], called: Callable[[StoredObject], str]) -> dict[str, StoredObject]:
    return {called(one): one for one in objects}


def _changed(was: StoredObject, became: StoredObject) -> str:
    if was.etag != became.etag:
        return f'ETag "{was.etag}" is now "{became.etag}"'
    return f"{was.size} bytes are now {became.size}"
