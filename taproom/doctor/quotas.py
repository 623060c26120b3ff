"""Whether SageMaker lets the account have the instances that the jobs ask for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from taproom.doctor.finding import FAIL, NOT_CHECKED, OK, WARN, Finding
from taproom.doctor.site import Site

AT_ONCE = 2  # models, which are trained and evaluated at the same time
LISTS = ("list_service_quotas", "list_aws_default_service_quotas")  # what applies here; else what applies to everybody


def check(site: Site) -> Iterator[Finding]:
    if not site.at_aws:
        yield Finding("quotas", NOT_CHECKED, f"{site.account.endpoint_url} is not AWS: it has no quotas")
        return
    wanted = wanted_quotas(site.parameters)
    found = values(site.client("service-quotas"), set(wanted))
    region = site.account.region
    for name, needed in wanted.items():
        if name not in found:
            what_now = "is that an instance type of this region? See the README's parameters"
            yield Finding("quotas", WARN, f"Service Quotas knows no {name!r} in {region}", what_now)
            continue
        value, code = found[name]
        ask = f"ask for {needed}: aws service-quotas request-service-quota-increase --service-code sagemaker"
        ask = f"{ask} --quota-code {code} --desired-value {needed} --region {region}"
        if value < 1:
            yield Finding("quotas", FAIL, f"{name}: 0, so that no such job can start", ask)
        elif value < needed:
            told = f"{name}: {value:g}, and {needed} are used at once: a job waits for minutes, and then fails"
            yield Finding("quotas", WARN, told, ask)
        else:
            yield Finding("quotas", OK, f"{name}: {value:g}, of which {needed} are used at once")


def wanted_quotas(parameters: dict[str, Any]) -> dict[str, int]:
    """The quotas' names, and how many instances are used at once."""
    processing, training = parameters["ProcessingInstanceType"], parameters["TrainingInstanceType"]
    count = parameters["ProcessingInstanceCount"]
    spot = "spot " if parameters["UseSpot"] is True else ""  # a quota of its own, instead of the other
    return {
        f"{processing} for processing job usage": max(AT_ONCE, count if isinstance(count, int) else 1),
        f"{training} for {spot}training job usage": AT_ONCE,
    }


def values(service_quotas: Any, names: set[str]) -> dict[str, tuple[float, str]]:
    """Value and code of each quota that is found, by its name."""
    found: dict[str, tuple[float, str]] = {}
    for operation in LISTS:
        for page in service_quotas.get_paginator(operation).paginate(ServiceCode="sagemaker"):
            for quota in page["Quotas"]:
                if quota["QuotaName"] in names - set(found):
                    found[quota["QuotaName"]] = (quota["Value"], quota["QuotaCode"])
        if names == set(found):
            break
    return found
