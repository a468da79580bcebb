#!/bin/sh
# Installs the real peers that the interop tests run against, from Debian (12 or later); with --bench also what the benchmarks
# compile and run. Needs root.
# The tests skip what is missing, visibly; with SALLYPORT_REQUIRE_PEERS=1 a missing peer is a failure.
set -eu

packages="
  qemu-system-x86 seabios ipxe-qemu
  grub-rescue-pc
  tigervnc-viewer tigervnc-standalone-server
  gvncviewer
  x11vnc libvncserver-dev gcc libc6-dev
  wayvnc sway swaybg
  novnc chromium
  ffmpeg
  xvfb xdotool openbox xterm imagemagick fonts-dejavu-core
  gnutls-bin openssl
  systemd python3 bsdutils util-linux
"
if [ "${1:-}" = --bench ]; then
  packages="$packages gcc libc6-dev libvncserver-dev libx11-dev x11vnc"
fi

missing=""
for package in $packages; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done
if [ -z "$missing" ]; then
  echo "all peers are installed"
  exit 0
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 -- a list of words is meant
apt-get install -y -qq --no-install-recommends $missing >/dev/null
