#!/usr/bin/env bash
# The Keystead tutorial, with grpcurl: a table under each of the three kinds of key, a key switch while the table is in
# use, what a disabled key does, and what is on disk. Every answer is checked; the first wrong one ends the run.
#
# Start the services with `cargo run --release`, or as containers (docs/operations.md), and run this. It needs grpcurl and
# python3 (for looking into answers).
#
#   KEYSTEAD_TABLE        table service        [127.0.0.1:8000]
#   KEYSTEAD_KMS          key management       [127.0.0.1:8001]
#   KEYSTEAD_CREDENTIALS  access-key-id:secret [none: on loopback, keystead takes that for the account root]
#   KEYSTEAD_CA           the services' authority (PEM): TLS, instead of plain HTTP/2
#   KEYSTEAD_CERT, KEYSTEAD_KEY   a client certificate and its private key (PEM), with KEYSTEAD_CA
#   KEYSTEAD_DATA         data directories with colons between them, for the look at the disk [./keystead-data]
#   GRPCURL               the grpcurl to use   [grpcurl]
#
# It makes and deletes tables called Music*, and the alias alias/music.
set -euo pipefail

table_address=${KEYSTEAD_TABLE:-127.0.0.1:8000}
kms_address=${KEYSTEAD_KMS:-127.0.0.1:8001}
IFS=: read -ra data <<<"${KEYSTEAD_DATA:-./keystead-data}"
grpcurl=${GRPCURL:-grpcurl}
transport=(-plaintext)
if [[ -n ${KEYSTEAD_CA:-} ]]; then
  transport=(-cacert "$KEYSTEAD_CA")
  if [[ -n ${KEYSTEAD_CERT:-} ]]; then transport+=(-cert "$KEYSTEAD_CERT" -key "$KEYSTEAD_KEY"); fi
fi
headers=()
if [[ -n ${KEYSTEAD_CREDENTIALS:-} ]]; then
  headers=(-H "authorization: Basic $(printf %s "$KEYSTEAD_CREDENTIALS" | base64 -w0)")
fi

# --- how this script asks and checks -----------------------------------------------------------------------------------

# shellcheck source=../checks.sh
. "$(dirname "$0")/../checks.sh"

# call ADDRESS METHOD JSON: one request, as it could be typed. The answer is left in $answer, the exit status in $status.
call() {
  printf "\n\$ grpcurl %s -d '%s' %s %s\n" "${transport[*]}" "$3" "$1" "$2"
  quietly "$@"
  printf '%s\n' "$answer"
}
quietly() {
  status=0
  answer=$("$grpcurl" "${transport[@]}" ${headers[@]+"${headers[@]}"} -d "$3" "$1" "$2" 2>&1) || status=$?
}

# table METHOD JSON, kms METHOD JSON: a request that must go through.
table() { call "$table_address" "keystead.table.v1.TableService/$1" "$2"; [[ $status == 0 ]] || fail "$1 was refused"; }
kms() { call "$kms_address" "keystead.kms.v1.KeyManagementService/$1" "$2"; [[ $status == 0 ]] || fail "$1 was refused"; }

# refused REASON TEXT: the last request must have been refused with this AWS error code and this text in the message.
refused() {
  [[ $status != 0 ]] || fail "it should have been refused with $1"
  [[ $answer == *"$2"* ]] || fail "the refusal should say: $2"
  reason_is "$1" || fail "the error code should be $1"
  printf '=> refused as it should be: %s\n' "$1"
}
# grpcurl shows google.rpc.ErrorInfo in clear when it knows the type, and else as base64.
reason_is() {
  ANSWER=$answer python3 -c '
import base64, os, re, sys
answer = os.environ["ANSWER"]
raw = b"".join(base64.b64decode(text) for text in re.findall(r"\"@?value\": *\"([A-Za-z0-9+/=]+)\"", answer))
sys.exit(0 if sys.argv[1] in answer or sys.argv[1].encode() in raw else 1)' "$1"
}

describe() { quietly "$table_address" keystead.table.v1.TableService/DescribeTable "{\"table_name\": \"$1\"}"; }
is_gone() { describe "$1"; [[ $status != 0 && $answer == *"not found"* ]]; }
is_active() { describe "$1"; [[ $answer == *TABLE_STATUS_ACTIVE* ]]; }
is_inaccessible() { describe "$1"; [[ $answer == *TABLE_STATUS_INACCESSIBLE_ENCRYPTION_CREDENTIALS* ]]; }
is_settled() { describe "$1"; [[ $status == 0 && $answer != *SSE_STATUS_UPDATING* ]]; }
# Without a key's ARN: under the owned key, which DescribeTable does not mention.
is_under() { is_settled "$1" && if [[ -n ${2:-} ]]; then [[ $answer == *"$2"* ]]; else [[ $answer != *sseDescription* ]]; fi; }

