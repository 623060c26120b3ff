"""DynamoDB's tables and items: the next local AWS in the same folder has them, and conditional writes are atomic."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from taproom.local.aws import LocalAws

BEERS = {
    "AttributeDefinitions": [
        {"AttributeName": "brewery", "AttributeType": "S"},
        {"AttributeName": "number", "AttributeType": "N"},
    ],
    "KeySchema": [{"AttributeName": "brewery", "KeyType": "HASH"}, {"AttributeName": "number", "KeyType": "RANGE"}],
    "BillingMode": "PAY_PER_REQUEST",
}
LEASES = {
    "AttributeDefinitions": [{"AttributeName": "lease", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "lease", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


@pytest.fixture
def restarted(tmp_path):
    """``restarted()`` stops the local AWS that is running and starts the next one; answers its DynamoDB."""
    running = []

    def start():
        stop()
        running.append(LocalAws(tmp_path / "aws").__enter__())
        return running[-1].client("dynamodb")

    def stop():
        while running:
            running.pop().stop()

    yield start
    stop()


def beer(brewery, number, **attributes):
    return {"brewery": {"S": brewery}, "number": {"N": str(number)}, **attributes}


def items(dynamodb, table):
    found = dynamodb.scan(TableName=table)["Items"]
    return sorted(found, key=lambda item: sorted(item.items(), key=str).__repr__())


def described(dynamodb, table):
    answer = dynamodb.describe_table(TableName=table)["Table"]
    time_to_live = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    tags = dynamodb.list_tags_of_resource(ResourceArn=answer["TableArn"])["Tags"]
    return answer, time_to_live, tags


def test_a_table_comes_back_with_its_configuration_and_every_kind_of_value(restarted):
    dynamodb = restarted()
    index = {
        "IndexName": "by-number",
        "KeySchema": [{"AttributeName": "number", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    dynamodb.create_table(
        TableName="beers", **BEERS, GlobalSecondaryIndexes=[index], Tags=[{"Key": "of", "Value": "taproom"}]
    )
    dynamodb.update_time_to_live(
        TableName="beers", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}
    )
    dynamodb.update_table(TableName="beers", DeletionProtectionEnabled=True)
    dynamodb.put_item(
        TableName="beers",
        Item=beer(
            "ä",
            1.5,
            text={"S": ""},
            bytes={"B": bytes(range(256))},
            flag={"BOOL": False},
            nothing={"NULL": True},
            words={"SS": ["a", "b"]},
            map={"M": {"$list": {"L": [{"N": "1"}, {"M": {"deep": {"B": b"x"}}}]}}},
        ),
    )
    before, table = items(dynamodb, "beers"), described(dynamodb, "beers")
    assert before[0]["bytes"]["B"] == bytes(range(256))

    dynamodb = restarted()
    assert items(dynamodb, "beers") == before
    assert described(dynamodb, "beers") == table
    assert (table[1]["TimeToLiveStatus"], table[1]["AttributeName"]) == ("ENABLED", "expires")
    found = dynamodb.query(
        TableName="beers",
        IndexName="by-number",
        KeyConditionExpression="#n = :n",
        ExpressionAttributeNames={"#n": "number"},
        ExpressionAttributeValues={":n": {"N": "1.5"}},
    )
    assert found["Items"] == before


def test_every_kind_of_write_is_kept(restarted):
    dynamodb = restarted()
    dynamodb.create_table(TableName="beers", **BEERS)
    dynamodb.create_table(TableName="leases", **LEASES)
    put = [{"PutRequest": {"Item": beer("a", number)}} for number in range(5)]
    dynamodb.batch_write_item(RequestItems={"beers": put, "leases": [{"PutRequest": {"Item": {"lease": {"S": "l"}}}}]})
    dynamodb.batch_write_item(RequestItems={"beers": [{"DeleteRequest": {"Key": beer("a", 0)}}]})
    dynamodb.delete_item(TableName="beers", Key=beer("a", 1))
    add = {"UpdateExpression": "ADD held :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
    for key in (beer("a", 2), beer("new", 1)):
        for _ in range(2):
            dynamodb.update_item(TableName="beers", Key=key, **add)
    transaction = [
        {"Put": {"TableName": "beers", "Item": beer("both", 1)}},
        {"Update": {"TableName": "leases", "Key": {"lease": {"S": "l"}}, **add}},
        {"Delete": {"TableName": "beers", "Key": beer("a", 3)}},
    ]
    dynamodb.transact_write_items(TransactItems=transaction)
    expected = [beer("a", 2, held={"N": "2"}), beer("a", 4), beer("both", 1), beer("new", 1, held={"N": "2"})]
    by_key = sorted(expected, key=lambda item: sorted(item.items(), key=str).__repr__())
    assert items(dynamodb, "beers") == by_key

    dynamodb = restarted()
    assert items(dynamodb, "beers") == by_key
    assert items(dynamodb, "leases") == [{"lease": {"S": "l"}, "held": {"N": "1"}}]


def test_a_refused_transaction_or_condition_keeps_nothing(restarted):
    dynamodb = restarted()
    dynamodb.create_table(TableName="leases", **LEASES)
    dynamodb.put_item(TableName="leases", Item={"lease": {"S": "l"}, "holder": {"S": "first"}})
    free = {"ConditionExpression": "attribute_not_exists(lease)"}
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
        dynamodb.put_item(TableName="leases", Item={"lease": {"S": "l"}, "holder": {"S": "second"}}, **free)
    both = [
        {"Put": {"TableName": "leases", "Item": {"lease": {"S": "other"}}}},
        {"Put": {"TableName": "leases", "Item": {"lease": {"S": "l"}}, **free}},
    ]
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException):
        dynamodb.transact_write_items(TransactItems=both)
    assert items(restarted(), "leases") == [{"lease": {"S": "l"}, "holder": {"S": "first"}}]


def test_a_deleted_table_is_gone_with_its_items(restarted):
    dynamodb = restarted()
    for _ in range(2):
        dynamodb.create_table(TableName="leases", **LEASES)
        dynamodb.put_item(TableName="leases", Item={"lease": {"S": "old"}})
        dynamodb.delete_table(TableName="leases")
    dynamodb = restarted()
    assert dynamodb.list_tables()["TableNames"] == []
    dynamodb.create_table(TableName="leases", **LEASES)
    assert items(restarted(), "leases") == []


def test_a_stream_goes_on_with_a_table(restarted):
    dynamodb = restarted()
    stream = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}}
    dynamodb.create_table(TableName="leases", **LEASES, **stream)
    dynamodb = restarted()
    dynamodb.put_item(TableName="leases", Item={"lease": {"S": "l"}})
    assert dynamodb.describe_table(TableName="leases")["Table"]["StreamSpecification"]["StreamEnabled"]
    assert len(items(restarted(), "leases")) == 1


def test_of_many_who_take_a_lease_at_once_one_gets_it(restarted):
    dynamodb = restarted()
    dynamodb.create_table(TableName="leases", **LEASES)
    # an item that takes a while to be read in, between the look at what is there and the write
    pending = {"L": [{"N": str(number)} for number in range(3_000)]}

    def take(holder):
        try:
            dynamodb.put_item(
                TableName="leases",
                Item={"lease": {"S": "the only one"}, "holder": {"S": holder}, "pending": pending},
                ConditionExpression="attribute_not_exists(lease)",
            )
        except dynamodb.exceptions.ConditionalCheckFailedException:
            return []
        return [holder]

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # the server's threads take turns often
    try:
        with ThreadPoolExecutor(8) as threads:
            taken = [holder for holders in threads.map(take, map(str, range(8))) for holder in holders]
    finally:
        sys.setswitchinterval(before)
    assert len(taken) == 1
    assert [item["holder"]["S"] for item in items(restarted(), "leases")] == taken


def test_a_table_that_cloudformation_makes_without_a_request_is_kept_too(restarted):
    restarted()
    from moto.dynamodb.models.table import Table

    Table.create_from_cloudformation_json("leases", {"Properties": LEASES}, "123456789012", "us-east-1")
    assert restarted().list_tables()["TableNames"] == ["leases"]
    Table.delete_from_cloudformation_json("leases", {}, "123456789012", "us-east-1")
    assert restarted().list_tables()["TableNames"] == []
