#!/bin/sh
# Applies each mutant of tests/rust/wsk/mutants to a copy of the tree and runs the test of orders it is named for: every one
# must be killed. Arguments name mutants; default all.
set -eu
root=$(cd "$(dirname "$0")/../../.." && pwd)
: "${CARGO_TARGET_DIR:=$root/target}"
case $CARGO_TARGET_DIR in /*) ;; *) CARGO_TARGET_DIR=$PWD/$CARGO_TARGET_DIR ;; esac
# Of its own, so that a mutant is never taken for the real thing.
CARGO_TARGET_DIR=$CARGO_TARGET_DIR/mutants
export CARGO_TARGET_DIR
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
trap 'exit 130' INT TERM
failed=0
[ $# -gt 0 ] || set -- $(cd "$root/tests/rust/wsk/mutants" && ls -- *.patch | sed 's/\.patch$//')

mkdir "$copy/tree"
(cd "$root" && tar cf - --exclude ./target --exclude ./.git --exclude ./.venv --exclude ./build .) | tar xmf - -C "$copy/tree"
cd "$copy/tree"
for name in "$@"; do
    patch="$root/tests/rust/wsk/mutants/$name.patch"
    if ! patch -p1 -s -f <"$patch" >"$copy/log" 2>&1; then
        echo "$name DOES NOT APPLY"
        sed 's/^/    /' "$copy/log"
        exit 1
    fi
    status=0
    RUST_BACKTRACE=0 cargo test -q --test wsk -- "::$name" >"$copy/log" 2>&1 || status=$?
    if [ "$status" -ne 0 ] && grep -q "^running 1 test$" "$copy/log" && grep -q "panicked at" "$copy/log"; then
        echo "$name killed"
    else
        echo "$name SURVIVED, OR DOES NOT BUILD (status $status)"
        tail -n 20 "$copy/log" | sed 's/^/    /'
        failed=1
    fi
    patch -p1 -R -s -f <"$patch"
    # New times for what was changed back, or cargo would take the mutant for it.
    sed -n 's,^+++ b/,,p' "$patch" | xargs touch
done
exit "$failed"
