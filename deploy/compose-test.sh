#!/usr/bin/env bash
# The deployment in containers, tested from outside: builds the last commit in a clean clone, starts it as an operator
# would, and looks at what the README and docs/operations.md say of it. Bounded, on free ports, in a compose project of
# its own, which it removes with its volumes and images whatever happens.
#
# Needs a Docker that runs, docker compose (or docker-compose 1.29), grpcurl, python3, and root: it kills a container's
# process from outside and looks into volumes.
set -euo pipefail
cd "$(dirname "$0")/.."

docker info >/dev/null 2>&1 || { echo "compose-test: Docker does not run here (docker info fails), so nothing was tested" >&2; exit 1; }
compose=(docker compose)
docker compose version >/dev/null 2>&1 || compose=(docker-compose)

work=$(mktemp -d)
export COMPOSE_PROJECT_NAME=keystead-test-$$ KEYSTEAD_TAG=test-$$ DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1
export KEYSTEAD_TABLE_PORT=0 KEYSTEAD_TABLE_ADMIN_PORT=0 KEYSTEAD_KMS_PORT=0 KEYSTEAD_KMS_ADMIN_PORT=0 # any that is free
export KEYSTEAD_KEY_LEASE=2s

clean_up() {
  local status=$?
  touch "$work/stop"
  if ((status != 0)); then "${compose[@]}" logs --tail 15 2>&1 | cut -c1-300 >&2 || true; fi
  docker unpause "$(container kms-service)" >/dev/null 2>&1 || true
  timeout 120 "${compose[@]}" down --volumes --remove-orphans --timeout 5 >/dev/null 2>&1 || true
  docker image rm keystead/{init,kms-service,table-service}:"$KEYSTEAD_TAG" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap clean_up EXIT

say() { printf '\n--- %s\n' "$*"; }
fail() { printf 'WRONG: %s\n' "$*" >&2; exit 1; }
until_true() { # until_true SECONDS WHAT COMMAND...
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    ((SECONDS < end)) || fail "not in time: $what"
    sleep 0.2
  done
  printf '=> %s\n' "$what"
}

container() { "${compose[@]}" ps -aq "$1"; }
state() { docker inspect --format "$2" "$(container "$1")"; }
address() { docker port "$(container "$1")" "$2" | head -1; } # of a port of a container, which changes when it starts again
is_healthy() { [[ $(state "$1" '{{.State.Health.Status}}') == healthy ]]; }
is_restarted() { (($(state "$1" '{{.RestartCount}}') > 0)); }

# start: everything, as it is or changed, until both services are healthy.
start() {
  timeout 2400 "${compose[@]}" up --detach "$@"
  until_true 60 "kms-service is healthy" is_healthy kms-service
  until_true 60 "table-service is healthy" is_healthy table-service
}

# ask SERVICE PORT METHOD JSON [GRPCURL OPTIONS]: the answer is left in $answer.
ask() {
  local service=$1 port=$2 method=$3 json=$4
  shift 4
  answer=$(grpcurl -cacert "$work/admin/ca.pem" "$@" -d "$json" "$(address "$service" "$port")" "$method" 2>&1)
}
basic() { printf 'authorization: Basic %s' "$(printf %s "$1" | base64 -w0)"; }
table() { ask table-service 8000 "keystead.table.v1.TableService/$1" "$2" -H "$(basic "$credentials")"; }
reads() { table GetItem '{"table_name": "Kept", "key": {"n": {"n": "1"}}}' && [[ $answer == *"a value to keep"* ]]; }
put() { table PutItem "{\"table_name\": \"Kept\", \"item\": {\"n\": {\"n\": \"$1\"}, \"text\": {\"s\": \"a value to keep\"}}}"; }
is_unavailable() { ! reads && [[ $answer == *"Code: Unavailable"* ]]; }
# all_there NUMBER: the items 1 to NUMBER of the table, whatever else it holds.
all_there() {
  table Scan '{"table_name": "Kept"}' || fail "Scan was refused: $answer"
  ANSWER=$answer python3 - "$1" <<'PYTHON' || fail "an item of 1 to $1 is missing"
import json, os, sys
items = [item["attributes"] for item in json.loads(os.environ["ANSWER"]).get("items", [])]
kept = {int(item["n"]["n"]) for item in items if item["text"]["s"] == "a value to keep"}
sys.exit(0 if kept >= set(range(1, int(sys.argv[1]) + 1)) else 1)
PYTHON
  printf '=> all of the items 1 to %s are there\n' "$1"
}

say "A clean clone of the last commit is built and started"
git clone --quiet --no-hardlinks . "$work/clone"
cd "$work/clone"
start --build
[[ $(state init '{{.State.ExitCode}}') == 0 ]] || fail "init failed"
docker cp "$(container init):/secrets/admin" "$work/admin" >/dev/null
credentials=$(sed -n "s/^access_key_id = '\(.*\)'/\1/p" "$work/admin/credential.toml"):$(sed -n "s/^secret_access_key = '\(.*\)'/\1/p" "$work/admin/credential.toml")

say "Nobody is root, nothing can be written but the data, there is no shell"
for service in init kms-service table-service; do
  found=$(state "$service" '{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}')
  [[ $found == "65532:65532 true [ALL] [no-new-privileges:true]" ]] || fail "$service: $found"
  printf '=> %s: %s, image of %s bytes\n' "$service" "$found" "$(docker image inspect --format '{{.Size}}' "keystead/$service:$KEYSTEAD_TAG")"
done
for service in kms-service table-service; do
  if docker exec "$(container "$service")" /bin/sh -c true 2>/dev/null; then fail "$service has a shell"; fi
  docker exec "$(container "$service")" "/usr/bin/$service" healthcheck || fail "$service is not healthy to itself"
  docker diff "$(container "$service")" | grep . && fail "$service wrote to its image"
done
volume() { docker volume inspect --format '{{.Mountpoint}}' "${COMPOSE_PROJECT_NAME}_$1"; }
[[ $(find "$(volume kms-secrets)" "$(volume table-secrets)" "$(volume admin)" -type f ! -name '*.pem' ! -perm 600) == "" ]] || fail "a secret is readable"
[[ $(find "$(volume kms-secrets)" "$(volume kms-data)" ! -user 65532) == "" ]] || fail "a file is not the service's"

say "Who shows neither certificate nor credential is refused, over TLS and without"
list=keystead.table.v1.TableService/ListTables
ask table-service 8000 $list '{}' && fail "nobody was let in"
[[ $answer == *"Code: Unauthenticated"* ]] || fail "$answer"
ask table-service 8000 $list '{}' -H "$(basic "${credentials%?}x")" && fail "a wrong secret was let in"
grpcurl -plaintext -max-time 5 "$(address table-service 8000)" list >/dev/null 2>&1 && fail "plain HTTP/2 was served"
ask table-service 8000 $list '{}' -cert "$work/admin/admin.pem" -key "$work/admin/admin.key" || fail "the administrator's certificate: $answer"
printf '=> and the account root is let in with its certificate alone\n'

say "The tutorial passes over TLS"
KEYSTEAD_TABLE=$(address table-service 8000) KEYSTEAD_KMS=$(address kms-service 8001) KEYSTEAD_CA=$work/admin/ca.pem \
  KEYSTEAD_CREDENTIALS=$credentials KEYSTEAD_DATA=$(volume kms-data):$(volume table-data) \
  timeout 300 deploy/grpcurl/tutorial.sh >"$work/tutorial.log" 2>&1 || { tail -20 "$work/tutorial.log" >&2; fail "the tutorial"; }
grep -q '^skipped' "$work/tutorial.log" && fail "the tutorial skipped something"
tail -1 "$work/tutorial.log"

say "Every metric of the dashboard exists"
for pair in "kms-service 9001" "table-service 9000"; do
  read -r service port <<<"$pair"
  python3 -c 'import sys, urllib.request; sys.stdout.write(urllib.request.urlopen("http://" + sys.argv[1] + "/metrics", timeout=10).read().decode())' \
    "$(address "$service" "$port")" >>"$work/metrics"
done
for name in $(grep -o 'keystead_[a-z_]*' deploy/monitoring/grafana/keystead.json | sort -u); do
  grep -q "^${name}[{ ]" "$work/metrics" || fail "no metric $name"
done
printf '=> all of them\n'

say "A killed process comes back with everything that it acknowledged"
table CreateTable '{"table_name": "Kept", "billing_mode": "BILLING_MODE_PAY_PER_REQUEST", "attribute_definitions": [{"attribute_name": "n", "attribute_type": "SCALAR_ATTRIBUTE_TYPE_N"}],
  "key_schema": [{"attribute_name": "n", "key_type": "KEY_TYPE_HASH"}], "sse_specification": {"enabled": true, "sse_type": "SSE_TYPE_KMS"}}' || fail "$answer"
