#!/bin/sh
# Runs random calls of the provider's door for DOOR_SECONDS, every loom model at bound 3 (or LOOM_MAX_PREEMPTIONS),
# then every mutant.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
: "${DOOR_SECONDS:=120}" "${LOOM_MAX_PREEMPTIONS:=3}" "${CARGO_TARGET_DIR:=$root/target/loom}"
export LOOM_MAX_PREEMPTIONS CARGO_TARGET_DIR
echo "random calls of the provider's door, $DOOR_SECONDS seconds"
cargo test --profile ci --test door -- --seconds "$DOOR_SECONDS" --seed "$(date +%s)"
echo "loom models, at most $LOOM_MAX_PREEMPTIONS preemptions"
RUSTFLAGS="--cfg loom" cargo test --profile ci --test loom -- --test-threads=1 --nocapture
echo "mutants, at most $LOOM_MAX_PREEMPTIONS preemptions: each must be killed"
exec sh tests/loom/mutants.sh
