"""Layers: their packages come after the function's own code and before the runtime's; a function keeps what it has."""

from __future__ import annotations

import io
import zipfile

import pytest

from taproom.local.aws import LocalAws
from tests.local.small_stacks import deploy_text, eventually, invoke, make_function, zip_of
from tests.local.test_lambda_foreign import ELSEWHERE

SOURCE = """
import one, two
def handler(event, context): return [one.WORD, two.WORD]
"""


def layer_of(**files):
    """A layer's zip: ``layer_of(python__one="...")`` is python/one.py."""
    return zip_of(**{name.replace("__", "/"): text for name, text in files.items()})


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    with LocalAws(tmp_path_factory.mktemp("aws")) as running:
        yield running


def publish(aws, name, content):
    return aws.client("lambda").publish_layer_version(LayerName=name, Content={"ZipFile": content})["LayerVersionArn"]


def test_a_later_layer_covers_an_earlier_one_and_the_code_covers_both(aws):
    first = publish(aws, "first", layer_of(python__one="WORD = 'first'", python__two="WORD = 'first'"))
    second = publish(aws, "second", layer_of(python__two="WORD = 'second'"))
    make_function(aws, "layered", "", code=zip_of(app=SOURCE), Layers=[first, second])
    assert invoke(aws, "layered")[0] == ["first", "second"]
    make_function(aws, "covering", "", code=zip_of(app=SOURCE, one="WORD = 'own'"), Layers=[second, first])
    assert invoke(aws, "covering")[0] == ["own", "first"]


def test_a_layers_package_is_imported_and_not_the_runtimes(aws):
    source = "import pydantic\ndef handler(e, c): return pydantic.WORD"
    arn = publish(aws, "pydantic", layer_of(**{"python__lib__python3.12__site-packages__pydantic": "WORD = 'layer'"}))
    make_function(aws, "shadowed", source, Layers=[arn])
    assert invoke(aws, "shadowed")[0] == "layer"


def test_a_package_for_another_machine_is_left_to_the_runtime(aws):
    buffer = io.BytesIO(layer_of(python__wrapt____init__="raise ImportError('made for another machine')"))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(f"python/wrapt/{ELSEWHERE}", "")
    arn = publish(aws, "foreign", buffer.getvalue())
    make_function(aws, "foreign", "import wrapt\ndef handler(e, c): return wrapt.__file__", Layers=[arn])
    answer, error = invoke(aws, "foreign")
    assert (error, "site-packages" in answer) == (None, True), answer


def test_a_function_goes_on_with_a_layer_that_is_deleted(aws):
    client = aws.client("lambda")
    source = "import one\ndef handler(e, c): return one.WORD"
    arn = publish(aws, "going", layer_of(python__one="WORD = 'kept'"))
    make_function(aws, "going", source, Layers=[arn])
    client.publish_version(FunctionName="going")
    client.delete_layer_version(LayerName="going", VersionNumber=1)
    new = publish(aws, "going", layer_of(python__one="WORD = 'new'"))
    client.update_function_configuration(FunctionName="going", Layers=[new])
    assert invoke(aws, "going")[0] == "new"
    assert invoke(aws, "going", Qualifier="1")[0] == "kept"


TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Packages:
    Type: AWS::Serverless::LayerVersion
    Properties:
      LayerName: !Sub ${AWS::StackName}-packages
      ContentUri: packages/
      CompatibleRuntimes: [python3.12]
      RetentionPolicy: Delete
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: app.handler
      CodeUri: code/
      Layers: [!Ref Packages]
Outputs:
  Name: {Value: !Ref Function}
"""


def test_a_stacks_layer_is_made_replaced_and_deleted(tmp_path, aws):
    client, project = aws.client("lambda"), tmp_path / "project"
    code, packages = project / "code", project / "packages" / "python"
    code.mkdir(parents=True)
    packages.mkdir(parents=True)
    (code / "app.py").write_text("import one\ndef handler(e, c): return one.WORD")

    def layers():
        listed = client.list_layer_versions(LayerName="layered-packages")["LayerVersions"]
        return [one["LayerVersionArn"].partition(":layer:")[2] for one in listed]

    def answered(word, template=TEMPLATE):
        (packages / "one.py").write_text(f"WORD = {word!r}")
        outputs = deploy_text(aws, project, template, "layered")
        answer, _ = invoke(aws, outputs["Name"])
        return answer

    assert (answered("first"), layers()) == ("first", ["layered-packages:1"])
    assert (answered("second"), layers()) == ("second", ["layered-packages:2"])
    without = answered("second", TEMPLATE.replace("      Layers: [!Ref Packages]\n", ""))
    assert "No module named 'one'" in without["errorMessage"]
    aws.client("cloudformation").delete_stack(StackName="layered")
    eventually(lambda: layers() == [])
