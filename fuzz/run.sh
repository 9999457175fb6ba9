#!/usr/bin/env bash
# Fuzzes each target for SECONDS_EACH (60), all at once, and fails if one finds something: the input is kept in
# fuzz/artifacts. Needs a C++ compiler for libFuzzer. What cargo-fuzz does and a stable toolchain can: without a sanitizer,
# as there is no unsafe code to watch, and with debug assertions and overflow checks.
#   fuzz/run.sh [TARGET...]
set -euo pipefail
cd "$(dirname "$0")"
seconds=${SECONDS_EACH:-60}
targets=("$@")
if ((${#targets[@]} == 0)); then targets=(json_requests expressions sigv4_headers); fi

coverage="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters"
coverage+=" -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg fuzzing"
# With the target named, the flags are for what is fuzzed and not for what builds it.
host=$(rustc -vV | sed -n 's/^host: //p')
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}
RUSTFLAGS="$coverage" cargo build --release --locked --target "$host"

# fuzz TARGET: what it finds of new inputs is kept in fuzz/corpus, and its last words are said.
fuzz() {
  mkdir -p "corpus/$1" "artifacts/$1"
  "$CARGO_TARGET_DIR/$host/release/$1" -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=2048 \
    -dict=dictionary -artifact_prefix="artifacts/$1/" -print_final_stats=1 "corpus/$1" "seeds/$1" >"artifacts/$1.log" 2>&1 || {
    tail -40 "artifacts/$1.log" >&2
    echo "$1 found something: see fuzz/artifacts/$1" >&2
    return 1
  }
  echo "$1: $(sed -n 's/^stat::number_of_executed_units: *//p' "artifacts/$1.log") inputs in $seconds s, nothing found"
}

running=()
for target in "${targets[@]}"; do
  fuzz "$target" &
  running+=($!)
done
status=0
for pid in "${running[@]}"; do wait "$pid" || status=1; done
exit "$status"
