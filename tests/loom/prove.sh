#!/bin/sh
# Runs every loom model at bound 3 (or LOOM_MAX_PREEMPTIONS), then every mutant.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
: "${LOOM_MAX_PREEMPTIONS:=3}" "${CARGO_TARGET_DIR:=$root/target/loom}"
export LOOM_MAX_PREEMPTIONS CARGO_TARGET_DIR
echo "loom models, at most $LOOM_MAX_PREEMPTIONS preemptions"
RUSTFLAGS="--cfg loom" cargo test --profile ci --test loom -- --test-threads=1 --nocapture
echo "mutants, at most $LOOM_MAX_PREEMPTIONS preemptions: each must be killed"
exec sh tests/loom/mutants.sh
