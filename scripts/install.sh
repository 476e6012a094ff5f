#!/usr/bin/env bash
# install.sh install|uninstall: puts the built program, its unit, user, groups and udev rules in place, or takes them away again.
# PREFIX is where the program goes; DESTDIR is put before every path, for packages and tests, and then nothing is reloaded.
# Config and recordings are never touched.
set -eu
prefix="${PREFIX:-/opt/robotworldmodel}"
prefix="${prefix%/}" # with it, what is made beside would lie inside
dest="${DESTDIR:-}"
here="$(cd "$(dirname "$0")/.." && pwd)"
program="$here/src/Robot.Runtime/bin/Release/net10.0"
unit=/etc/systemd/system/robot-runtime.service
sysusers=/etc/sysusers.d/robot-runtime.conf
command=/usr/local/bin/robot
config=/etc/robotworldmodel

reload() {
    [ -z "$dest" ] || return 0
    if command -v udevadm >/dev/null && [ -S /run/udev/control ]; then
        udevadm control --reload-rules
        # Adapters, cameras and gamepads that are plugged in already get them, too.
        udevadm trigger --action=add --subsystem-match=usb --subsystem-match=usb-serial --subsystem-match=tty \
            --subsystem-match=input
    fi
    if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
}

check_dotnet() {
    if [ -z "$dest" ] && ! env -i PATH=/usr/bin:/bin "$prefix/robot" --version >/dev/null 2>&1; then
        cat >&2 <<TEXT
install: $prefix/robot does not start without this shell's environment, so it will not as a service. Is .NET in a home folder?
  sudo install -d /etc/dotnet && echo /where/dotnet/is | sudo tee /etc/dotnet/install_location
  The service sees no home folder: dotnet must lie elsewhere, e.g. in /usr/share/dotnet.
TEXT
    fi
}

# What PREFIX names is replaced and removed whole: by mistake it may be /usr/local, or a checkout with recordings in it.
# So nothing but what an installation put there, by its own list, may be in it.
list=.installed
is_ours() {
    [ -e "$dest$prefix" ] || return 0
    [ -f "$dest$prefix/$list" ] || return 1
    ls -A "$dest$prefix" | grep -vxF -f "$dest$prefix/$list" >&2 && return 1
    return 0
}

install_all() {
    [ -x "$program/robot" ] || { echo "install: not built yet: run 'make build' first, as yourself" >&2; exit 1; }
    is_ours || { echo "install: $dest$prefix holds something else (see above, or all of it); move it away, or name another folder with PREFIX" >&2; exit 1; }
    install -d "$(dirname "$dest$prefix")" "$dest$config" "$dest/etc/udev/rules.d"
    # Beside, then into place: a program that runs keeps the files it has opened.
    rm -rf "$dest$prefix.new"
    cp -r "$program" "$dest$prefix.new"
    cp -r "$here/docs" "$here/hardware-configs" "$here/models" "$here/tasks" "$dest$prefix.new/"
    { ls -A "$dest$prefix.new"; echo "$list"; } >"$dest$prefix.new/$list.tmp"
    mv "$dest$prefix.new/$list.tmp" "$dest$prefix.new/$list"
    rm -rf "$dest$prefix"
    mv "$dest$prefix.new" "$dest$prefix"
    chmod -R u=rwX,go=rX "$dest$prefix"
    install -D -m 644 "$here/systemd/robot-runtime.sysusers" "$dest$sysusers"
    for rules in "$here"/systemd/*.rules; do
        # One that somebody has changed stays beside it as .old, which udev does not read.
        installed="$dest/etc/udev/rules.d/$(basename "$rules")"
        cmp -s "$rules" "$installed" || install -b -S .old -m 644 "$rules" "$installed"
    done
    install -d "$(dirname "$dest$unit")" "$(dirname "$dest$command")"
    sed "s|/opt/robotworldmodel|$prefix|g" "$here/systemd/robot-runtime.service" >"$dest$unit"
    chmod 644 "$dest$unit"
    if [ -e "$dest$command" ] && [ "$(readlink "$dest$command")" != "$prefix/robot" ]; then
        echo "install: $dest$command is another program's and stays; start this one as $prefix/robot" >&2
    else
        ln -sfn "$prefix/robot" "$dest$command"
    fi
    if [ -z "$dest" ] && command -v systemd-sysusers >/dev/null; then systemd-sysusers "$sysusers"; fi
    reload
    check_dotnet
    echo "installed in $dest$prefix"
    if [ -z "$dest" ] && [ -d /run/systemd/system ] && systemctl is-active --quiet robot-runtime; then
        echo "install: the service still runs the program from before, and must not start parts of this one: systemctl restart robot-runtime" >&2
    fi
    if [ ! -e "$dest$config/cell.yaml" ]; then echo "next: sudo cp my-cell.yaml $config/cell.yaml"; fi
    echo "then: robot doctor --config $config/cell.yaml; sudo systemctl enable --now robot-runtime"
}

uninstall_all() {
    if [ -z "$dest" ] && [ -d /run/systemd/system ] && [ -e "$unit" ]; then systemctl disable --now robot-runtime; fi
    for rules in "$here"/systemd/*.rules; do rm -f "$dest/etc/udev/rules.d/$(basename "$rules")"; done
    rm -f "$dest$unit" "$dest$sysusers"
    if [ "$(readlink "$dest$command" 2>/dev/null)" = "$prefix/robot" ]; then rm "$dest$command"; fi
    if is_ours; then rm -rf "$dest$prefix"; else echo "uninstall: $dest$prefix holds something else and stays" >&2; fi
    reload
    echo "removed. $config, /var/lib/robot with its recordings, and the user robot are left"
}

case "$prefix" in /?*) ;; *) echo "install: PREFIX must be an absolute path, it is '$prefix'" >&2; exit 1 ;; esac
[ -n "$dest" ] || [ "$(id -u)" -eq 0 ] || { echo "install: needs root: sudo make ${1:-install}" >&2; exit 1; }
case "${1:-}" in
    install) install_all ;;
    uninstall) uninstall_all ;;
    *) echo "usage: install.sh install|uninstall" >&2; exit 1 ;;
esac
