#!/usr/bin/env bash
# Ends the cluster and leaves nothing of it but binaries and images, however it ended: make cluster-down.
. "$(dirname "$0")/env.sh"

# Pods first: their shims live in the cluster's network, and with a pod's first process go all others in it.
shims() { ip netns pids "$netns" 2>/dev/null | while read -r pid; do case $(readlink "/proc/$pid/exe" 2>/dev/null) in *containerd-shim*) echo "$pid" ;; esac; done; }
quietly() { "$@" 2>/dev/null || true; }

if exists; then
  for name in kubelet controller-manager scheduler; do # who would start pods again
    [ -f "$run/pid/$name" ] && quietly kill -9 "$(cat "$run/pid/$name")"
  done
  for shim in $(shims); do
    # shellcheck disable=SC2013 # process numbers are words
    for child in $(cat /proc/"$shim"/task/*/children 2>/dev/null); do quietly kill -9 "$child"; done
  done
  for attempt in term kill kill kill kill; do
    pids=$(quietly ip netns pids "$netns")
    [ -z "$pids" ] && break
    # shellcheck disable=SC2086 # process numbers are words
    if [ "$attempt" = term ]; then quietly kill $pids; else quietly kill -9 $pids; fi
    for _ in $(seq 20); do [ -z "$(quietly ip netns pids "$netns")" ] && break; sleep 0.1; done
  done
fi
awk -v below="$run/" 'index($2, below) == 1 {print $2}' /proc/mounts | sort -r | while read -r mount; do quietly umount -l "$mount"; done
exists && quietly ip netns del "$netns"
rm -rf "/etc/netns/$netns"
rmdir /etc/netns 2>/dev/null || true
for group in /sys/fs/cgroup/kubepods /sys/fs/cgroup/*/kubepods; do
  if [ -d "$group" ]; then quietly find "$group" -depth -type d -exec rmdir {} ';'; fi
done
if [ -d "$run" ]; then
  grep -qF " $run/" /proc/mounts && die "Something below $run is still mounted: umount it and run make cluster-down again."
  rm -rf "$run"
fi
# The kubelet's links to logs, which lead nowhere now.
if [ -d /var/log/containers ]; then quietly find /var/log/containers -xtype l -delete; fi
exit 0
