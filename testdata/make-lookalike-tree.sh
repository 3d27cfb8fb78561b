#!/bin/sh
# Makes a root filesystem of Debian in which nothing mines and much looks as if it did, for `npm run bench:miners`:
# wallets and libraries of coins, programs with "miner" in their name, scanners and their rules. Packages are unpacked
# beside one another and nothing of them runs.
#   make-lookalike-tree.sh FOLDER
# Needs apt-get, dpkg-deb and a Debian mirror; makes FOLDER/lookalike.rootfs. Ends with 75 where something cannot be had,
# which says nothing about us.
set -eu
folder=$1
wanted='monero monero-tests librandomx0 librandomx-dev litecoind python3-pyethash python3-bitcoinlib adminer
  tracker-miner-fs tracker-extract logdata-anomaly-miner python3-pdfminer yara libyara9 libyara-dev python3-yara clamav
  clamav-base clamav-daemon clamav-freshclam libclamav12 libndpi4.2 libndpi-bin suricata-update fwsnort rkhunter chkrootkit
  lynis unhide fail2ban cpulimit bash coreutils cron curl systemd openssl perl-base busybox-static libc6 libstdc++6'
tree=$folder/lookalike.rootfs
[ -e "$tree.whole" ] && exit 0
rm -rf "$tree" "$folder/lookalike.debs"
mkdir -p "$tree" "$folder/lookalike.debs"
(
  cd "$folder/lookalike.debs"
  # A release may lack some of them: the others will do, and the first three must be there.
  for name in $wanted; do apt-get download "$name" >>"$folder/lookalike.log" 2>&1 || echo "not to be had: $name" >&2; done
)
for name in monero librandomx0 litecoind; do
  ls "$folder/lookalike.debs/$name"_*.deb >/dev/null 2>&1 || exit 75
done
for package in "$folder"/lookalike.debs/*.deb; do dpkg-deb -x "$package" "$tree"; done
rm -rf "$folder/lookalike.debs"
touch "$tree.whole"
