#!/bin/sh
# Runs tests under a sanitizer: sanitize.sh asan | tsan [rust | python]; both unless one is named.
#
# The stable compiler ships the runtimes; the flag that asks for one counts as unstable, hence RUSTC_BOOTSTRAP. Rust's
# tests are programs that have the runtime in them. The extension is loaded by an interpreter that has none, so GCC's,
# of the same interface, is preloaded. Ends with 1 if something was reported, and with 3 if nothing could be run.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
kind=${1:?asan or tsan} parts=${2:-rust python}
: "${PYTHON:=.venv/bin/python}" "${CC:=cc}" "${DOOR_SECONDS:=60}"
host=$(rustc -vV | sed -n 's/^host: //p')
built="$root/build/$kind"
mkdir -p "$built"

skip() {
    echo "$kind: SKIPPED: $1"
    exit 3
}

case $kind in
asan)
    library=libasan.so flags=-Zsanitizer=address
    # Of leaks of an interpreter nobody learns anything: it does not free at its end. Those of Rust's tests are told.
    python_options=detect_leaks=0:handle_segv=0:allocator_may_return_null=1
    ;;
tsan)
    library=libtsan.so flags="-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer"
    TSAN_OPTIONS="suppressions=$root/tests/ends/tsan.supp:second_deadlock_stack=1:history_size=7"
    export TSAN_OPTIONS
    ;;
*) echo "sanitize.sh: asked for $kind; there are asan and tsan" >&2 && exit 2 ;;
esac
[ -e "$(rustc --print sysroot)/lib/rustlib/$host/lib/librustc-stable_rt.$kind.a" ] ||
    skip "this compiler has no runtime for it"
export RUSTC_BOOTSTRAP=1 RUSTFLAGS="$flags" CARGO_TARGET_DIR="$root/target/$kind"
tests="cargo test --locked --profile ci --target $host"

rust() {
    if [ "$kind" = asan ]; then
        # Every room that has unsafe code, and what drives it.
        $tests --lib --test core --test c --test provider --test wsk
        $tests --test door -- --seconds "$DOOR_SECONDS"
    else
        # Not Rust's harness, whose own threads are reported: the standard library is not instrumented.
        $tests --test door -- --seconds "$DOOR_SECONDS"
        $tests --features history --test stress -- --test-threads=1
    fi
}

python() {
    runtime=$("$CC" -print-file-name="$library" 2>/dev/null || true)
    case $runtime in /*) ;; *) skip "$CC has no $library to preload" ;; esac
    "$PYTHON" -m maturin build --quiet --profile ci --locked --target "$host" --interpreter "$PYTHON" --out "$built/wheel"
    rm -rf "$built/wsksim"
    "$PYTHON" -m zipfile -e "$built"/wheel/*.whl "$built"
    unset RUSTC_BOOTSTRAP RUSTFLAGS CARGO_TARGET_DIR
    # The interpreter's own allocator hides from the sanitizer what is freed.
    export PYTHONPATH="$built" PYTHONMALLOC=malloc
    tests="$PYTHON -W ignore:this:RuntimeWarning -m pytest -q -p no:cacheprovider -W ignore:this:RuntimeWarning"
    if [ "$kind" = asan ]; then
        # Without what limits memory, crashes on purpose, or asks for millions.
        LD_PRELOAD=$runtime ASAN_OPTIONS=$python_options $tests tests/python/test_forks.py tests/python/test_workers.py \
            tests/python/test_handlers.py tests/python/test_fleets.py tests/python/test_connections.py \
            tests/python/test_edges.py tests/python/test_storm.py tests/python/test_replay.py \
            tests/python/test_captures.py tests/python/contract \
            --ignore tests/python/contract/test_coverage.py --ignore tests/python/contract/test_reference.py
    else
        "$CC" -shared -fPIC -O1 -o "$built/tsan.so" tests/ends/tsan.c
        LD_PRELOAD="$runtime $built/tsan.so" "$PYTHON" -W ignore tests/ends/crowd.py
    fi
}

for part in $parts; do
    echo "$kind: $part"
    $part
done
