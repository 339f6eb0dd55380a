#!/bin/sh
# Runs tests under the address sanitizer: sanitize.sh [rust | python]; both unless one is named.
#
# The stable compiler ships the runtime; the flag that asks for it counts as unstable, hence RUSTC_BOOTSTRAP. Rust's tests
# are programs that have the runtime in them. The extension is loaded by an interpreter that has none, so GCC's, of the
# same interface, is preloaded. Ends with 1 if something was reported, and with 3 if nothing could be run.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
parts=${1:-rust python}
: "${PYTHON:=.venv/bin/python}" "${CC:=cc}" "${DOOR_SECONDS:=60}"
host=$(rustc -vV | sed -n 's/^host: //p')
built="$root/build/asan"
mkdir -p "$built"

skip() {
    echo "asan: SKIPPED: $1"
    exit 3
}

[ -e "$(rustc --print sysroot)/lib/rustlib/$host/lib/librustc-stable_rt.asan.a" ] ||
    skip "this compiler has no runtime for it"

instrumented() {
    RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address CARGO_TARGET_DIR="$root/target/asan" "$@"
}

rust() {
    # Every room that has unsafe code, and what drives it. Leaks are reported too.
    tests="cargo test --locked --profile ci --target $host"
    instrumented $tests --lib --test core --test c --test provider --test wsk
    instrumented $tests --test door -- --seconds "$DOOR_SECONDS"
}

python() {
    runtime=$("$CC" -print-file-name=libasan.so 2>/dev/null || true)
    case $runtime in /*) ;; *) skip "$CC has no libasan.so to preload" ;; esac
    instrumented "$PYTHON" -m maturin build --quiet --profile ci --locked --target "$host" --interpreter "$PYTHON" \
        --out "$built/wheel"
    rm -rf "$built/wsksim"
    "$PYTHON" -m zipfile -e "$built"/wheel/*.whl "$built"
    # The interpreter's own allocator hides from the sanitizer what is freed; of its leaks at its end nobody learns anything.
    # Without the tests that limit memory, crash on purpose, or look for long; a build for tests warns that it is one.
    export PYTHONPATH="$built" PYTHONMALLOC=malloc ASAN_OPTIONS=detect_leaks=0 PYTHONWARNINGS=ignore::RuntimeWarning
    LD_PRELOAD=$runtime "$PYTHON" -m pytest -q -p no:cacheprovider -W ignore:this:RuntimeWarning \
        tests/python/test_forks.py tests/python/test_workers.py tests/python/test_handlers.py tests/python/test_fleets.py \
        tests/python/test_connections.py tests/python/test_edges.py tests/python/test_storm.py tests/python/test_replay.py \
        tests/python/test_captures.py tests/python/contract --ignore tests/python/contract/test_coverage.py \
        --ignore tests/python/contract/test_reference.py
}

for part in $parts; do
    echo "asan: $part"
    $part
done
