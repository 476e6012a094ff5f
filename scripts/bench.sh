#!/usr/bin/env bash
# Runs every benchmark and keeps its numbers in bench/results/DATE-NAME.json. Exits with 1 where a number was missed.
#   scripts/bench.sh            hours (docs/benchmarks.md); 45 GB free in the temporary folder (TMPDIR names another)
#   scripts/bench.sh --quick    a few minutes, to see that all of it works; keeps nothing
set -u
cd "$(dirname "$0")/.."
quick=''
case "${1:-}" in
    '') ;;
    --quick) quick=1 ;;
    *) echo 'usage: scripts/bench.sh [--quick]' >&2; exit 64 ;;
esac
bench=bench/Bench/bin/Release/net10.0/RobotWorldModel.Bench
[ -x "$bench" ] || { echo 'bench: not built yet; run: make bench' >&2; exit 64; }
load=$(cut -d' ' -f1 /proc/loadavg)
if awk -v load="$load" 'BEGIN { exit !(load > 0.5) }'; then
    echo "bench: this machine is not quiet (load $load): what follows says little about the program"
fi

missed=()
failed=()
run() {
    local name=$1 status=0
    "$bench" "$@" || status=$?
    case $status in
        0) ;;
        1) missed+=("$name") ;;
        130) exit 130 ;;
        *) failed+=("$name") ;;
    esac
}
if [ -n "$quick" ]; then
    run encoding --runs 1
    run imagination --runs 1
    run learned-control --quick
    run reach --goals 2 --disturbed 0
    run webcam --runs 1 --seconds 5
    run rendering --runs 1 --seconds 2
    run rtde --runs 2 --seconds 5
    run force --runs 1 --seconds 5
    run devices --runs 1 --seconds 3
    run cancellation --runs 1
    run control --seconds 5
    run roundtrip --runs 1 --seconds 5
    run teleop --runs 1
    run recovery --runs 1
    run controller --runs 1 --seconds 3
    run realsense --runs 1 --seconds 5
    run frame-socket --runs 1 --seconds 5
    run episode-camera --runs 1 --seconds 5
    run times --runs 1 --seconds 5
    run capture --runs 1 --seconds 20
    run tick --minutes 0.25
else
    results=bench/results
    run encoding --results "$results"
    run imagination --results "$results"
    run learned-control --results "$results"
    run reach --results "$results"
    run webcam --results "$results"
    run rendering --results "$results"
    run rtde --results "$results"
    run force --results "$results"
    run devices --results "$results"
    run cancellation --results "$results"
    run control --results "$results"
    run roundtrip --results "$results"
    run teleop --results "$results"
    run recovery --results "$results"
    run controller --results "$results"
    run realsense --results "$results"
    run frame-socket --results "$results"
    run episode-camera --results "$results"
    run times --results "$results"
    run capture --results "$results"
    run tick --results "$results"
fi
[ ${#failed[@]} -eq 0 ] || echo "bench: could not be measured: ${failed[*]}"
[ ${#missed[@]} -eq 0 ] || echo "bench: a number was missed in: ${missed[*]}"
[ $((${#failed[@]} + ${#missed[@]})) -eq 0 ]
