#!/usr/bin/env bash
# Runs every test project, which is built, and ends with one line: N passed, N failed. Exits non-zero on a failure or when no test ran.
set -u
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
log="$(mktemp)"
trap 'rm -f "$log" "$log.waits"' EXIT
failed_projects=0
run() { # a project's folder
    echo "== $(basename "$1").Tests"
    dotnet test "$1"/*.csproj -c Release --no-build --nologo -v quiet --logger 'console;verbosity=normal' \
        -- RunConfiguration.TreatNoTestsAsError=false 2>&1
}
show() {
    tee -a "$log" | { grep -vE '^\s+Passed |^\s*$|^Test run for|^A total of|Test Parallelization' || true; }
}
# One project after the other: many tests keep real-time promises, and two cores are few. But Robot.Runtime's keep none and mostly wait,
# while Collector's compute.
for project in tests/*/*.csproj; do
    project=$(dirname "$project")
    case $project in
        tests/Robot.Runtime) continue ;;
        tests/Collector) run tests/Robot.Runtime > "$log.waits" & ;;
    esac
    run "$project" | show
    [ "${PIPESTATUS[0]}" -eq 0 ] || failed_projects=$((failed_projects + 1))
    if [ "$project" = tests/Collector ]; then
        wait $! || failed_projects=$((failed_projects + 1))
        show < "$log.waits"
    fi
done
sum() { sed -nE "s/^ *$1: *([0-9]+).*/\1/p" "$log" | awk '{s+=$1} END{print s+0}'; }
passed=$(sum Passed)
failed=$(sum Failed)
skipped=$(sum Skipped)
if [ "$failed_projects" -gt 0 ] && [ "$failed" -eq 0 ]; then failed=$failed_projects; fi # a project that crashed
if [ "$passed" -eq 0 ]; then
    echo 'no test ran' >&2
    failed=$((failed + 1))
fi
if [ "$failed" -gt 0 ]; then # once more, where one looks first
    echo '== Failed'
    awk '/^  (Passed|Skipped) |^Test Run |^== |^\[xUnit/{on=0} /^  Failed /{on=40} on-- > 0' "$log"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
