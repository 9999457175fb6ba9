#!/usr/bin/env python3
"""Writes the member lists beside it from botocore's service models: `pip install botocore`, then run it. Those of requests
have a service's name alone, those of answers have `-answers` behind it.

One line a member: its path (`[]` an element of a list, `{}` a value of a map, `!` required), its type, and what the
model says of it: length or range, pattern, the names of a closed set. What is inside an attribute value is left out,
because a core reads that by itself. Only operations are listed that are served or will be soon.
"""

import pathlib
import sys

import botocore
import botocore.loaders

SERVICES = {
    ("dynamodb", "2012-08-10"): """
        BatchGetItem BatchWriteItem CreateTable DeleteItem DeleteTable DescribeContinuousBackups DescribeEndpoints
        DescribeLimits DescribeTable DescribeTimeToLive GetItem ListTables ListTagsOfResource PutItem Query Scan TagResource
        UntagResource UpdateItem UpdateTable""",
    ("kms", "2014-11-01"): """
        CancelKeyDeletion CreateAlias CreateGrant CreateKey Decrypt DeleteAlias DescribeKey DisableKey DisableKeyRotation
        EnableKey EnableKeyRotation Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext GenerateMac GenerateRandom
        GetKeyPolicy GetKeyRotationStatus ListAliases ListGrants ListKeyPolicies ListKeyRotations ListKeys ListResourceTags
        ListRetirableGrants PutKeyPolicy ReEncrypt RetireGrant RevokeGrant RotateKeyOnDemand ScheduleKeyDeletion TagResource
        UntagResource UpdateAlias UpdateKeyDescription VerifyMac""",
}
OPAQUE = {"AttributeValue"}


def describe(shapes, name):
    shape = shapes[name]
    kind = "union " + name if name in OPAQUE else shape["type"]
    if "enum" in shape:
        kind = "choice " + "|".join(shape["enum"])
    words = [kind]
    if "min" in shape or "max" in shape:
        words.append(f"{shape.get('min', '')}..{shape.get('max', '')}")
    if "pattern" in shape:
        words.append("/" + shape["pattern"] + "/")
    return " ".join(words)


def walk(shapes, path, name, required, write):
    shape = shapes[name]
    write(f"{path}{'!' if required else ''} {describe(shapes, name)}")
    if name in OPAQUE:
        return
    if shape["type"] == "structure":
        for member, at in shape["members"].items():
            walk(shapes, f"{path}.{member}", at["shape"], member in shape.get("required", ()), write)
    elif shape["type"] == "list":
        walk(shapes, path + "[]", shape["member"]["shape"], False, write)
    elif shape["type"] == "map":
        walk(shapes, path + "{}", shape["value"]["shape"], False, write)


def write(service, version, kind, operations):
    model = botocore.loaders.Loader().load_service_model(service, "service-2", version)
    name = service if kind == "input" else service + "-answers"
    with open(pathlib.Path(__file__).parent / f"{name}.txt", "w", encoding="utf-8") as file:
        file.write(f"# {service} {version}, botocore {botocore.__version__}, written by {pathlib.Path(__file__).name}\n")
        for operation in operations.split():
            top = model["operations"][operation].get(kind)
            if top is not None:
                walk(model["shapes"], operation, top["shape"], False, lambda line: file.write(line + "\n"))
            elif kind == "input":
                sys.exit(f"{operation} has no input")


def main():
    for (service, version), operations in SERVICES.items():
        for kind in ("input", "output"):
            write(service, version, kind, operations)


main()
