"""A keystead of the tests' own, and boto3 clients of it. Port 0 everywhere, a temporary data directory, its own key pair."""

import os
import re
import select
import subprocess
import time

import boto3
from botocore.config import Config

# Most tests ask for what must be refused, some of it such that botocore would not let it out; and none wants it repeated.
PLAIN = Config(retries={"max_attempts": 0}, parameter_validation=False, max_pool_connections=64)
READY_SECONDS = 60


class Keystead:
    """A running `keystead --ephemeral`. Ends with `stop`."""

    def __init__(self, *arguments):
        binary = os.environ.get("KEYSTEAD_BINARY")
        if not binary:
            raise RuntimeError("KEYSTEAD_BINARY is not set: start the tests with tests/aws/run.sh")
        ports = [f"--{port}=127.0.0.1:0" for port in ("table-listen", "kms-listen", "table-admin-listen", "kms-admin-listen")]
        self.process = subprocess.Popen(
            [binary, "--ephemeral", *ports, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        greeting = self._greeting()
        tables, keys = re.search(r"^ready: tables on (\S+), keys on (\S+)$", greeting, re.M).groups()
        self.tables_address, self.kms_address = tables, keys
        self.access_key = re.search(r"AWS_ACCESS_KEY_ID=(\S+)", greeting)[1]
        self.secret = re.search(r"AWS_SECRET_ACCESS_KEY=(\S+)", greeting)[1]
        self.region = re.search(r"AWS_(?:DEFAULT_)?REGION=(\S+)", greeting)[1]
        self.account = "000000000000"

    def _greeting(self):
        """What is printed up to the key pair and the region, within READY_SECONDS."""
        end, text, out = time.monotonic() + READY_SECONDS, "", self.process.stdout
        while "AWS_REGION=" not in text or not text.endswith("\n"):
            ready, _, _ = select.select([out], [], [], max(0, end - time.monotonic()))
            part = os.read(out.fileno(), 65536).decode() if ready else ""
            if not part:
                self.stop()
                raise RuntimeError(f"keystead did not become ready; it said: {text}")
            text += part
        return text

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)

    def _endpoint(self, service):
        return f"http://{self.kms_address if service == 'kms' else self.tables_address}"

    def arguments(self, service, config=PLAIN, **others):
        return {
            "service_name": service,
            "endpoint_url": self._endpoint(service),
            "region_name": self.region,
            "aws_access_key_id": self.access_key,
            "aws_secret_access_key": self.secret,
            "config": config,
            **others,
        }

    def client(self, service, config=PLAIN, **others):
        return boto3.client(**self.arguments(service, config, **others))

    def resource(self):
        return boto3.resource(**self.arguments("dynamodb", Config(retries={"max_attempts": 0})))

    def table_arn(self, name):
        return f"arn:aws:dynamodb:{self.region}:{self.account}:table/{name}"

    def alias_arn(self, name):
        return f"arn:aws:kms:{self.region}:{self.account}:{name}"

    def key_arn(self, key_id):
        return f"arn:aws:kms:{self.region}:{self.account}:key/{key_id}"
