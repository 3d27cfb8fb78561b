#!/bin/sh
# Makes three images, as OCI layouts, in which nothing is leaked, for `node bench/clean-trees.ts`:
#   minbase   Debian bookworm, as debootstrap makes it
#   debian    the same with Python, Node and OpenJDK from Debian
#   node-app  minbase with a Node application of more than 500 packages in a layer above
#   make-clean-trees.sh FOLDER
# Needs root, debootstrap, umoci, npm, a Debian mirror and a registry of npm. Root filesystems are kept beside the
# layouts as NAME.rootfs. Ends with 75 where something cannot be had, which says nothing about us.
set -eu
folder=$1
mkdir -p "$folder"

unavailable() {
  tail -n 3 "$folder/log" >&2
  exit 75
}

layout() {
  name=$1
  shift
  rm -rf "${folder:?}/$name"
  umoci init --layout "$folder/$name"
  umoci new --image "$folder/$name:clean"
  for tree in "$@"; do umoci insert --image "$folder/$name:clean" "$tree" /; done
}

minbase=$folder/minbase.rootfs
if [ ! -e "$minbase.whole" ]; then
  rm -rf "$minbase"
  debootstrap --variant=minbase bookworm "$minbase" >"$folder/log" 2>&1 || unavailable
  chroot "$minbase" apt-get clean
  touch "$minbase.whole"
fi

# apt orders what debootstrap does not: the packages that npm needs hang on each other in a circle.
debian=$folder/debian.rootfs
if [ ! -e "$debian.whole" ]; then
  rm -rf "$debian"
  cp -a "$minbase" "$debian"
  cp /etc/resolv.conf "$debian/etc/resolv.conf"
  mount -t proc proc "$debian/proc"
  trap 'umount "$debian/proc"' EXIT
  DEBIAN_FRONTEND=noninteractive chroot "$debian" sh -c '
    apt-get update
    apt-get install -y --no-install-recommends python3 python3-pip nodejs npm openjdk-17-jre-headless
    apt-get clean' >"$folder/log" 2>&1 || unavailable
  umount "$debian/proc"
  trap - EXIT
  touch "$debian.whole"
fi

app=$folder/node-app.rootfs
if [ ! -e "$app.whole" ]; then
  rm -rf "$app"
  mkdir -p "$app/srv/app"
  cat >"$app/srv/app/package.json" <<'JSON'
{
  "name": "clean-app",
  "version": "1.0.0",
  "private": true,
  "dependencies": {
    "aws-sdk": "2.1692.0",
    "express": "4.21.2",
    "firebase": "11.1.0",
    "googleapis": "144.0.0",
    "jsonwebtoken": "9.0.2",
    "mongoose": "8.9.5",
    "node-forge": "1.3.1",
    "passport": "0.7.0",
    "react-scripts": "5.0.1",
    "request": "2.88.2",
    "ssh2": "1.16.0",
    "stripe": "17.5.0"
  }
}
JSON
  (cd "$app/srv/app" && npm install --ignore-scripts --no-audit --no-fund) >"$folder/log" 2>&1 || unavailable
  touch "$app.whole"
fi

layout minbase "$minbase"
layout debian "$debian"
layout node-app "$minbase" "$app"
