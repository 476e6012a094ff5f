#!/usr/bin/env bash
# Makes models/reach again: episodes of noise and of a noisy script, faster than real time, then training. Half an hour in all.
# The seeds are fixed; another processor rounds otherwise and gets another model.
#   scripts/reach-model.sh [FOLDER]     episodes and run go there and are gone on with; data/reach and runs/reach if not given
set -euo pipefail
cd "$(dirname "$0")/.."
work="${1:-.}"
data="$work/data/reach" run="$work/runs/reach"
./robot simulate --task reach --policy noise --episodes 1000 --seed 0 --data "$data"
./robot simulate --task reach --policy expert --noise 0.4 --episodes 1500 --seed 2000 --data "$data"
resume=()
if [ -e "$run/config.json" ]; then resume=(--resume); fi
./robot train rssm-small --config tasks/reach.yaml --data "$data" --out "$run" "${resume[@]}"
./robot simulate --task reach --policy "$run" --episodes 100 --seed 4000
echo "the model is in $run/best; to ship it: cp $run/best/model.* models/reach/"
