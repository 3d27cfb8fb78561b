#!/bin/sh
# Makes a real Debian image as an OCI layout: three layers, over 100 MB unpacked, with deletions and hardlinks.
#   make-debian-image.sh LAYOUT-DIR
# Needs root, debootstrap, umoci and a Debian mirror. The root filesystem is kept beside the layout as LAYOUT-DIR.rootfs.
# Ends with 75 where debootstrap cannot get Debian, which says nothing about us.
set -eu
layout=$1
rootfs=$layout.rootfs
if [ ! -e "$rootfs.whole" ]; then
  rm -rf "$rootfs"
  debootstrap --variant=minbase bookworm "$rootfs" >"$layout.log" 2>&1 || {
    tail -n 3 "$layout.log" >&2
    exit 75
  }
  touch "$rootfs.whole"
fi
rm -rf "$layout" "$layout.top"
umoci init --layout "$layout"
umoci new --image "$layout:debian"
umoci insert --image "$layout:debian" "$rootfs" /
mkdir -p "$layout.top/srv/app" "$layout.top/etc"
head -c 20000000 /dev/urandom | base64 >"$layout.top/srv/app/data.txt"
ln "$layout.top/srv/app/data.txt" "$layout.top/srv/app/same.txt"
ln -s ../srv/app "$layout.top/etc/app"
umoci insert --image "$layout:debian" "$layout.top" /
umoci insert --image "$layout:debian" --whiteout /usr/share/doc
umoci config --image "$layout:debian" --config.user 1000 --config.env APP=demo --config.exposedports 8080/tcp
