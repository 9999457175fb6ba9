#!/usr/bin/env bash
# Asks Keystead as applications do that are written with boto3: pytest, against a `keystead --ephemeral` of its own.
#
#   tests/aws/run.sh [PYTEST ARGUMENT...]
#
#   KEYSTEAD_BINARY   the keystead to ask [built from this checkout]
#
# boto3 and pytest are installed below target/.
set -euo pipefail
home=$(cd "$(dirname "$0")" && pwd)
cd "$home/../.."

venv=${CARGO_TARGET_DIR:-target}/aws-venv
if ! "$venv/bin/python" -c 'import boto3, pytest' 2>/dev/null; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check boto3 pytest
fi

if [[ -z ${KEYSTEAD_BINARY:-} ]]; then
  cargo build --release -p keystead
  KEYSTEAD_BINARY=${CARGO_TARGET_DIR:-target}/release/keystead
fi
KEYSTEAD_BINARY=$(realpath "$KEYSTEAD_BINARY") exec "$venv/bin/python" -m pytest -q -p no:cacheprovider "$home" "$@"
