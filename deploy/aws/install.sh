#!/usr/bin/env bash
# Installs an unmodified aws CLI from PyPI below a directory, and prints the path of its command. What is there already stays.
#
#   deploy/aws/install.sh v1 DIRECTORY   the package awscli, in a Python environment of its own
#   deploy/aws/install.sh v2 DIRECTORY   version 2 is no PyPI package: the program as AWS builds it, out of a package of the
#                                        AWS CDK that carries it (x86-64 Linux)
set -euo pipefail
usage="usage: deploy/aws/install.sh v1|v2 DIRECTORY"
version=${1:?$usage}
mkdir -p "${2:?$usage}"
home=$(realpath "$2")/aws-cli-$version

in_v1() { printf '%s\n' "$home/bin/aws"; }
get_v1() {
  python3 -m venv "$home"
  "$home/bin/pip" install --quiet --disable-pip-version-check awscli
}

in_v2() { printf '%s\n' "$home"/awscli/v2/*/dist/aws; }
get_v2() {
  parcel=$(mktemp -d -p "$(dirname "$home")")
  trap 'rm -rf "$parcel"' EXIT
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$parcel" aws-cdk.asset-awscli-v2
  # A wheel in which lies an npm package in which lies a layer of AWS Lambda.
  (
    cd "$parcel"
    python3 -m zipfile -e ./*.whl wheel
    tar -xzf wheel/aws_cdk/asset_awscli_v2/_jsii/*.tgz package/lib/layer.zip
    python3 -m zipfile -e package/lib/layer.zip layer
  )
  chmod +x "$parcel"/layer/awscli/v2/*/dist/aws
  rm -rf "$home"
  mv "$parcel/layer" "$home"
}

case $version in v1 | v2) ;; *) echo "$usage" >&2; exit 64 ;; esac
if [[ ! -x $("in_$version") ]]; then "get_$version"; fi
"in_$version"
