#!/usr/bin/env bash
# Runs every test project, which is built, and ends with one line: N passed, N failed. Exits non-zero on a failure or when no test ran.
set -u
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
log="$(mktemp)"
trap 'rm -f "$log" "$log.beside"' EXIT
failed_projects=0
run() { # a project's folder, and which of its tests, if not all
    echo "== $(basename "$1").Tests"
    dotnet test "$1"/*.csproj -c Release --no-build --nologo -v quiet --logger 'console;verbosity=normal' ${2:+--filter "$2"} \
        -- RunConfiguration.TreatNoTestsAsError=false 2>&1
}
show() {
    tee -a "$log" | { grep -vE '^\s+Passed |^\s*$|^Test run for|^A total of|Test Parallelization' || true; }
}
# Whole cells keep real-time promises, and mostly wait. What keeps none runs beside them in what they leave of the machine, at the lowest
# priority and without the right to a real-time class of its own; what keeps some, a project or tests marked [Trait("Keeps", "time")], runs
# alone after them. What computes on all cores and keeps no times runs last, beside the browser: that begins sessions of its own, to which
# the kernel gives a share of their own, whatever their priority, and cells that lose a tenth of a second to it stop their arm.
beside='tests/Robot.Runtime tests/Vision'
computes='tests/WorldModel tests/Planner tests/TorchSharp'
gives_way=(nice -n 19 setpriv --bounding-set=-sys_nice --inh-caps=-sys_nice)
"${gives_way[@]}" true 2>/dev/null || gives_way=(nice -n 19) # nobody but root has that right to lose
in_a_row() { # which of their tests, and projects; with their exit codes, for what runs in the background
    local which="$1"
    for project in "${@:2}"; do
        run "$project" "$which"
        echo "exit code $?"
    done
}
show_background() { # what they said
    grep -v '^exit code' "$log.beside" | show
    failed_projects=$((failed_projects + $(grep -c '^exit code [^0]' "$log.beside")))
}
show_now() {
    run "$1" "${2:-}" | show
    [ "${PIPESTATUS[0]}" -eq 0 ] || failed_projects=$((failed_projects + 1))
}
"${gives_way[@]}" bash -c "$(declare -f run in_a_row); in_a_row Keeps!=time $beside" > "$log.beside" &
show_now tests/EndToEnd
wait $!
show_background
show_now tests/Robot.Runtime Keeps=time
for project in tests/*/*.csproj; do
    project=$(dirname "$project")
    case " $beside $computes tests/EndToEnd tests/Browser " in *" $project "*) continue ;; esac
    show_now "$project"
done
if [ -e artifacts/native/torch/librobot_torch.so ]; then
    # shellcheck disable=SC2086
    in_a_row '' $computes > "$log.beside" &
else
    echo "== skipped, for want of libtorch (make setup): $computes"
    : > "$log.beside" # nothing runs beside it
fi
show_now tests/Browser
wait
show_background
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
