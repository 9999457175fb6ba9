#!/usr/bin/env bash
# Amazon's tutorial "Managing encrypted tables in DynamoDB" with the unmodified aws CLI, its commands as they are printed
# there, and what they mean: every row that a table's encryption can be asked for in, what each kind of key does, a switch
# under load, a disabled key, and what is on disk. Every answer is checked; the first wrong one ends the run.
#
#   deploy/aws/tutorial.sh [AWS]   with this aws CLI of version 1 or 2 [aws]; deploy/aws/install.sh gets either
#
# Start the services with `cargo run --release`, export the key pair that is printed, and run this. It needs python3 (for
# looking into answers).
#
#   AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL_KMS   the services [http://127.0.0.1:8000 and http://127.0.0.1:8001]
#   AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY          who calls; must be allowed everything
#   AWS_REGION, AWS_DEFAULT_REGION                    where  [us-east-1]
#   KEYSTEAD_DATA          data directories with colons between them, for the look at the disk [./keystead-data]
#   KEYSTEAD_CHANGE_QUOTA  set if the services keep AWS's quota of key changes (--sse-change-quota on)
#
# It makes and deletes tables called Music* and the alias alias/music, and makes two customer keys, which it schedules for
# deletion.
set -euo pipefail

export AWS_ENDPOINT_URL_DYNAMODB=${AWS_ENDPOINT_URL_DYNAMODB:-http://127.0.0.1:8000}
export AWS_ENDPOINT_URL_KMS=${AWS_ENDPOINT_URL_KMS:-http://127.0.0.1:8001}
export AWS_REGION=${AWS_REGION:-us-east-1}
# Version 1 knows only the older name. Neither version is to page, or to look for the metadata of a machine of Amazon's.
export AWS_DEFAULT_REGION=${AWS_DEFAULT_REGION:-$AWS_REGION} AWS_DEFAULT_OUTPUT=json AWS_PAGER='' AWS_EC2_METADATA_DISABLED=true
IFS=: read -ra data <<<"${KEYSTEAD_DATA:-./keystead-data}"
work=$(mktemp -d)
trap 'wait; rm -rf "$work"' EXIT

# --- how this script asks and checks -----------------------------------------------------------------------------------

# shellcheck source=../checks.sh
. "$(dirname "$0")/../checks.sh"
cli=$(type -P "${1:-aws}") || fail "there is no ${1:-aws}: see deploy/aws/install.sh"

# The CLI takes a second to start, and nearly all of it to itself. So commands that do not depend on each other run at once:
# `begin` starts one, and `end` waits for it and leaves its answer in $answer, its exit status in $status.
declare -A running=()
begin() { # begin NAME ARGUMENT...
  local name=$1
  shift
  typed "$@" >"$work/$name.typed"
  { status=0; "$cli" "$@" >"$work/$name.answer" 2>&1 || status=$?; echo "$status" >"$work/$name.status"; } &
  running[$name]=$!
}
end() { # end NAME
  wait "${running[$1]}"
  status=$(<"$work/$1.status")
  answer=$(<"$work/$1.answer")
}
shown() { printf '\n$ %s\n%s\n' "$(<"$work/$1.typed")" "$answer"; }
# typed ARGUMENT...: the command as a shell takes it.
typed() {
  local word
  printf aws
  for word in "$@"; do
    case $word in *[!a-zA-Z0-9_./:=,@%+-]* | '') printf " '%s'" "${word//\'/\'\\\'\'}" ;; *) printf ' %s' "$word" ;; esac
  done
}

# aws ARGUMENT...: a command that must go through.
aws() {
  begin one "$@"
  end one
  shown one
  [[ $status == 0 ]] || fail "it was refused"
}
# succeeded NAME: the same of one that was begun.
succeeded() {
  end "$1"
  shown "$1"
  [[ $status == 0 ]] || fail "it was refused"
}
quietly() { begin one "$@"; end one; }

