#!/usr/bin/env bash
# Installs what the build, the demo and the tests need beyond the .NET SDK, and says why. Does nothing when all is there.
set -eu

if ! command -v dotnet >/dev/null || ! dotnet --list-sdks 2>/dev/null | grep -q '^10\.'; then
    cat >&2 <<'TEXT'
setup: the .NET 10 SDK is missing. Install it, then run this again:
    https://learn.microsoft.com/dotnet/core/install/linux-debian     (package dotnet-sdk-10.0)
  or, without root:  curl -sSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel 10.0
                     export PATH="$HOME/.dotnet:$PATH"
TEXT
    exit 1
fi

# package | why
packages='
python3-minimal|independent peers in the tests (controller, gripper and camera stand-ins, format checkers)
python3-numpy|reads our depth files in the tests, as training code would
python3-pil|reads our pictures in the tests, as training code would
chromium|the browser test of the dashboard
nodejs|drives Chromium in the browser test
socat|serial lines without hardware in the tests
python3-serial|another program on the same serial port in the tests
python3-pymodbus|an independent Modbus server in the tests
python3-serial-asyncio|its serial side
libmodbus-dev|another independent Modbus server in the tests
libmujoco-dev|an independent physics engine: the classic tasks move as in it, in the tests
libturbojpeg0|decodes Motion-JPEG of webcams, in the tests too
libapriltag3|finds calibration boards in pictures: robot calibrate camera
libtorch-dev|learns and runs world models (native/torch is built against it)
libopenblas0-pthread|computes for it; the reference BLAS that would else be taken is many times slower
g++|builds native/torch
cmake|builds native/torch
gcc|the C loop that the tick is measured against; the stand-in for librealsense2 in the tests
libc6-dev|headers for both
'
missing=()
while IFS='|' read -r package why; do
    [ -n "$package" ] || continue
    if ! dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed'; then
        missing+=("$package")
        printf 'setup: installing %-21s %s\n' "$package" "$why"
    fi
done <<<"$packages"

if [ ${#missing[@]} -gt 0 ]; then
    sudo=''
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "setup: needs root or sudo for: apt-get install ${missing[*]}" >&2; exit 1; }
        sudo='sudo'
    fi
    $sudo apt-get update -qq
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    echo 'setup: done'
fi
