#!/bin/sh
# Runs tests under a sanitizer: sanitize.sh address | thread [rust | python]; both parts unless one is named.
#
# The stable compiler ships the runtimes; the flags that ask for them count as unstable, hence RUSTC_BOOTSTRAP. Rust's tests
# are programs that have the runtime in them. The extension is loaded by an interpreter that has none, so GCC's, of the
# same interface, is preloaded. For the thread sanitizer std is built anew as well: what its locks, channels and threads
# order is not seen otherwise. Ends with 1 if something was reported, and with 3 if nothing could be run.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
kind=${1:-}
parts=${2:-rust python}
: "${PYTHON:=.venv/bin/python}" "${CC:=cc}" "${DOOR_SECONDS:=60}"
case $PYTHON in */*) PYTHON=$(cd "$(dirname "$PYTHON")" && pwd)/$(basename "$PYTHON") ;; esac
host=$(rustc -vV | sed -n 's/^host: //p')
sysroot=$(rustc --print sysroot)

skip() {
    echo "$kind sanitizer: SKIPPED: $1"
    exit 3
}

case $kind in
address) short=asan anew="" ;;
thread) short=tsan anew="-Zbuild-std" ;;
*) echo "sanitize: asked for the address or the thread sanitizer; found '$kind'; name one of them" >&2 && exit 2 ;;
esac
[ -e "$sysroot/lib/rustlib/$host/lib/librustc-stable_rt.$short.a" ] || skip "this compiler has no runtime for it"
[ -z "$anew" ] || [ -e "$sysroot/lib/rustlib/src/rust/library/Cargo.lock" ] ||
    skip "std has to be built with it, whose source is not here; add it with 'rustup component add rust-src'"
built="$root/build/$short"
mkdir -p "$built"

instrumented() {
    RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=$kind" CARGO_TARGET_DIR="$root/target/$short" "$@"
}

rust() {
    tests="cargo test --locked $anew --profile ci --target $host"
    if [ "$kind" = address ]; then
        # Every room that has unsafe code, and what drives it. Leaks are reported too.
        instrumented $tests --lib --test core --test c --test provider --test wsk
    else
        # What several threads do at once, with what each of them writes.
        tests="$tests --features history"
        instrumented $tests --lib --test core --test provider --test stress
    fi
    instrumented $tests --test door -- --seconds "$DOOR_SECONDS"
}

preloaded() {
    found=$("$CC" -print-file-name="lib$short.so" 2>/dev/null || true)
    case $found in /*) echo "$found" ;; esac
}

python() {
    runtime=$(preloaded)
    [ -n "$runtime" ] || skip "$CC has no lib$short.so to preload"
    features="python"
    [ "$kind" = address ] || features="python,history"
    rm -rf "$built/wheel" "$built/wsksim"
    instrumented "$PYTHON" -m maturin build $anew --quiet --profile ci --locked --target "$host" --features "$features" \
        --interpreter "$PYTHON" --out "$built/wheel"
    "$PYTHON" -m zipfile -e "$built"/wheel/*.whl "$built"
    # A build for tests warns that it is one.
    export PYTHONPATH="$built" PYTHONWARNINGS=ignore::RuntimeWarning
    set -- "$PYTHON" -m pytest -q -p no:cacheprovider -W ignore:this:RuntimeWarning
    cd tests/python
    if [ "$kind" = address ]; then
        # The interpreter's own allocator hides from the sanitizer what is freed; of its leaks at its end nobody learns
        # anything. Without the tests that limit memory, which the sanitizer has taken, or crash on purpose.
        export PYTHONMALLOC=malloc ASAN_OPTIONS=detect_leaks=0
        LD_PRELOAD=$runtime "$@" test_forks.py test_interrupts.py test_workers.py test_handlers.py test_fleets.py \
            test_connections.py test_edges.py test_storm.py test_replay.py test_captures.py contract \
            --ignore contract/test_coverage.py --ignore contract/test_reference.py
    else
        # GCC's runtime has no copies of memory by the names that this compiler calls.
        "$CC" -shared -fPIC -O1 -fno-builtin -o "$built/copies.so" "$root/tests/ends/copies.c"
        export TSAN_OPTIONS="suppressions=$root/tests/ends/tsan.supp" WSKSIM_HISTORY="$built"
        LD_PRELOAD="$runtime $built/copies.so" "$@" test_stress.py test_workers.py test_handlers.py test_fleets.py \
            test_connections.py test_edges.py test_storm.py test_run_plan.py contract/test_completions.py
    fi
}

for part in $parts; do
    echo "$kind sanitizer: $part"
    ("$part")
done
