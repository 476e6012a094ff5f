#!/usr/bin/env bash
# Makes models/reach again: episodes of noise and of a noisy script, faster than real time, and a model that learns from them; then
# episodes in which that model plans, with noise, and a model that learns from all of them. What the first only imagines to be a way
# to the goal, the second has seen. By its parts half an hour on two cores with 512-bit vectors, else an hour.
# The seeds are fixed; another processor rounds otherwise and gets another model.
#   scripts/reach-model.sh [FOLDER]     episodes and runs go there and are gone on with; data/reach and runs/reach-* if not given
set -euo pipefail
cd "$(dirname "$0")/.."
work="${1:-.}"
data="$work/data/reach" run="$work/runs/reach"
mkdir -p "$work/runs"
play() { # its options: whole episodes are kept, and not played again
    ./robot simulate --task reach --data "$data" "$@"
}
learn() { # which one
    local out="$run-$1" resume=()
    if [ -e "$out.done" ]; then return; fi # its data has grown since
    if [ -e "$out/config.json" ]; then resume=(--resume); fi
    ./robot train rssm-small --config tasks/reach.yaml --data "$data" --out "$out" "${resume[@]}"
    touch "$out.done"
}
if [ ! -e "$run-1.done" ]; then
    play --policy noise --episodes 1000 --seed 0
    play --policy expert --noise 0.4 --episodes 1500 --seed 2000
fi
learn 1
play --policy "$run-1" --noise 0.3 --episodes 800 --seed 40000
learn 2
./robot simulate --task reach --policy "$run-2" --episodes 100 --seed 4000
echo "the model is in $run-2/best; to ship it: cp $run-2/best/model.* models/reach/"
