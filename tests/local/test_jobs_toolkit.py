"""The image's toolkit, as far as a script can tell: arguments, SM_* variables, the failure it writes."""

from __future__ import annotations

from taproom.local.jobs.toolkit import arguments, decoded, failure_message, user_parameters, variables


def test_arguments_are_pythons_texts_of_the_values_in_the_order_of_the_names():
    given = {
        "rate": "0.5",
        "k": "5",
        "shuffle": "true",
        "sizes": "[1, 2]",
        "map": '{"b": 2, "a": 1}',
        "none": "null",
        "name": '"lager"',
        "plain": "not json",
        "sagemaker_program": '"train.py"',
    }
    parameters = user_parameters({name: decoded(value) for name, value in given.items()})
    expected = {
        "-k": "5",
        "--map": "a=1,b=2",
        "--name": "lager",
        "--none": "",
        "--plain": "not json",
        "--rate": "0.5",
        "--shuffle": "True",
        "--sizes": "[1, 2]",
    }
    assert arguments(parameters) == [part for pair in expected.items() for part in pair]


def test_variables_are_texts_or_compact_json():
    assert variables({"hp_name": "lager", "hps": {"b": 1, "a": [True, None]}, "num_cpus": 2, "none": None}) == {
        "SM_HP_NAME": "lager",
        "SM_HPS": '{"a":[true,null],"b":1}',
        "SM_NUM_CPUS": "2",
        "SM_NONE": "",
    }


def test_the_toolkit_names_the_code_the_last_line_and_the_command():
    assert failure_message(3, "ValueError: flat beer", ["python3", "train.py", "-k", "5"]) == (
        'ExecuteUserScriptError:\nExitCode 3\nErrorMessage "ValueError: flat beer"\nCommand "python3 train.py -k 5"'
    )