# Writes the items 1, 2, 3... until it is told to stop: the next one when one was acknowledged, else the same one again.
write() {
  local number=1
  until [[ -e $work/stop ]]; do
    if put "$number"; then
      echo "$number" >"$work/acknowledged"
      number=$((number + 1))
    fi
  done
}
write &
writer=$!
has_written() { [[ -s $work/acknowledged ]] && (($(cat "$work/acknowledged") >= $1)); }
until_true 60 "20 items are written" has_written 20
kill -9 "$(state table-service '{{.State.Pid}}')"
until_true 60 "table-service was started again" is_restarted table-service
until_true 60 "table-service is healthy" is_healthy table-service
until_true 60 "and is written to again" has_written $(($(cat "$work/acknowledged") + 2))
touch "$work/stop"
wait "$writer"
acknowledged=$(cat "$work/acknowledged")
all_there "$acknowledged"
kill -9 "$(state kms-service '{{.State.Pid}}')"
until_true 60 "kms-service was started again" is_restarted kms-service
until_true 60 "kms-service is healthy" is_healthy kms-service
until_true 30 "and its keys still open" reads

say "While kms-service is paused, reads go on, longer than a lease lasts"
reads || fail "$answer"
docker pause "$(container kms-service)" >/dev/null
end=$((SECONDS + 6))
count=0
while ((SECONDS < end)); do
  reads || fail "a read failed: $answer"
  count=$((count + 1))
