#!/bin/sh
# Fuzzes each format of captures, and the provider's door, for FUZZ_SECONDS (20 unless told) with libFuzzer;
# FUZZ_TARGETS="pcap door" names some of them.
#
# The stable compiler counts the edges for libFuzzer by the flags that cargo-fuzz gives to a nightly one; what is missing
# is the address sanitizer: the reader has no unsafe code, and the core's is what the loom models and the stress test are for.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root/tests/fuzz"
: "${FUZZ_SECONDS:=20}" "${FUZZ_TARGETS:=pcap pcapng frames gzip zstd sets door}" "${CXX:=c++}"
: "${CARGO_TARGET_DIR:=$root/target/fuzz}"
export CARGO_TARGET_DIR
if ! command -v "$CXX" >/dev/null 2>&1; then
  echo "SKIPPED: fuzzing needs a C++ compiler for libFuzzer, and $CXX was not found"
  exit 0
fi
coverage="-Cpasses=sancov-module"
for flag in level=4 inline-8bit-counters pc-table trace-compares; do
  coverage="$coverage -Cllvm-args=-sanitizer-coverage-$flag"
done
host=$(rustc -vV | sed -n 's/^host: //p')
# With a target named, build scripts and macros are not instrumented.
RUSTFLAGS="$coverage -Ccodegen-units=1 --cfg fuzzing" cargo build --quiet --locked --release --target "$host"
# In memory where that is to be had: the target of sets writes files for each input.
FUZZ_FILES=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
export FUZZ_FILES
trap 'rm -rf "$FUZZ_FILES"' EXIT
for target in $FUZZ_TARGETS; do
  corpus="$root/build/fuzz/$target" found="$root/build/fuzz/found-$target"
  mkdir -p "$corpus" "$found"
  "${PYTHON:-python3}" "$root/tests/fuzz/seeds.py" "$target" "$corpus"
  longest=20000
  [ "$target" = door ] && longest=3000  # a program of some hundred calls
  echo "fuzzing $target for $FUZZ_SECONDS seconds"
  if ! "$CARGO_TARGET_DIR/$host/release/$target" -max_total_time="$FUZZ_SECONDS" -max_len="$longest" -timeout=20 \
    -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$found/" "$corpus" >"$found/log" 2>&1; then
    tail -n 40 "$found/log"
    echo "fuzzing $target found something: see $found"
    exit 1
  fi
  sed -n 's/^stat::number_of_executed_units: */  inputs tried: /p; s/^stat::peak_rss_mb: */  memory in MB: /p' "$found/log"
done
