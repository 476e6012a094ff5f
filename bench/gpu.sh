#!/usr/bin/env bash
# Planning on a GPU: our planners on libtorch, operation by operation and as a CUDA graph, beside PyTorch, eager and compiled; all checked
# against float64 on the CPU. Needs PyTorch for Python, g++ and CUDA's headers (nvcc's); no .NET.
#   bench/gpu.sh pack      where .NET is: publishes the bench, self-contained, into artifacts/gpu; carry that folder along with the checkout
#   bench/gpu.sh           on the GPU machine: builds the library against that PyTorch, measures, keeps bench/results/DATE-gpu.json (minutes)
#   bench/gpu.sh --quick   small problems and few plans, to see that all of it works; keeps nothing
#   bench/gpu.sh --cpu     the same on the CPU: this script's own logic where no GPU is at hand
# Without PyTorch --cpu runs on the library that scripts/native.sh built, and says so. Exits with 1 where a number was missed.
set -eu
cd "$(dirname "$0")/.."
packed=artifacts/gpu
bench=$packed/RobotWorldModel.Gpu.Bench
python=${PYTHON:-python3}
device=cuda
quick=''
case "${1:-}" in
    '') ;;
    --quick) quick=--quick ;;
    --cpu) device=cpu quick=--quick ;;
    pack)
        rm -rf "$packed"
        dotnet publish bench/Gpu -c Release -r linux-x64 --self-contained -p:PublishSingleFile=true \
            -p:EnableCompressionInSingleFile=true -o "$packed" -v quiet -nologo --nodeReuse:false
        rm -f "$packed"/librobot_torch.so "$packed"/*.pdb # of this machine's libtorch
        git describe --always --dirty --exclude='*' >"$packed/commit" 2>/dev/null || echo unknown >"$packed/commit"
        du -sh "$packed"
        exit
        ;;
    *) echo 'usage: bench/gpu.sh [pack | --quick | --cpu]' >&2; exit 64 ;;
esac
[ -x "$bench" ] || { echo "gpu: $bench is not there: run bench/gpu.sh pack where .NET is, and carry $packed along" >&2; exit 64; }

# What PyTorch is there, and how its library was built: four lines. A wheel has headers and libraries in it, Debian's package under /usr.
ask='import os, torch
print(torch.__version__)
print(int(torch.compiled_with_cxx11_abi()))
root = os.path.dirname(torch.__file__)
print(root if os.path.isdir(os.path.join(root, "include", "ATen")) else "/usr")
print(int(torch.cuda.is_available()))'
known=$("$python" -c "$ask" 2>/dev/null) || known=''
if [ -n "$known" ]; then
    { read -r version; read -r abi; read -r root; read -r available; } <<<"$known"
    if [ $device = cuda ] && [ "$available" = 0 ]; then
        echo "gpu: PyTorch $version finds no GPU here; --cpu runs without one" >&2
        exit 69
    fi
elif [ $device = cuda ]; then
    echo "gpu: $python has no PyTorch (import torch); PYTHON=... names another" >&2
    exit 69
fi

# PyTorch's own libcudart and headers come first: those of another version of CUDA would be loaded beside them.
find_cuda() {
    local site
    site=$("$python" -c 'import torch, os; print(os.path.dirname(os.path.dirname(torch.__file__)))')
    runtime=$(ls -d "$site"/nvidia/cuda_runtime/lib/libcudart.so.* "$site"/nvidia/cu1*/lib/libcudart.so.* 2>/dev/null | head -1)
    toolkit=${CUDA_HOME:-$(command -v nvcc >/dev/null && dirname "$(dirname "$(readlink -f "$(command -v nvcc)")")" || echo /usr/local/cuda)}
    [ -n "$runtime" ] || runtime=$(ls "$toolkit"/lib64/libcudart.so "$toolkit"/lib/libcudart.so 2>/dev/null | head -1)
    if [ -z "$runtime" ] || [ ! -e "$toolkit/include/cuda_runtime_api.h" ]; then
        echo "gpu: no CUDA headers under $toolkit or no libcudart: install nvcc's toolkit, or CUDA_HOME=..." >&2
        exit 69
    fi
}

# One compiler a source: a machine with a GPU has the cores, and its time is dear.
compile() {
    local source jobs=() job failed=''
    for source in native/torch/*.cpp; do
        g++ "-std=$1" -O1 -fPIC -w "-D_GLIBCXX_USE_CXX11_ABI=$abi" "${flags[@]}" -c "$source" -o "$work/$(basename "$source").o" \
            2>>"$work/build.log" &
        jobs+=($!)
    done
    for job in "${jobs[@]}"; do wait "$job" || failed=1; done
    [ -z "$failed" ]
}

build() {
    local flags=(-isystem "$root/include/torch/csrc/api/include") libs=()
    if [ "$root" != /usr ]; then # there the compiler looks by itself, and last
        flags+=(-isystem "$root/include")
        libs+=(-L"$root/lib" -Wl,-rpath,"$root/lib")
    fi
    libs+=(-Wl,--no-as-needed -ltorch_cpu -lc10)
    if [ $device = cuda ]; then
        find_cuda
        flags+=(-DRT_CUDA -isystem "$toolkit/include")
        libs+=(-ltorch_cuda -lc10_cuda "$runtime" -Wl,-rpath,"$(dirname "$runtime")")
    fi
    # Newer PyTorch asks for C++20.
    if (compile c++17 || compile c++20) && g++ -shared "$work"/*.o "${libs[@]}" -ldl -o "$library" 2>>"$work/build.log"; then return; fi
    tail -n 40 "$work/build.log" >&2
    echo "gpu: the library does not build against PyTorch $version" >&2
    exit 69
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
peers=()
export DOTNET_BUNDLE_EXTRACT_BASE_DIR="$work"
if [ -n "$known" ]; then
    library=$work/librobot_torch.so
    echo "gpu: building native/torch against PyTorch $version"
    build
    export ROBOT_TORCH_LIBRARY=$library
    mkdir "$work/problems"
    "$bench" export "$work/problems" $quick
    echo 'gpu: PyTorch plans, eager and compiled'
    plans=200
    [ -z "$quick" ] || plans=5
    "$python" bench/Gpu/peer.py "$work/problems" --device $device --plans $plans $quick >"$work/peers.json"
    peers=(--peers "$work/peers.json")
else
    echo "gpu: $python has no PyTorch: no peer, and the library of scripts/native.sh"
    export ROBOT_TORCH_LIBRARY=$PWD/artifacts/native/torch/librobot_torch.so
fi
[ -n "$quick" ] || keep=(--results bench/results)
"$bench" measure --device $device --of "$(cat "$packed/commit")" "${peers[@]}" ${keep[@]+"${keep[@]}"} $quick
