#!/bin/sh
# Applies each mutant of tests/loom/mutants to a copy of the tree and runs the model it is named for:
# every one must be killed. Bound: LOOM_MAX_PREEMPTIONS, else 3. Arguments name mutants; default all.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
: "${LOOM_MAX_PREEMPTIONS:=3}" "${CARGO_TARGET_DIR:=$root/target/loom}"
case $CARGO_TARGET_DIR in /*) ;; *) CARGO_TARGET_DIR=$PWD/$CARGO_TARGET_DIR ;; esac
# Of its own, so that a mutant is never taken for the real thing.
CARGO_TARGET_DIR=$CARGO_TARGET_DIR/mutants
export LOOM_MAX_PREEMPTIONS CARGO_TARGET_DIR RUSTFLAGS="--cfg loom"
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
trap 'exit 130' INT TERM
failed=0
[ $# -gt 0 ] || set -- $(cd "$root/tests/loom/mutants" && ls -- *.patch | sed 's/\.patch$//')

fresh() {
    # New times for all files, or cargo would take the mutant before for this one.
    rm -rf "$copy/tree"
    mkdir "$copy/tree"
    (cd "$root" && tar cf - --exclude ./target --exclude ./.git --exclude ./.venv --exclude ./build .) | tar xmf - -C "$copy/tree"
}

for name in "$@"; do
    # L7_close kills l7_close_...; L1 kills l1_...
    model=$(echo "$name" | tr 'A-Z' 'a-z')_
    fresh
    cd "$copy/tree"
    if ! patch -p1 -s -f <"$root/tests/loom/mutants/$name.patch" >"$copy/log" 2>&1; then
        echo "$name DOES NOT APPLY"
        sed 's/^/    /' "$copy/log"
        failed=1
        continue
    fi
    if ! cargo test -q --profile ci --test loom --no-run >"$copy/log" 2>&1; then
        echo "$name DOES NOT BUILD"
        sed 's/^/    /' "$copy/log"
        failed=1
        continue
    fi
    status=0
    RUST_BACKTRACE=0 cargo test -q --profile ci --test loom -- --test-threads=1 "$model" \
        >"$copy/log" 2>&1 || status=$?
    # A deadlock ends the process: drives that are dropped while loom unwinds touch loom again.
    if [ "$status" -ne 0 ] && grep -q "^running 1 test$" "$copy/log" &&
        grep -q "panicked at" "$copy/log" && ! grep -q "no execution reached" "$copy/log"; then
        echo "$name killed"
    elif grep -q "^running 0 tests" "$copy/log"; then
        echo "$name NAMES NO MODEL"
        failed=1
    else
        echo "$name SURVIVED (status $status)"
        tail -n 20 "$copy/log" | sed 's/^/    /'
        failed=1
    fi
done
exit "$failed"