create() { # create NAME [SSE_SPECIFICATION]
  table CreateTable "{\"table_name\": \"$1\", \"billing_mode\": \"BILLING_MODE_PAY_PER_REQUEST\",
  \"attribute_definitions\": [{\"attribute_name\": \"Artist\", \"attribute_type\": \"SCALAR_ATTRIBUTE_TYPE_S\"},
                              {\"attribute_name\": \"SongTitle\", \"attribute_type\": \"SCALAR_ATTRIBUTE_TYPE_S\"}],
  \"key_schema\": [{\"attribute_name\": \"Artist\", \"key_type\": \"KEY_TYPE_HASH\"},
                   {\"attribute_name\": \"SongTitle\", \"key_type\": \"KEY_TYPE_RANGE\"}]${2:+,
  \"sse_specification\": $2}}"
  until_true 30 "$1 is ACTIVE" is_active "$1"
}
drop() { table DeleteTable "{\"table_name\": \"$1\"}"; until_true 30 "$1 is gone" is_gone "$1"; }

happy_day='{"Artist": {"s": "Acme Band"}, "SongTitle": {"s": "Happy Day"}'
put() { table PutItem "{\"table_name\": \"$1\", \"item\": $happy_day, \"AlbumTitle\": {\"s\": \"Songs About Life\"}, \"Awards\": {\"n\": \"10\"}}}"; }
get() { call "$table_address" keystead.table.v1.TableService/GetItem "{\"table_name\": \"$1\", \"key\": $happy_day}}"; }
reads() {
  get "$1"
  [[ $status == 0 ]] || fail "GetItem was refused"
  is 'a["item"]["AlbumTitle"]["s"] == "Songs About Life" and a["item"]["Awards"]["n"] == "10"' "the item reads"
}

owned='{"enabled": false}'
managed='{"enabled": true, "sse_type": "SSE_TYPE_KMS"}'
customer() { printf '{"enabled": true, "sse_type": "SSE_TYPE_KMS", "kms_master_key_id": "%s"}' "$1"; }

# switch_key NAME SSE_SPECIFICATION ARN: UPDATING at first, and then the new key; the table is ACTIVE and reads all along.
switch_key() {
  table UpdateTable "{\"table_name\": \"$1\", \"sse_specification\": $2}"
  is 'a["tableDescription"]["tableStatus"] == "TABLE_STATUS_ACTIVE"' "the table stays ACTIVE"
  is 'a["tableDescription"]["sseDescription"]["status"] == "SSE_STATUS_UPDATING"' "the switch is under way"
  reads "$1"
  until_true 30 "$1 is under ${3:-the owned key}" is_under "$1" "$3"
  reads "$1"
}

command -v "$grpcurl" >/dev/null || fail "grpcurl is not installed: see https://github.com/fullstorydev/grpcurl#installation"

# --- leftovers of a run that did not end well --------------------------------------------------------------------------

for name in Music MusicById MusicByArn MusicByAlias MusicByAliasArn; do
  quietly "$table_address" keystead.table.v1.TableService/DeleteTable "{\"table_name\": \"$name\"}"
  until_true 10 "there is no $name" is_gone "$name"
done
quietly "$kms_address" keystead.kms.v1.KeyManagementService/DeleteAlias '{"alias_name": "alias/music"}'

# -----------------------------------------------------------------------------------------------------------------------
say "1. Both services say what they offer, and that they are well"
for address in "$table_address" "$kms_address"; do
  call "$address" grpc.health.v1.Health/Check '{}'
  is 'a["status"] == "SERVING"' "$address serves"
done

say "2. A table by default: under the owned key, which nobody sees and DescribeTable does not mention"
create Music
is '"sseDescription" not in a["table"]' "no word of encryption, and yet nothing is stored in clear: see step 9"
put Music
reads Music
drop Music

say "3. A table under the managed key: in your account, kept for you, used through the table service only"
create Music "$managed"
is 'a["table"]["sseDescription"]["status"] == "SSE_STATUS_ENABLED"' "ENABLED"
is 'a["table"]["sseDescription"]["sseType"] == "SSE_TYPE_KMS"' "KMS"
managed_arn=$(of 'a["table"]["sseDescription"]["kmsMasterKeyArn"]')
put Music
reads Music
kms DescribeKey '{"key_id": "alias/aws/dynamodb"}'
is 'a["keyMetadata"]["arn"] == "'"$managed_arn"'" and a["keyMetadata"]["keyManager"] == "KEY_MANAGER_TYPE_AWS"' "it is alias/aws/dynamodb"
call "$kms_address" keystead.kms.v1.KeyManagementService/Encrypt '{"key_id": "alias/aws/dynamodb", "plaintext": "aGVsbG8="}'
refused AccessDeniedException "is not authorized to perform: kms:Encrypt"

say "4. A table under a key of your own, named in each of the four ways"
kms CreateKey '{"description": "for the table Music"}'
key_id=$(of 'a["keyMetadata"]["keyId"]')
key_arn=$(of 'a["keyMetadata"]["arn"]')
alias_arn=${key_arn%key/*}alias/music
kms CreateAlias "{\"alias_name\": \"alias/music\", \"target_key_id\": \"$key_id\"}"
for pair in "MusicById $key_id" "MusicByArn $key_arn" "MusicByAlias alias/music" "MusicByAliasArn $alias_arn"; do
  read -r name named <<<"$pair"
  create "$name" "$(customer "$named")"
  is 'a["table"]["sseDescription"]["kmsMasterKeyArn"] == "'"$key_arn"'"' "whatever was asked for, the key's ARN is shown"
  put "$name"
  reads "$name"
done

say "5. The key of a table is switched while it serves, in all six directions"
# Music is under the managed key.
switch_key Music "$(customer alias/music)" "$key_arn"
switch_key Music "$owned" ""
switch_key Music "$managed" "$managed_arn"
switch_key Music "$owned" ""
switch_key Music "$(customer "$key_id")" "$key_arn"
switch_key Music "$managed" "$managed_arn"

say "6. The same under load: writers and readers go on, and none of their requests fails"
load=$(mktemp -d)
trap 'rm -rf "$load"' EXIT
worker() { # worker NUMBER: writes an item and reads it back, until told to stop; counts, and notes the first failure
  local count=0 key
  while [[ ! -e $load/stop ]]; do
    key="{\"Artist\": {\"s\": \"Load $1\"}, \"SongTitle\": {\"s\": \"Song $((count % 10))\"}"
    quietly "$table_address" keystead.table.v1.TableService/PutItem "{\"table_name\": \"Music\", \"item\": $key, \"Version\": {\"n\": \"$count\"}}}"
    [[ $status == 0 ]] || { printf '%s\n' "$answer" >"$load/failed"; return; }
    quietly "$table_address" keystead.table.v1.TableService/GetItem "{\"table_name\": \"Music\", \"key\": $key}}"
    [[ $status == 0 && $answer == *"\"n\": \"$count\""* ]] || { printf '%s\n' "$answer" >"$load/failed"; return; }
    count=$((count + 1))
    echo "$count" >"$load/count$1"
  done
}
workers=()
for number in 1 2 3; do worker "$number" & workers+=($!); done
for _ in 1 2 3; do
  switch_key Music "$(customer alias/music)" "$key_arn"
  switch_key Music "$owned" ""
  switch_key Music "$managed" "$managed_arn"
done
touch "$load/stop"
wait "${workers[@]}"
[[ ! -e $load/failed ]] || { answer=$(cat "$load/failed"); fail "a request failed under load"; }
count=$(cat "$load"/count* | python3 -c 'import sys; print(sum(map(int, sys.stdin)))')
((count > 0)) || fail "the load did no work"
printf '=> 9 switches, and %s items written and read back meanwhile: none lost, none stale, none refused\n' "$count"

say "7. A disabled key: its tables stop, the others never notice"
kms DisableKey "{\"key_id\": \"$key_id\"}"
stopped() { get MusicByAlias; [[ $status != 0 ]]; }
until_true 2 "MusicByAlias no longer reads" stopped
refused ValidationException "KMS key disabled error: com.amazonaws.services.kms.model.DisabledException: $key_arn is disabled."
reads Music
until_true 30 "DescribeTable says INACCESSIBLE_ENCRYPTION_CREDENTIALS" is_inaccessible MusicByAlias
is '"inaccessibleEncryptionDateTime" in a["table"]["sseDescription"]' "and since when"
call "$table_address" keystead.table.v1.TableService/UpdateTable "{\"table_name\": \"MusicByAlias\", \"sse_specification\": $managed}"
refused ValidationException "KMS key disabled error: "
kms EnableKey "{\"key_id\": \"$key_id\"}"
works_again() { get MusicByAlias; [[ $status == 0 ]]; }
until_true 30 "MusicByAlias reads again" works_again
reads MusicByAlias
until_true 30 "and is ACTIVE" is_active MusicByAlias

say "8. A key that is no longer needed may go: what was switched away from it still reads"
switch_key MusicByAlias "$owned" ""
kms ScheduleKeyDeletion "{\"key_id\": \"$key_id\", \"pending_window_in_days\": 7}"
is 'a["keyState"] == "KEY_STATE_PENDING_DELETION"' "the key is pending deletion"
reads MusicByAlias
get MusicByArn
refused ValidationException "$key_arn is pending deletion."
kms CancelKeyDeletion "{\"key_id\": \"$key_id\"}"
kms EnableKey "{\"key_id\": \"$key_id\"}"
reads MusicByArn

say "9. What is on disk: the item's names and values are nowhere, neither before nor behind the service"
nowhere_in "Acme Band" "Happy Day" "Songs About Life" "AlbumTitle" "Load 1" -- "${data[@]}"

say "10. The key service by itself: what is encrypted for one purpose does not open for another"
kms Encrypt "{\"key_id\": \"alias/music\", \"plaintext\": \"YXR0YWNrIGF0IGRhd24=\", \"encryption_context\": {\"tenant\": \"1\"}}"
blob=$(of 'a["ciphertextBlob"]')
kms Decrypt "{\"ciphertext_blob\": \"$blob\", \"encryption_context\": {\"tenant\": \"1\"}}"
is 'a["plaintext"] == "YXR0YWNrIGF0IGRhd24="' "it decrypts, and the blob itself names its key"
call "$kms_address" keystead.kms.v1.KeyManagementService/Decrypt "{\"ciphertext_blob\": \"$blob\", \"encryption_context\": {\"tenant\": \"2\"}}"
refused InvalidCiphertextException ""
kms RotateKeyOnDemand "{\"key_id\": \"$key_id\"}"
kms Decrypt "{\"ciphertext_blob\": \"$blob\", \"encryption_context\": {\"tenant\": \"1\"}}"
is 'a["plaintext"] == "YXR0YWNrIGF0IGRhd24="' "after a rotation old blobs still open"
reads MusicByArn

say "11. What is wrong is said in AWS's words"
wrong() { # wrong METHOD JSON REASON TEXT
  call "$table_address" "keystead.table.v1.TableService/$1" "$2"
  refused "$3" "$4"
}
wrong UpdateTable '{"table_name": "Music", "sse_specification": {"enabled": true, "kms_master_key_id": "alias/music"}}' \
  ValidationException "SSEType KMS is required if KMSMasterKeyId is specified"
wrong UpdateTable '{"table_name": "Music", "sse_specification": {"enabled": false, "sse_type": "SSE_TYPE_KMS"}}' \
  ValidationException "SSEType can not be specified if Enabled is false"
wrong UpdateTable '{"table_name": "Music", "sse_specification": {"enabled": false, "kms_master_key_id": "alias/music"}}' \
  ValidationException "KMSMasterKeyId can not be specified if Enabled is false"
wrong UpdateTable '{"table_name": "Music", "sse_specification": {"enabled": true, "sse_type": "SSE_TYPE_AES256"}}' \
  ValidationException "SSEType AES256 is not supported"
wrong UpdateTable '{"table_name": "MusicByAlias", "sse_specification": {"enabled": false}}' \
  ValidationException "Table is already encrypted by default"
wrong UpdateTable "{\"table_name\": \"Music\", \"sse_specification\": $(customer alias/nobody)}" \
  ValidationException "Alias ${key_arn%key/*}alias/nobody is not found."
wrong GetItem '{"table_name": "Nowhere", "key": {"Artist": {"s": "x"}, "SongTitle": {"s": "y"}}}' \
  ResourceNotFoundException "Requested resource not found"
wrong PutItem '{"table_name": "Music", "item": {"Artist": {"n": "1"}, "SongTitle": {"s": "y"}}}' \
  ValidationException "Type mismatch for key Artist expected: S actual: N"

say "12. Putting things away"
for name in Music MusicById MusicByArn MusicByAlias MusicByAliasArn; do drop "$name"; done
kms DeleteAlias '{"alias_name": "alias/music"}'
kms ScheduleKeyDeletion "{\"key_id\": \"$key_id\", \"pending_window_in_days\": 7}"

printf '\nEvery answer was as it should be.\n'
