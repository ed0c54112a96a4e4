#!/bin/bash
# Makes the namespaces of one node and stays as their process 1: see namespaces.ts.
#   namespaces.sh CLUSTER NODE_ADDRESS SERVICE_RANGE CONTROL_GROUP HOLDER_FILE
set -e

cluster=$1 node=$2 services=$3 group=$4 holder_file=$5

# The mount points of the kernel's control groups, of the first version and the second.
control_groups() {
  awk '$3 ~ /^cgroup2?$/ && $2 ~ /^\/sys\/fs\/cgroup/ {print $2}' /proc/self/mounts | sort -u
}

# The control group that a process is in when it makes a namespace of them becomes the root in there.
join_control_groups() {
  local mount
  for mount in $(control_groups); do
    mkdir -p "$mount$group"
    # Of the first version, a group of processors is empty until it is told which it has.
    if [ -e "$mount/cpuset.mems" ] && [ -e "$mount$group/cpuset.clone_children" -o -e "$mount$group/tasks" ]; then
      cat "$mount/cpuset.cpus" > "$mount$group/cpuset.cpus"
      cat "$mount/cpuset.mems" > "$mount$group/cpuset.mems"
    fi
    echo $$ > "$mount$group/cgroup.procs"
  done
}

if [ "$IN_NAMESPACES" != yes ]; then
  join_control_groups
  export IN_NAMESPACES=yes
  exec unshare --net --mount --pid --uts --ipc --cgroup --fork --kill-child --propagation slave bash "$0" "$@"
fi

# Read before /proc is replaced, it still shows the number that the host knows this process by.
read -r holder rest < /proc/self/stat
hostname "testbed-$cluster"

# Containers need shared mounts; as slaves of the host's, none of them is seen outside.
mount --make-rshared /
for mount in $(control_groups); do
  mount --bind "$mount$group" "$mount"
  # Of the second version, a group cannot have both processes and groups with limits.
  if [ -e "$mount/cgroup.controllers" ]; then
    mkdir -p "$mount/holder"
    echo 0 > "$mount/holder/cgroup.procs"
  fi
done
mount -t proc proc /proc

# What is written to the usual places stays in here.
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir -p /mnt/run/lock /mnt/run/netns
for folder in etc var/lib var/log; do
  mkdir -p /mnt/upper/$folder /mnt/work/$folder
  mount -t overlay overlay -o lowerdir=/$folder,upperdir=/mnt/upper/$folder,workdir=/mnt/work/$folder /$folder
done
mount --bind /mnt/run /run
rm -f /etc/hosts /etc/resolv.conf
printf '127.0.0.1 localhost\n%s testbed-%s\n' "$node" "$cluster" > /etc/hosts
: > /etc/resolv.conf

# kubelet would change these settings of the whole machine; it finds files that say they are so.
while read -r setting value; do
  echo "$value" > "/mnt/$(basename "$setting")"
  mount --bind "/mnt/$(basename "$setting")" "/proc/sys/$setting"
done <<'settings'
vm/overcommit_memory 1
vm/panic_on_oom 0
kernel/panic 10
kernel/panic_on_oops 1
kernel/keys/root_maxkeys 1000000
kernel/keys/root_maxbytes 25000000
settings

ip link set lo up
ip address add "$node/32" dev lo
# Connections from the node to a Service are given a real address only after they were routed.
ip route add "$services" dev lo src "$node"
echo 1 > /proc/sys/net/ipv4/ip_forward

echo "$holder" > "$holder_file.new"
mv "$holder_file.new" "$holder_file"
trap '' TERM INT HUP
# Process 1 inherits orphans; bash buries them.
while :; do
  sleep 3600 &
  wait
done
