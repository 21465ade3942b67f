# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# shellcheck disable=SC2317 # the workers are called by name
#
# Shared code of the stress jobs: runs workers side by side, each a function that
# does a round of its work, and watches the kernel meanwhile.  Sourced by a job of
# /jobs, which sets seconds, WORKERS, and
#
#	areas		prints the address ranges from which kcore reads some
#	work_X ROUND	for each worker X that is not here
#	each_step	is called every STEP seconds
#
# and then calls begin, work, verdicts, its own verdict lines, and end.

seconds=${seconds:-600}
DEBUG=${DEBUG:-/sys/kernel/debug}
PROC=${PROC:-/proc}
CPUS=${CPUS:-/sys/devices/system/cpu}
JOBS=${JOBS:-/jobs}
MODPROBE=${MODPROBE:-/bin/modprobe}
DIR=${DIR:-/tmp/stress}
GRACE=${GRACE:-900}	# seconds for a worker's last round
STEP=${STEP:-10}	# seconds between two checks of the log
KCORE_PAGES=${KCORE_PAGES:-1024}	# at most this many are read per area

# numbers NUMBER...: are all of them numbers, and none is 0?
numbers()
{
	for value; do
		case $value in
		''|*[!0-9]*|0*)
			echo "stress: expected a positive number, found '$value'; see the head of /jobs/${0##*/}" >&2
			exit 2 ;;
		esac
	done
}

# need FILE CONFIG
need()
{
	[ -e "$1" ] || {
		echo "stress: no $1; the kernel needs $2" >&2
		exit 2
	}
}

# need_worker WORKER: check what the workers below need
need_worker()
{
	case $1 in
	hotplug)	need "$CPUS/cpu1/online" "CONFIG_HOTPLUG_CPU=y, and two CPUs" ;;
	kcore)		need "$PROC/kcore" CONFIG_PROC_KCORE=y ;;
	shrink)		need "$PROC/sys/vm/drop_caches" CONFIG_PROC_SYSCTL=y ;;
	*)		echo "stress: no worker is named '$1'" >&2
			exit 2 ;;
	esac
}

now()
{
	cut -d . -f 1 "$PROC/uptime"
}

# The workers.  work_X ROUND does one round; status 0: done; 1: not possible this
# time; otherwise something is wrong, and a line on standard output describes it.

# Take one CPU after another offline and back online
work_hotplug()
{
	nr=$(find "$CPUS" -maxdepth 2 -path '*/cpu[1-9]*/online' | wc -l)
	online=$CPUS/cpu$((1 + $1 % nr))/online
	# Briefly busy if another task takes it at the same time
	echo 0 >"$online" 2>/dev/null || return 1
	usleep 200000
	tries=0
	until echo 1 >"$online" 2>"$DIR/hotplug.err"; do
		[ $((tries += 1)) -lt 100 ] || {
			echo "cannot take $online back: $(cat "$DIR/hotplug.err")"
			return 2
		}
		usleep 100000
	done
	usleep 200000
}

work_shrink()
{
	echo $((1 + $1 % 3)) >"$PROC/sys/vm/drop_caches" || return 2
	usleep 300000
}

