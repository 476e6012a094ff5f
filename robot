#!/usr/bin/env bash
# Runs the built program; builds it first where it is not built yet.
set -eu
here="$(cd "$(dirname "$(readlink -f "$0")")" && pwd)"
program="$here/src/Robot.Runtime/bin/Release/net10.0/robot"
if [ ! -x "$program" ]; then
    echo "robot: not built yet, building (make build) …" >&2
    make -s -C "$here" build >&2
fi
exec "$program" "$@"
