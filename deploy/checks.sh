# What the tutorials check answers with, whichever client gives them; sourced, never run. The last answer stands in $answer.
# shellcheck shell=bash
answer=none

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
fail() { printf 'WRONG: %s\nThe last answer was: %s\n' "$1" "$answer" >&2; exit 1; }

# is EXPRESSION WHAT: a Python expression about the answer `a`, which must be true.
is() {
  holds "$1" || fail "$2 ($1)"
  printf '=> %s\n' "$2"
}
# holds EXPRESSION: whether it is true of the answer.
holds() {
  ANSWER=$answer python3 -c '
import json, os, sys
a = json.loads(os.environ["ANSWER"])
sys.exit(0 if eval(sys.argv[1]) else 1)' "$1"
}
# of EXPRESSION: a part of the answer.
of() { ANSWER=$answer python3 -c 'import json, os, sys; a = json.loads(os.environ["ANSWER"]); print(eval(sys.argv[1]))' "$1"; }

# until_true SECONDS WHAT COMMAND...: repeats the command until it succeeds.
until_true() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    ((SECONDS < end)) || fail "not in time: $what"
    sleep 0.1
  done
  printf '=> %s\n' "$what"
}

# nowhere_in WORD... -- DIRECTORY...: no file below has one of these words in it. Without such a directory here, says so.
nowhere_in() {
  local words=() directory word
  while [[ $1 != -- ]]; do words+=("$1"); shift; done
  shift
  for directory in "$@"; do
    if [[ ! -d $directory ]]; then
      printf 'skipped: there is no directory %s here (set KEYSTEAD_DATA)\n' "$directory"
      return
    fi
  done
  for word in "${words[@]}"; do
    printf "\n\$ grep -rc '%s' %s\n" "$word" "$*"
    if grep -rqaF -- "$word" "$@"; then fail "'$word' is in clear in $(grep -rlaF -- "$word" "$@")"; fi
    printf '=> nowhere\n'
  done
}