# Read some areas through /proc/kcore.  It is an ELF file; its program headers map
# addresses to offsets in the file.
work_kcore()
{
	core=$PROC/kcore
	# shellcheck disable=SC2046 # words
	set -- $(od -An -v -td8 -j 32 -N 8 "$core") \
		$(od -An -v -td2 -j 56 -N 2 "$core") $(areas | shuf -n 3)
	headers=$(od -An -v -td8 -w56 -j "$1" -N $((56 * $2)) "$core")
	shift 2
	[ $# -gt 0 ] || return 1
	for area; do
		start=$((${area%-*})) end=$((${area#*-}))
		[ $((end - start)) -le $((KCORE_PAGES * 4096)) ] ||
			end=$((start + KCORE_PAGES * 4096))
		at=$(echo "$headers" | while read -r _ offset vaddr _ _ size _; do
			if [ "$start" -ge "$vaddr" ] &&
			   [ "$end" -le $((vaddr + size)) ]; then
				echo $((start - vaddr + offset))
				break
			fi
		done)
		[ -n "$at" ] || { echo "no segment has $area"; return 2; }
		bytes=$(dd if="$core" bs=4096 skip=$((at / 4096)) \
			count=$(((end - start) / 4096)) 2>/dev/null | wc -c)
		[ "$bytes" -eq $((end - start)) ] || {
			echo "$bytes bytes of $area"
			return 2
		}
	done
}

# rounds WORKER: run rounds until stopped; write the number of rounds and, on a
# failure, the reason to DIR
rounds()
{
	round=0 count=0 missed=0
	while [ ! -e "$DIR/stop" ]; do
		why=$("work_$1" $round)
		case $? in
		0)	count=$((count + 1)) ;;
		1)	missed=$((missed + 1))
			usleep 50000 ;;
		*)	echo "round $round: ${why:-no reason was given}" \
				>"$DIR/$1.why"
			break ;;
		esac
		round=$((round + 1))
		echo "$count $missed" >"$DIR/$1.counting"
		mv "$DIR/$1.counting" "$DIR/$1.count"
	done
}

# counted WORKER: rounds done
counted()
{
	cut -d ' ' -f 1 "$DIR/$1.count" 2>/dev/null || echo 0
}

# splat: print unexpected lines of the log, including those that do not trigger
# panic_on_warn: reports of lockdep and RCU, sleeping in atomic context
splat()
{
	dmesg | grep -m 1 -E 'BUG: |WARNING: |INFO: (task|rcu|suspicious|possible|trying)|rcu: INFO: |Oops|general protection|DEBUG_LOCKS_WARN|bad unlock balance|inconsistent lock state|Bad page state'
}

# tainted: by a warning (512), an oops (128), a bad page (32), a lockup (16384)
tainted()
{
	[ $(($(cat "$PROC/sys/kernel/tainted") & (512 | 128 | 32 | 16384))) -ne 0 ]
}

# lockdep_off: it reports only once, and is off after that
lockdep_off()
{
	[ -r "$PROC/lockdep_stats" ] &&
		grep -qE 'debug_locks: +0' "$PROC/lockdep_stats"
}

# watch: record the first thing that is wrong with the kernel; the log is limited
watch()
{
	[ ! -s "$DIR/splat" ] || return 1
	{
		splat || { ! tainted || echo "the kernel is tainted"; }
		! lockdep_off || echo "lockdep has switched itself off"
	} >"$DIR/splat"
	[ ! -s "$DIR/splat" ]
}

number=0 status=0
# verdict OK NAME TEXT...
verdict()
{
	number=$((number + 1))
	[ -z "$3" ] || echo "$3" | sed "s/^/    # $2: /"
	if [ "$1" -eq 0 ]; then
		echo "    ok $number $2"
	else
		echo "    not ok $number $2"
		status=1
	fi
}

meminfo()
{
	awk -v OFS='' '/^(MemAvailable|Slab|PageTables):/ {
		printf "%s%s %d MB", sep, $1, $2 / 1024; sep = ", "
	}' "$PROC/meminfo"
}

# begin SUITE TESTS: print the document's head; TESTS follow those of the workers
begin()
{
	suite=$1 tests=$2
	mkdir -p "$DIR" && rm -f "$DIR"/*
	# Show real addresses to root
	[ ! -w "$PROC/sys/kernel/kptr_restrict" ] ||
		echo 1 >"$PROC/sys/kernel/kptr_restrict"
	echo "KTAP version 1"
	echo "1..1"
	echo "    KTAP version 1"
	echo "    # Subtest: $suite"
	# shellcheck disable=SC2086 # words
	set -- $WORKERS
	echo "    1..$(($# + 1 + tests))"
	echo "    # $seconds seconds, $(areas | wc -l) areas, $(meminfo)"
}

# work: run all workers until the time is up or the kernel complains
work()
{
	# shellcheck disable=SC2086 # words
	set -- $WORKERS
	watch
	start=$(now)
	for worker; do
		rounds "$worker" &
		echo $! >"$DIR/$worker.pid"
	done

	while [ $(($(now) - start)) -lt "$seconds" ]; do
		sleep "$STEP"
		watch || break
		each_step
		line=
		for worker; do
			line="$line $worker $(counted "$worker")"
			[ ! -e "$DIR/$worker.why" ] || line="$line FAILED"
		done
		echo "    # $(($(now) - start)) s:$line; $(areas | wc -l) areas"
	done
	touch "$DIR/stop"
	start=$(now)
	for worker; do
		while kill -0 "$(cat "$DIR/$worker.pid")" 2>/dev/null &&
		      [ $(($(now) - start)) -lt "$GRACE" ]; do
			usleep 200000
		done
	done
	watch
}

# verdicts: print those of the workers and of the kernel's log
verdicts()
{
	# shellcheck disable=SC2086 # words
	set -- $WORKERS
	for worker; do
		done=$(counted "$worker")
		missed=$(cut -d ' ' -f 2 "$DIR/$worker.count" 2>/dev/null)
		text="$done rounds, ${missed:-0} could not be done"
		[ ! -s "$DIR/$worker.not" ] || text="$text
not judged, failed so often:$(sort "$DIR/$worker.not" | uniq -c |
			awk '{ printf " %s %s", $2, $1 }')"
		[ ! -e "$DIR/$worker.why" ] || text="$text
$(cat "$DIR/$worker.why")"
		! kill -0 "$(cat "$DIR/$worker.pid")" 2>/dev/null || text="$text
stuck, $GRACE s after the end"
		[ "$done" -gt 0 ] && [ ! -e "$DIR/$worker.why" ] &&
			! kill -0 "$(cat "$DIR/$worker.pid")" 2>/dev/null
		verdict $? "$worker" "$text"
	done

	[ ! -s "$DIR/splat" ]
	verdict $? log "$(cat "$DIR/splat")"
}

# end: print the suite's own line, and set the job's status
end()
{
	if [ $status -eq 0 ]; then
		echo "ok 1 $suite"
	else
		echo "not ok 1 $suite"
	fi
	exit $status
}
