#!/usr/bin/env bash
# Runs every test project, which is built, and ends with one line: N passed, N failed. Exits non-zero on a failure or when no test ran.
set -u
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
log="$(mktemp)"
trap 'rm -f "$log" "$log.cell"' EXIT
failed_projects=0
run() { # a project's folder
    echo "== $(basename "$1").Tests"
    dotnet test "$1"/*.csproj -c Release --no-build --nologo -v quiet --logger 'console;verbosity=normal' \
        -- RunConfiguration.TreatNoTestsAsError=false 2>&1
}
show() {
    tee -a "$log" | { grep -vE '^\s+Passed |^\s*$|^Test run for|^A total of|Test Parallelization' || true; }
}
# A whole cell keeps real-time promises and mostly waits; all else computes, and does so beside it in what it leaves of the machine:
# at the lowest priority, and without the right to a real-time class of its own.
beside() { nice -n 19 ${gives_way[@]+"${gives_way[@]}"} bash -c "$(declare -f run); run \"\$1\"" run "$1"; }
gives_way=(setpriv --bounding-set=-sys_nice --inh-caps=-sys_nice)
"${gives_way[@]}" true 2>/dev/null || gives_way=() # nobody but root has that right to lose
run tests/EndToEnd > "$log.cell" &
for project in tests/*/*.csproj; do
    project=$(dirname "$project")
    [ "$project" != tests/EndToEnd ] || continue
    beside "$project" | show
    [ "${PIPESTATUS[0]}" -eq 0 ] || failed_projects=$((failed_projects + 1))
done
wait $! || failed_projects=$((failed_projects + 1))
show < "$log.cell"
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
