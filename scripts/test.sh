#!/usr/bin/env bash
# Runs every test project, which is built, and ends with one line: N passed, N failed. Exits non-zero on a failure or when no test ran.
set -u
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
log="$(mktemp)"
trap 'rm -f "$log" "$log.beside"' EXIT
failed_projects=0
run() { # a project's folder
    echo "== $(basename "$1").Tests"
    dotnet test "$1"/*.csproj -c Release --no-build --nologo -v quiet --logger 'console;verbosity=normal' \
        -- RunConfiguration.TreatNoTestsAsError=false 2>&1
}
show() {
    tee -a "$log" | { grep -vE '^\s+Passed |^\s*$|^Test run for|^A total of|Test Parallelization' || true; }
}
# Whole cells keep real-time promises, and mostly wait. What keeps none runs beside them in what they leave of the machine, at the lowest
# priority and without the right to a real-time class of its own; what keeps some, or computes on all cores, runs alone after them.
beside='tests/Browser tests/Robot.Runtime tests/Vision'
gives_way=(nice -n 19 setpriv --bounding-set=-sys_nice --inh-caps=-sys_nice)
"${gives_way[@]}" true 2>/dev/null || gives_way=(nice -n 19) # nobody but root has that right to lose
for project in $beside; do
    "${gives_way[@]}" bash -c "$(declare -f run); run $project"
    echo "exit code $?"
done > "$log.beside" &
run tests/EndToEnd | show
[ "${PIPESTATUS[0]}" -eq 0 ] || failed_projects=$((failed_projects + 1))
wait $!
grep -v '^exit code' "$log.beside" | show
failed_projects=$((failed_projects + $(grep -c '^exit code [^0]' "$log.beside")))
for project in tests/*/*.csproj; do
    project=$(dirname "$project")
    case " $beside tests/EndToEnd " in *" $project "*) continue ;; esac
    run "$project" | show
    [ "${PIPESTATUS[0]}" -eq 0 ] || failed_projects=$((failed_projects + 1))
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
