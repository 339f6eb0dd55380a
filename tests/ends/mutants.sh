#!/bin/sh
# Plants each fault of tests/ends/mutants in a copy of the tree and runs the check that claims to catch it: every one has to
# be caught. A patch says above its text which check that is, what that says of the fault, and how it is built: for the
# extension, for a sanitizer, or not at all. Arguments name faults; default all.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
: "${CARGO_TARGET_DIR:=$root/target}" "${PYTHON:=$root/.venv/bin/python}"
case $CARGO_TARGET_DIR in /*) ;; *) CARGO_TARGET_DIR=$PWD/$CARGO_TARGET_DIR ;; esac
host=$(rustc -vV | sed -n 's/^host: //p')
targets=$CARGO_TARGET_DIR
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
trap 'exit 130' INT TERM
failed=0
[ $# -gt 0 ] || set -- $(cd "$root/tests/ends/mutants" && ls -- *.patch | sed 's/\.patch$//')

mkdir "$copy/tree"
(cd "$root" && tar cf - --exclude ./target --exclude ./.git --exclude ./.venv --exclude ./build .) | tar xmf - -C "$copy/tree"
cd "$copy/tree"

# The extension and the package of the copy, for what Python runs; the copy's own folder has no extension.
extension() {
    rm -rf "$copy/wheel" "$copy/site"
    CARGO_TARGET_DIR=$targets/mutants "$PYTHON" -m maturin build --quiet --profile ci --locked --interpreter "$PYTHON" \
        --out "$copy/wheel" && "$PYTHON" -m zipfile -e "$copy"/wheel/*.whl "$copy/site"
}

for name in "$@"; do
    patch="$root/tests/ends/mutants/$name.patch"
    said() { sed -n "s/^$1: //p" "$patch"; }
    if ! patch -p1 -s -f <"$patch" >"$copy/log" 2>&1; then
        echo "$name DOES NOT APPLY"
        sed 's/^/    /' "$copy/log"
        exit 1
    fi
    flags="" anew="" status=0
    case $(said Build) in
    extension) extension >"$copy/log" 2>&1 || status=99 ;;
    asan) flags="-Zsanitizer=address" ;;
    tsan) flags="-Zsanitizer=thread" anew="-Zbuild-std" ;;
    *) echo "$name says no way to build" && exit 1 ;;
    esac
    if [ -n "$anew" ] && [ ! -e "$(rustc --print sysroot)/lib/rustlib/src/rust/library/Cargo.lock" ]; then
        echo "$name SKIPPED: std's source is not here; add it with 'rustup component add rust-src'"
        patch -p1 -R -s -f <"$patch"
        continue
    fi
    if [ -n "$flags" ]; then
        export RUSTC_BOOTSTRAP=1 RUSTFLAGS="$flags" CARGO_TARGET_DIR="$targets/mutants-$(said Build)"
        test="cargo test -q --locked $anew --profile ci --target $host $(said Cargo)"
        $test --no-run >"$copy/log" 2>&1 || status=99
    fi
    if [ "$status" = 0 ]; then
        (
            export TEST="${test:-}" PYTHON PYTHONPATH="$copy/site" \
                PYTHONWARNINGS=ignore::RuntimeWarning PYTEST_ADDOPTS="-W ignore:this:RuntimeWarning -p no:cacheprovider"
            sh -c "$(said Check)"
        ) >"$copy/log" 2>&1 || status=$?
    else
        echo "$name DOES NOT BUILD"
        tail -n 20 "$copy/log" | sed 's/^/    /'
        exit 1
    fi
    if [ "$status" -ne 0 ] && grep -q -e "$(said Says)" "$copy/log"; then
        echo "$name caught: $(grep -m 1 -o -e "$(said Says)" "$copy/log")"
    else
        echo "$name WAS NOT CAUGHT (status $status)"
        tail -n 20 "$copy/log" | sed 's/^/    /'
        failed=1
    fi
    unset RUSTC_BOOTSTRAP RUSTFLAGS test
    patch -p1 -R -s -f <"$patch"
    # New times for what was changed back, or cargo would take the fault for it.
    sed -n 's,^+++ b/,,p' "$patch" | xargs touch
done
exit "$failed"
