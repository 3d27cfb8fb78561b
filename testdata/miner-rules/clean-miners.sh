#!/bin/sh
# Stops miners that have got in, and takes away what starts them again.
set -eu
for name in xmrig minerd kdevtmpfsi kinsing sysrv; do
  pkill -9 "$name" || true
done
pkill -f xmrig || true
pkill -f stratum || true
if grep -q libprocesshider /etc/ld.so.preload 2>/dev/null; then
  chattr -i /etc/ld.so.preload
  : >/etc/ld.so.preload
fi
crontab -l 2>/dev/null | grep -v 'kdevtmpfsi\|stratum+tcp' | crontab - || true
rm -f /tmp/kdevtmpfsi /tmp/kinsing /var/tmp/xmrig
