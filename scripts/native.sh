#!/usr/bin/env bash
# Builds native/torch against the libtorch of this machine (TORCH_ROOT, else Debian's under /usr). Without one everything but models works.
set -eu
cd "$(dirname "$0")/.."
root="${TORCH_ROOT:-/usr}"
if [ ! -e "$root/include/ATen/ATen.h" ]; then
    echo "native: no libtorch under $root: models are not built. make setup installs it; TORCH_ROOT names another." >&2
    exit 0
fi
out=artifacts/native/torch
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
if ! { cmake -S native/torch -B "$out" -DTORCH_ROOT="$root" && cmake --build "$out" -j 2; } >"$log" 2>&1; then
    cat "$log" >&2
    exit 1
fi