done
docker unpause "$(container kms-service)" >/dev/null
printf '=> %s reads\n' "$count"
until_true 60 "kms-service is healthy again" is_healthy kms-service

say "With a short grace they end, UNAVAILABLE, and come back by themselves"
export KEYSTEAD_OUTAGE_GRACE=4s
start
until_true 30 "the item reads" reads
docker pause "$(container kms-service)" >/dev/null
until_true 60 "reads are UNAVAILABLE" is_unavailable
docker unpause "$(container kms-service)" >/dev/null
until_true 60 "the item reads again" reads

say "SIGTERM ends both, and down and up keep everything"
timeout 60 "${compose[@]}" stop
for service in table-service kms-service; do
  [[ $(state "$service" '{{.State.ExitCode}}') == 0 ]] || fail "$service ended with $(state "$service" '{{.State.ExitCode}}')"
done
timeout 60 "${compose[@]}" down
start
docker logs "$(container init)" 2>&1 | grep -q 'nothing was made' || fail "init made something anew"
all_there "$acknowledged"

say "A backup of the volumes, restored into a new deployment, reads"
timeout 60 "${compose[@]}" stop
volumes=(kms-secrets kms-data table-secrets table-data)
mkdir "$work/backup"
for name in "${volumes[@]}"; do cp -a "$(volume "$name")" "$work/backup/$name"; done
timeout 60 "${compose[@]}" down --volumes
start
table ListTables '{}' && fail "a new deployment knows the old credential"
timeout 60 "${compose[@]}" stop
for name in "${volumes[@]}"; do
  find "$(volume "$name")" -mindepth 1 -delete
  cp -a "$work/backup/$name/." "$(volume "$name")"
done
start
all_there "$acknowledged"
cp -a "$work/admin/." "$(volume admin)"
chown -R 65532:65532 "$(volume admin)"

say "New certificates are taken up without a restart"
before=$(sha256sum "$(volume table-secrets)/server.pem")
timeout 60 "${compose[@]}" run --rm init --renew-certificates
[[ $before != "$(sha256sum "$(volume table-secrets)/server.pem")" ]] || fail "the certificate is the old one"
shown() { python3 -c 'import ssl, sys; host, port = sys.argv[1].rsplit(":", 1); print(ssl.get_server_certificate((host, int(port))), end="")' "$(address table-service 8000)"; }
is_renewed() { [[ $(shown) == "$(cat "$(volume table-secrets)/server.pem")" ]]; }
until_true 30 "table-service shows its new certificate" is_renewed
until_true 30 "and reads go on" reads

printf '\nThe deployment is as it should be.\n'