# refused CODE TEXT: the last command must have been refused with this code and this text, to which `...` at the end adds more.
refused() {
  [[ $status != 0 ]] || fail "it should have been refused with $1"
  local said=${answer##*An error occurred (}
  [[ $said == "$1) when calling the "* ]] || fail "the error code should be $1"
  # What may have been asked more than once is said to have been. Version 2 puts no space before a text that is empty.
  said=${said#* operation}
  said=${said# (reached max retries: [0-9])}
  said=${said#:}
  said=${said# }
  case $2 in
  *...) [[ $said == "${2%...}"* ]] || fail "the text should begin: $2" ;;
  *) [[ ${said%%$'\n'*} == "$2" ]] || fail "the text should be: $2" ;;
  esac
  printf '=> refused as it should be: %s\n' "$1"
}
# wrong CODE TEXT ARGUMENT...: a command that must be refused so. Begun here, checked by the next `all_refused`.
wrongs=()
wrong() {
  local name=wrong${#wrongs[@]}
  wrongs+=("$1" "$2")
  begin "$name" "${@:3}"
}
all_refused() {
  local at
  for ((at = 0; at < ${#wrongs[@]}; at += 2)); do
    end "wrong$at"
    shown "wrong$at"
    refused "${wrongs[at]}" "${wrongs[at + 1]}"
  done
  wrongs=()
}

oom="One or more parameter values were invalid:"
# shellcheck disable=SC2054
music=(--attribute-definitions AttributeName=Artist,AttributeType=S AttributeName=SongTitle,AttributeType=S
  --key-schema AttributeName=Artist,KeyType=HASH AttributeName=SongTitle,KeyType=RANGE
  --provisioned-throughput ReadCapacityUnits=10,WriteCapacityUnits=5)
# create NAME [SSE]: the tutorial's table under another name, begun. `created` checks it.
create() { begin "$1" dynamodb create-table --table-name "$1" "${music[@]}" ${2:+--sse-specification "$2"}; }
# created NAME [ARN]: under this key; without, under the owned one, which no answer mentions.
created() {
  succeeded "$1"
  is "$(is_encrypted TableDescription "${2:-}")" "$1: ${2:-the owned key, of which there is no word}"
}
is_encrypted() {
  if [[ $2 ]]; then
    printf 'a["%s"]["SSEDescription"] == {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": "%s"}' "$1" "$2"
  else
    printf '"SSEDescription" not in a["%s"]' "$1"
  fi
}

# update NAME SSE: a switch, begun. `updated` checks its answer.
update() { begin "$1" dynamodb update-table --table-name "$1" --sse-specification "$2"; }
updated() {
  succeeded "$1"
  is 'a["TableDescription"]["TableStatus"] == "ACTIVE"' "the table stays ACTIVE"
  is 'a["TableDescription"]["SSEDescription"]["Status"] == "UPDATING"' "the switch is under way"
}

describe() { quietly dynamodb describe-table --table-name "$1"; }
is_gone() { describe "$1"; [[ $status != 0 && $answer == *ResourceNotFoundException* ]]; }
is_status() { describe "$1"; [[ $answer == *"\"TableStatus\": \"$2\""* ]]; }
# all_under NAME ARN...: each table is under its key, in the end; `owned` for the owned one.
all_under() {
  until_true 30 "are under their keys: $*" are_under "$@"
}
are_under() {
  local at all=0
  for ((at = 1; at < $#; at += 2)); do begin "${!at}" dynamodb describe-table --table-name "${!at}"; done
  while (($#)); do
    end "$1"
    holds "$(is_encrypted Table "${2/#owned/}")" || all=1
    shift 2
  done
  return "$all"
}
# drop NAME...: deletes tables.
drop() {
  local name
  for name in "$@"; do begin "drop$name" dynamodb delete-table --table-name "$name"; done
  for name in "$@"; do
    succeeded "drop$name"
    is 'a["TableDescription"]["TableStatus"] == "DELETING"' "$name is being deleted"
  done
}

happy_day='{"Artist": {"S": "Acme Band"}, "SongTitle": {"S": "Happy Day"}}'
happy_item='{"Artist": {"S": "Acme Band"}, "SongTitle": {"S": "Happy Day"}, "AlbumTitle": {"S": "Songs About Life"}, "Awards": {"N": "10"}}'
put() { aws dynamodb put-item --table-name "$1" --item "$happy_item"; }
get() { quietly dynamodb get-item --table-name "$1" --key "$happy_day"; }
reads() {
  aws dynamodb get-item --table-name "$1" --key "$happy_day"
  is "a['Item'] == $happy_item" "the item reads"
}
can_read() { get "$1"; [[ $status == 0 ]]; }
cannot_read() { get "$1"; [[ $status != 0 ]]; }

# --- leftovers of a run that did not end well --------------------------------------------------------------------------

"$cli" --version
begin tables dynamodb list-tables
begin aliases kms list-aliases
succeeded tables
mapfile -t leftovers < <(of '"\n".join(name for name in a["TableNames"] if name.startswith("Music"))')
succeeded aliases
if holds 'any(each["AliasName"] == "alias/music" for each in a["Aliases"])'; then aws kms delete-alias --alias-name alias/music; fi
if [[ ${leftovers[0]} ]]; then drop "${leftovers[@]}"; fi

# -----------------------------------------------------------------------------------------------------------------------
say "1. A table by default: under the owned key, which nobody sees and describe-table does not mention"
aws dynamodb create-table \
  --table-name Music \
  --attribute-definitions \
      AttributeName=Artist,AttributeType=S \
      AttributeName=SongTitle,AttributeType=S \
  --key-schema \
      AttributeName=Artist,KeyType=HASH \
      AttributeName=SongTitle,KeyType=RANGE \
  --provisioned-throughput \
      ReadCapacityUnits=10,WriteCapacityUnits=5
is 'a["TableDescription"]["TableStatus"] == "CREATING"' "it is being created"
aws dynamodb wait table-exists --table-name Music
aws dynamodb describe-table --table-name Music
is 'a["Table"]["TableStatus"] == "ACTIVE" and "SSEDescription" not in a["Table"]' "ACTIVE, and no word of encryption"
is '[a["Table"]["ProvisionedThroughput"][name] for name in ("ReadCapacityUnits", "WriteCapacityUnits")] == [10, 5]' "as asked for"

say "2. Items: put, get, update, query, scan, delete"
put Music
reads Music
aws dynamodb put-item --table-name Music --condition-expression "attribute_not_exists(Artist)" \
  --item '{"Artist": {"S": "Acme Band"}, "SongTitle": {"S": "PartiQL Rocks"}, "Awards": {"N": "8"}}'
wrong ConditionalCheckFailedException "The conditional request failed" dynamodb put-item --table-name Music \
  --condition-expression "attribute_not_exists(Artist)" --item "$happy_item"
all_refused
aws dynamodb update-item --table-name Music --key "$happy_day" --update-expression "SET AlbumTitle = :newval ADD Awards :one" \
  --expression-attribute-values '{":newval": {"S": "Updated Album Title"}, ":one": {"N": "1"}}' --return-values ALL_NEW
is 'a["Attributes"]["AlbumTitle"] == {"S": "Updated Album Title"} and a["Attributes"]["Awards"] == {"N": "11"}' "it is updated"
aws dynamodb query --table-name Music --key-condition-expression "Artist = :name" \
  --expression-attribute-values '{":name": {"S": "Acme Band"}}'
is '[item["SongTitle"]["S"] for item in a["Items"]] == ["Happy Day", "PartiQL Rocks"] and a["Count"] == 2' "in order"
aws dynamodb query --table-name Music --key-condition-expression "Artist = :name" --filter-expression "Awards > :ten" \
  --projection-expression SongTitle --expression-attribute-values '{":name": {"S": "Acme Band"}, ":ten": {"N": "10"}}'
is 'a["Items"] == [{"SongTitle": {"S": "Happy Day"}}] and a["ScannedCount"] == 2' "filtered and projected"
aws dynamodb scan --table-name Music --page-size 1
is 'a["Count"] == 2' "the CLI turns the pages"
aws dynamodb delete-item --table-name Music --key '{"Artist": {"S": "Acme Band"}, "SongTitle": {"S": "PartiQL Rocks"}}' \
  --return-values ALL_OLD
is 'a["Attributes"]["Awards"] == {"N": "8"}' "what was deleted is answered"

say "3. The managed key: in the account, and unknown to it before its first use"
aws kms list-aliases
targets='["TargetKeyId" in each for each in a["Aliases"] if each["AliasName"] == "alias/aws/dynamodb"]'
is "len($targets) == 1" "alias/aws/dynamodb is listed"
if holds "any($targets)"; then
  printf 'skipped: alias/aws/dynamodb was used here before, so it has a target already\n'
else
  printf '=> and has no target yet\n'
fi
drop Music
aws dynamodb wait table-not-exists --table-name Music
aws dynamodb create-table \
  --table-name Music \
  --attribute-definitions \
      AttributeName=Artist,AttributeType=S \
      AttributeName=SongTitle,AttributeType=S \
  --key-schema \
      AttributeName=Artist,KeyType=HASH \
      AttributeName=SongTitle,KeyType=RANGE \
  --provisioned-throughput \
      ReadCapacityUnits=10,WriteCapacityUnits=5 \
  --sse-specification Enabled=true,SSEType=KMS
managed_arn=$(of 'a["TableDescription"]["SSEDescription"]["KMSMasterKeyArn"]')
is "$(is_encrypted TableDescription "$managed_arn")" "ENABLED, KMS, and an ARN"
aws kms describe-key --key-id alias/aws/dynamodb
is "a['KeyMetadata']['Arn'] == '$managed_arn'" "it is alias/aws/dynamodb"
is '[a["KeyMetadata"][name] for name in ("KeyManager", "KeyState", "Origin")] == ["AWS", "Enabled", "AWS_KMS"]' "kept by the service"
printf hello >"$work/hello"
wrong AccessDeniedException "User: ..." kms schedule-key-deletion --key-id "$managed_arn"
wrong AccessDeniedException "User: ..." kms disable-key --key-id "$managed_arn"
wrong AccessDeniedException "User: ..." kms encrypt --key-id alias/aws/dynamodb --plaintext "fileb://$work/hello"
all_refused

say "4. A customer key, named in each of the four ways"
begin k1 kms create-key --description "for the table Music"
begin k2 kms create-key --description "for the table Music, later"
succeeded k1
is '[a["KeyMetadata"][name] for name in ("KeyManager", "KeyState", "Enabled")] == ["CUSTOMER", "Enabled", True]' "a key of your own"
k1=$(of 'a["KeyMetadata"]["KeyId"]')
k1_arn=$(of 'a["KeyMetadata"]["Arn"]')
succeeded k2
k2_arn=$(of 'a["KeyMetadata"]["Arn"]')
aws kms create-alias --alias-name alias/music --target-key-id "$k1"
drop Music
aws dynamodb create-table \
  --table-name Music \
  --attribute-definitions \
      AttributeName=Artist,AttributeType=S \
      AttributeName=SongTitle,AttributeType=S \
  --key-schema \
      AttributeName=Artist,KeyType=HASH \
      AttributeName=SongTitle,KeyType=RANGE \
  --provisioned-throughput \
      ReadCapacityUnits=10,WriteCapacityUnits=5 \
  --sse-specification "Enabled=true,SSEType=KMS,KMSMasterKeyId=$k1"
is "$(is_encrypted TableDescription "$k1_arn")" "ENABLED, KMS, and the ARN of the key whose id was given"
create MusicArn "Enabled=true,SSEType=KMS,KMSMasterKeyId=$k1_arn"
create MusicAlias Enabled=true,SSEType=KMS,KMSMasterKeyId=alias/music
create MusicAliasArn "Enabled=true,SSEType=KMS,KMSMasterKeyId=${k1_arn%key/*}alias/music"
for name in MusicArn MusicAlias MusicAliasArn; do created "$name" "$k1_arn"; done
put Music
put MusicArn

say "5. create-table: every other way to say which key"
create MusicEmpty '{}'
create MusicOff Enabled=false
create MusicOn Enabled=true
create MusicKms SSEType=KMS
create MusicKmsId "SSEType=KMS,KMSMasterKeyId=$k1"
create MusicManaged Enabled=true,SSEType=KMS,KMSMasterKeyId=alias/aws/dynamodb
for name in MusicEmpty MusicOff; do created "$name"; done
for name in MusicOn MusicKms MusicManaged; do created "$name" "$managed_arn"; done
created MusicKmsId "$k1_arn"

say "6. What says no key, or two things at once, is refused before anything is done"
never=(dynamodb create-table --table-name MusicNever "${music[@]}" --sse-specification)
off=(dynamodb update-table --table-name MusicOff --sse-specification)
wrong ValidationException "$oom SSEType KMS is required if KMSMasterKeyId is specified" "${never[@]}" "Enabled=true,KMSMasterKeyId=$k1"
wrong ValidationException "$oom SSEType can not be specified if Enabled is false" "${off[@]}" Enabled=false,SSEType=KMS
wrong ValidationException "$oom KMSMasterKeyId can not be specified if Enabled is false" "${never[@]}" "Enabled=false,KMSMasterKeyId=$k1"
wrong ValidationException "$oom SSEType can not be specified if Enabled is false" "${off[@]}" "Enabled=false,SSEType=KMS,KMSMasterKeyId=$k1"
wrong ValidationException "$oom SSEType AES256 is not supported" "${never[@]}" Enabled=true,SSEType=AES256
wrong ValidationException "1 validation error detected: Value 'kms' at 'sSESpecification.sSEType' failed to satisfy constraint: Member must satisfy enum value set: [AES256, KMS]" \
  "${off[@]}" Enabled=true,SSEType=kms
wrong ValidationException "KMS validation error: com.amazonaws.services.kms.model.NotFoundException: Alias ${k1_arn%key/*}alias/nobody is not found. (Service: AWSKMS; ..." \
  "${never[@]}" Enabled=true,SSEType=KMS,KMSMasterKeyId=alias/nobody
for specification in '{}' Enabled=false; do
  wrong ValidationException "$oom Table is already encrypted by default" "${off[@]}" "$specification"
done
wrong ValidationException "$oom Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if you want to change Master Key" \
  dynamodb update-table --table-name Music --sse-specification "Enabled=true,SSEType=KMS,KMSMasterKeyId=$k1_arn"
wrong ValidationException "$oom Server-Side Encryption modification must be the only operation in the request" \
  dynamodb update-table --table-name Music --sse-specification Enabled=true --billing-mode PAY_PER_REQUEST
wrong ValidationException "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required" \
  dynamodb update-table --table-name Music
wrong ResourceNotFoundException "Requested resource not found: Table: MusicNever not found" dynamodb describe-table --table-name MusicNever
all_refused

say "7. update-table: the tutorial's three commands"
aws dynamodb update-table \
  --table-name Music \
  --sse-specification Enabled=false
is "a['TableDescription']['SSEDescription'] == {'Status': 'UPDATING', 'SSEType': 'KMS', 'KMSMasterKeyArn': '$k1_arn'}" "on its way, under the old key"
all_under Music owned
aws dynamodb update-table \
  --table-name Music \
  --sse-specification Enabled=true
is 'a["TableDescription"]["SSEDescription"] == {"Status": "UPDATING"}' "on its way, from a key of which there is no word"
all_under Music "$managed_arn"
aws dynamodb update-table \
  --table-name Music \
  --sse-specification "Enabled=true,SSEType=KMS,KMSMasterKeyId=$k1"
is "a['TableDescription']['SSEDescription'] == {'Status': 'UPDATING', 'SSEType': 'KMS', 'KMSMasterKeyArn': '$managed_arn'}" "on its way, under the old key"
all_under Music "$k1_arn"
reads Music

say "8. update-table: every other way to say which key"
update MusicOff Enabled=true,SSEType=KMS
update MusicAlias SSEType=KMS
update MusicOn "SSEType=KMS,KMSMasterKeyId=$k2_arn"
update MusicKmsId Enabled=true,SSEType=KMS,KMSMasterKeyId=alias/aws/dynamodb
update MusicKms Enabled=true
update MusicAliasArn '{}'
# The same key by another name is a switch, too.
update MusicArn Enabled=true,SSEType=KMS,KMSMasterKeyId=alias/music
begin MusicEmpty dynamodb update-table --table-name MusicEmpty --billing-mode PAY_PER_REQUEST
for name in MusicOff MusicAlias MusicOn MusicKmsId MusicKms MusicAliasArn MusicArn; do updated "$name"; done
succeeded MusicEmpty
all_under MusicOff "$managed_arn" MusicAlias "$managed_arn" MusicOn "$k2_arn" MusicKmsId "$managed_arn" MusicKms "$managed_arn" \
  MusicAliasArn owned MusicArn "$k1_arn" MusicEmpty owned
reads MusicArn

say "9. AWS's quota of key changes: four in 24 hours, and to the owned key always"
if [[ ${KEYSTEAD_CHANGE_QUOTA:-} ]]; then
  create MusicQuota
  created MusicQuota
  for key in "$k1_arn" "$k2_arn" "$k1_arn" "$k2_arn"; do
    update MusicQuota "Enabled=true,SSEType=KMS,KMSMasterKeyId=$key"
    updated MusicQuota
    all_under MusicQuota "$key"
  done
  wrong LimitExceededException "Subscriber limit exceeded: Encryption mode changes are limited in the 24h window ending at ..." \
    dynamodb update-table --table-name MusicQuota --sse-specification "Enabled=true,SSEType=KMS,KMSMasterKeyId=$k1_arn"
  all_refused
  update MusicQuota Enabled=false
  updated MusicQuota
  all_under MusicQuota owned
  drop MusicQuota
else
  printf 'skipped: it is not enforced here (set KEYSTEAD_CHANGE_QUOTA)\n'
fi

say "10. The key is switched while the table serves: no request fails, and every read is of the last write"
worker() { # writes an item and reads it back, until told to stop; counts, and notes the first failure
  local count=0 key='{"Artist": {"S": "Load"}, "SongTitle": {"S": "Song"}}'
  while [[ ! -e $work/stop ]]; do
    "$cli" dynamodb update-item --table-name MusicManaged --key "$key" --update-expression "SET Version = :v" \
      --expression-attribute-values "{\":v\": {\"N\": \"$count\"}}" >"$work/load" 2>&1 &&
      "$cli" dynamodb get-item --table-name MusicManaged --key "$key" >"$work/load" 2>&1 &&
      grep -q "\"N\": \"$count\"" "$work/load" || { mv "$work/load" "$work/failed"; return; }
    count=$((count + 1))
    echo "$count" >"$work/count"
  done
}
worker &
load=$!
update MusicManaged "Enabled=true,SSEType=KMS,KMSMasterKeyId=$k2_arn"
updated MusicManaged
is "a['TableDescription']['SSEDescription']['KMSMasterKeyArn'] == '$managed_arn'" "the old key is still shown"
all_under MusicManaged "$k2_arn"
update MusicManaged "Enabled=true,SSEType=KMS,KMSMasterKeyId=$k1_arn"
updated MusicManaged
all_under MusicManaged "$k1_arn"
touch "$work/stop"
wait "$load"
if [[ -e $work/failed ]]; then answer=$(<"$work/failed"); fail "a request failed during a switch"; fi
[[ -s $work/count ]] || fail "the load did no work"
printf '=> %s items written and read back meanwhile\n' "$(<"$work/count")"

say "11. The grants that let the table service use a key are there as long as the table is under it"
grants_of() { quietly kms list-grants --key-id "$k1"; }
context_of='[g for g in a["Grants"] if g["Constraints"]["EncryptionContextSubset"]["aws:dynamodb:tableName"] == '
aws kms list-grants --key-id "$k1"
service="dynamodb.$AWS_REGION.amazonaws.com"
is "len($context_of 'MusicArn']) == 2" "two for MusicArn"
is "all([g['GranteePrincipal'], g['RetiringPrincipal']] == ['$service'] * 2 for g in a['Grants'])" "for $service alone"
is 'all(sorted(g["Operations"]) == sorted("DescribeKey GenerateDataKey Decrypt Encrypt ReEncryptFrom ReEncryptTo RetireGrant".split()) for g in a["Grants"])' "for seven operations"
drop MusicArn
are_retired() { grants_of; holds "not $context_of 'MusicArn']"; }
until_true 30 "with the table, its grants are gone" are_retired

say "12. A disabled key: its tables stop within a second, whatever was cached; the others never notice"
create MusicToo "Enabled=true,SSEType=KMS,KMSMasterKeyId=$k1"
created MusicToo "$k1_arn"
aws kms disable-key --key-id "$k1"
until_true 5 "Music no longer reads" cannot_read Music
disabled="KMS key disabled error: com.amazonaws.services.kms.model.DisabledException: $k1_arn is disabled. (Service: AWSKMS; Status Code: 400; Error Code: DisabledException; Request ID: ..."
wrong ValidationException "$disabled" dynamodb get-item --table-name Music --key "$happy_day"
wrong ValidationException "$disabled" dynamodb put-item --table-name Music --item "$happy_item"
wrong ValidationException "$disabled" dynamodb update-table --table-name Music --sse-specification Enabled=true
wrong ValidationException "$disabled" dynamodb create-table --table-name MusicNever "${music[@]}" --sse-specification "Enabled=true,SSEType=KMS,KMSMasterKeyId=$k1"
all_refused
wrong ResourceNotFoundException "Requested resource not found: Table: MusicNever not found" dynamodb describe-table --table-name MusicNever
all_refused
# The service looks at the keys of its tables when KMS reports a change, and every --key-check-interval.
until_true 30 "describe-table says INACCESSIBLE_ENCRYPTION_CREDENTIALS" is_status Music INACCESSIBLE_ENCRYPTION_CREDENTIALS
is 'a["Table"]["SSEDescription"]["InaccessibleEncryptionDateTime"] and a["Table"]["SSEDescription"]["Status"] == "ENABLED"' "and since when"
drop MusicToo
until_true 10 "a table of a disabled key can be deleted" is_gone MusicToo
aws kms enable-key --key-id "$k1"
until_true 30 "Music reads again" can_read Music
until_true 30 "and is ACTIVE" is_status Music ACTIVE
is "$(is_encrypted Table "$k1_arn")" "as before"
reads Music

say "13. Rotation on demand: new material for what is encrypted from now on, and nothing is lost"
quietly kms generate-data-key --key-id alias/music --key-spec AES_256
[[ $status == 0 ]] || fail "no data key"
material=$(of 'a["KeyMaterialId"]')
aws kms rotate-key-on-demand --key-id "$k1"
quietly kms generate-data-key --key-id alias/music --key-spec AES_256
[[ $status == 0 ]] || fail "no data key"
holds "a['KeyMaterialId'] != '$material'" || fail "the material should be new"
printf '=> KeyMaterialId is another\n'
reads Music
put Music

say "14. KMS by itself"
aws kms encrypt --key-id alias/music --plaintext "fileb://$work/hello" --encryption-context Tenant=1,Purpose=test
is "a['KeyId'] == '$k1_arn'" "the key's ARN, whatever it was called"
of 'a["CiphertextBlob"]' | base64 -d >"$work/blob"
aws kms decrypt --ciphertext-blob "fileb://$work/blob" --encryption-context Purpose=test,Tenant=1
is '__import__("base64").b64decode(a["Plaintext"]) == b"hello"' "it decrypts, whatever the order of the context"
for context in Tenant=1,purpose=test Tenant=1 Tenant=1,Purpose=Test Tenant=1,Purpose=test,More=1; do
  wrong InvalidCiphertextException "" kms decrypt --ciphertext-blob "fileb://$work/blob" --encryption-context "$context"
done
wrong InvalidCiphertextException "" kms decrypt --ciphertext-blob "fileb://$work/blob"
wrong DryRunOperationException "The request would have succeeded, but the DryRun option is set." \
  kms generate-data-key --key-id "$k1" --key-spec AES_256 --dry-run
wrong NotFoundException "Alias ${k1_arn%key/*}alias/nobody is not found." kms describe-key --key-id alias/nobody
wrong NotFoundException "Invalid keyId 'nobody'" kms describe-key --key-id nobody
all_refused

say "15. What is on disk: the item's names and values are nowhere, neither before nor behind the service"
nowhere_in "Acme Band" "Happy Day" "Songs About Life" "AlbumTitle" "Updated Album Title" -- "${data[@]}"

say "16. Putting things away: a cancelled deletion leaves a key disabled"
drop Music MusicAlias MusicAliasArn MusicEmpty MusicOff MusicOn MusicKms MusicKmsId MusicManaged
begin schedule1 kms schedule-key-deletion --key-id "$k1" --pending-window-in-days 7
begin schedule2 kms schedule-key-deletion --key-id "$k2_arn" --pending-window-in-days 7
for name in schedule1 schedule2; do
  succeeded "$name"
  is 'a["KeyState"] == "PendingDeletion" and a["PendingWindowInDays"] == 7' "the key is pending deletion"
done
aws kms cancel-key-deletion --key-id "$k1"
aws kms describe-key --key-id "$k1"
is 'a["KeyMetadata"]["KeyState"] == "Disabled" and not a["KeyMetadata"]["Enabled"]' "Disabled"
begin alias kms delete-alias --alias-name alias/music
aws kms schedule-key-deletion --key-id "$k1" --pending-window-in-days 7
succeeded alias

printf '\nEvery answer was as it should be.\n'
