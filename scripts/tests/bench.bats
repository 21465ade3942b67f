#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# bench: what is measured once, what again with other seeds, and which verdict
# counts.  The guests are stand-ins that print what a test defines; the comparison
# is done by the real program.

bats_require_minimum_version 1.5.0

setup_file()
{
	make -s -C "$BATS_TEST_DIRNAME/../../tools" O="$BATS_FILE_TMPDIR/tools"
}

setup()
{
	local program profile

	unset KVM DRY V ARCH BASE REPEAT GUESTS VMSERIES_LOCKED MAKEFLAGS MAKELEVEL
	# Each call measures; the tests of what is kept unset it
	export FORCE=1
	W=$BATS_TEST_TMPDIR
	export FAKE=$W/fake BUILD=$W/build NO_COLOR=1 PROC=$W/proc
	mkdir -p "$W/scripts/lib" "$W/kunit" "$BUILD" "$FAKE" "$W/bin" "$PROC"
	# A machine with two CPUs and enough memory
	printf '#!/bin/sh\necho 2\n' >"$W/bin/nproc"
	echo 'MemAvailable: 8000000 kB' >"$PROC/meminfo"
	printf '#!/bin/sh\necho 7.2\n' >"$W/bin/qemu-system-x86_64"
	chmod +x "$W"/bin/*
	PATH=$W/bin:$PATH
	for program in baseline linux; do
		for profile in bench count; do
			mkdir -p "$BUILD/$program/obj-x86_64-$profile/arch/x86/boot"
			echo "$program $profile" \
				>"$BUILD/$program/obj-x86_64-$profile/arch/x86/boot/bzImage"
		done
	done
	cp -a "$BATS_FILE_TMPDIR/tools" "$BUILD/tools"
	ln -s "$(realpath "$BATS_TEST_DIRNAME/../../tools")" "$W/tools"
	cp "$BATS_TEST_DIRNAME"/../{bench,demo} "$W/scripts"
	cp "$BATS_TEST_DIRNAME"/../lib/{lib.sh,guest.sh} "$W/scripts/lib"
	for program in build lib/erofs-image lib/mptable; do
		printf '#!/bin/sh\n' >"$W/scripts/$program"
	done
	printf '#!/bin/sh\n[ "$DRY" = 1 ] || echo 1 >"$1"\n' >"$W/scripts/lib/initramfs"
	# The folder's name identifies the guest; $FAKE/figures has a line
	# VARIANT SEED FIGURE for each that is not 1000, $FAKE/NAME the status of each
	# try, $FAKE/NAME.log what it leaves then, $FAKE/NAME.sleep how long it takes
	cat >"$W/scripts/lib/boot" <<-'END'
	#!/usr/bin/env bash
	seed=none icount=
	while [ $# -gt 0 ]; do
		case $1 in
		--seed)		seed=$2 ;;
		--out)		out=$2 ;;
		--icount)	icount=1 ;;
		esac
		shift
	done
	name=${out##*/}
	echo "$name $seed ${icount:-none}" >>"$FAKE/boots"
	echo "$name began" >>"$FAKE/events"
	mkdir -p "$out"
	variant=${name#*-}
	figure=$(sed -n "s/^${variant%%-*} $seed //p" "$FAKE/figures")
	case $name in
	bench-*)	echo "BENCH map/1 insn ${figure:-1000}" ;;
	*)		echo "BENCH map/1 locks 7" ;;
	esac >"$out/result.log"
	case $name in
	lines*)	printf '%s\n' \
		'1 map calls=400 lines=20.5 lines_p999=40 lines_max=50 foreign=1.5 foreign_p999=2 foreign_max=3' \
		'1 unmap calls=400 lines=10 lines_p999=20 lines_max=30 foreign=0 foreign_p999=0 foreign_max=0' \
		'1 flushes 100' >"$out/lines" ;;
	shapes*|press*)	echo '1 flushes 3' >"$out/lines" ;;
	esac
	sleep "$(cat "$FAKE/$name.sleep" 2>/dev/null || echo 0)"
	echo "$name ended" >>"$FAKE/events"
	status=$(head -n 1 "$FAKE/$name" 2>/dev/null)
	if [ -n "$status" ]; then
		sed -i 1d "$FAKE/$name"
		[ ! -e "$FAKE/$name.log" ] || cp "$FAKE/$name.log" "$out/result.log"
		echo "it said $status"
	fi
	exit "${status:-0}"
	END
	chmod +x "$W"/scripts/{,lib/}*
	: >"$FAKE/figures"
	: >"$W/kunit/x86_64.config"
	mkdir -p "$W/scripts/guest/jobs"
	for list in lines lines16 shape press; do
		printf '# a list\n%s/one\tshape_benchmark op=x\n' $list \
			>"$W/scripts/guest/jobs/$list.list"
	done
	cat >"$W/kunit/bench.cases" <<-'END'
	@metric insn	time	instructions
	@metric locks	count	locks
	map/1 insn lower default - - demo map, 1 page
	map/1 locks equal default - - - map, 1 page
	END
}

# bench [STATUS] [OPTION...]: must end with that
bench()
{
	local want=$1

	shift
	run "$W/scripts/bench" "$@"
	echo "$output"
	[ "$status" -eq "$want" ]
}

# seeds: of all boots, each once
seeds()
{
	sed 's/^[^ ]* //;s/ .*//' "$FAKE/boots" | sort -u | paste -sd ' '
}

# has FILE KEY VALUE: a JSON that cJSON printed
has()
{
	grep -q "\"$2\":	$3,\{0,1\}\$" "$BUILD/bench/$1"
}

@test "all bars held: each guest boots once, with seed 1" {
	mkdir -p "$BUILD/runs/bench-baseline-seed2" "$BUILD/bench"
	echo old >"$BUILD/bench/first.json"
	bench 0
	[ "$(wc -l <"$FAKE/boots")" -eq 34 ]
	[ "$(sort -u "$FAKE/boots" | wc -l)" -eq 34 ]
	[ "$(sed 's/^[^ ]* //' "$FAKE/boots" | sort -u)" = "1 1" ]
	[[ $output != *missed:* ]]
	[[ $output == *"2 cases, 0 faster, 0 slower, 2 bars held, 0 missed"* ]]
	has latest.json runs 1
	# Nothing is left of an earlier run's other seeds
	[ ! -e "$BUILD/bench/first.json" ]
	[ ! -e "$BUILD/runs/bench-baseline-seed2" ]
}

@test "what the plugin counts become rows" {
	bench 0
	diff - "$BUILD/runs/lines-patched/lines.log" <<-'END'
	BENCH lines/one map_lines 20.5
	BENCH lines/one map_foreign 1.5
	BENCH lines/one unmap_lines 10
	BENCH lines/one unmap_foreign 0
	BENCH lines/one flushes 250000
	END
	echo "BENCH shape/one flushed 3" | diff - "$BUILD/runs/shapes-patched/lines.log"
	# A case that is not counted
	echo 'shape/two	shape_benchmark op=y' >>"$W/scripts/guest/jobs/shape.list"
	bench 1
	[[ "$output" == *"did not count each case of shape.list"* ]]
}

@test "a row that only one boot misses: the medians hold it" {
	echo 'patched 1 1030' >"$FAKE/figures"
	bench 0
	[ "$(seeds)" = "1 2 3" ]
	# 34, and those of the profiles with that row twice
	[ "$(wc -l <"$FAKE/boots")" -eq 38 ]
	grep -qx 'bench-patched 1 1' "$FAKE/boots"
	grep -qx 'bench-patched-seed2 2 1' "$FAKE/boots"
	grep -qx 'bench-baseline-seed3 3 1' "$FAKE/boots"
	# First what missed, then that it is measured again, then the medians
	[[ $output == *"map/1 insn          1,000          1,030  1.0300  SLOWER: bar 1.02"*" 1 missed"*"1 row missed.  A single boot may be off"*"measure bench, vanilla and patched, seed 2"*"measure bench, vanilla and patched, seed 3"*"medians of seeds 1, 2 and 3:"*"2 bars held, 0 missed"* ]]
	[ "$(grep -c '^missed:' <<<"$output")" -eq 1 ]
	has latest.json runs 3
	has latest.json patched 1000
	has first.json runs 1
	has first.json patched 1030
	# The history has the medians only
	[ "$(ls "$BUILD"/bench/run-*.json | wc -l)" -eq 1 ]
	cmp "$BUILD/bench/latest.json" "$BUILD"/bench/run-*.json
	[ -s "$BUILD/runs/bench-patched/result.log" ]
	[ -s "$BUILD/runs/bench-patched-seed3/result.log" ]
}

@test "a row that misses in the median, too, fails and is named at the end" {
	printf '%s\n' 'patched 1 1030' 'patched 2 1000' 'patched 3 1040' \
		'baseline 2 1001' >"$FAKE/figures"
	bench 1
	[[ $output == *"medians of seeds 1, 2 and 3:"*"map/1 insn          1,000          1,030  1.0300  SLOWER: bar 1.02"*"2 cases, 0 faster, 1 slower, 1 bars held, 1 missed"* ]]
	has latest.json verdict '"slower"'
	has latest.json runs 3
	# A median can also miss what two of three held
	printf '%s\n' 'patched 1 1030' 'patched 2 1020' 'patched 3 1021' \
		'baseline 3 900' 'baseline 2 2000' >"$FAKE/figures"
	bench 1
	has latest.json patched 1021
}

@test "no number is none in the medians, too" {
	echo 'patched 2 nan' >"$FAKE/figures"
	bench 0
	printf '%s\n' 'patched 1 1030' 'patched 2 nan' >"$FAKE/figures"
	bench 1
	[[ $output == *"INVALID: patched measured 'nan'"* ]]
}

@test "a guest that failed is not measured again, with whatever seed" {
	echo 'patched 1 1030' >"$FAKE/figures"
	echo 1 >"$FAKE/count-baseline"
	bench 1
	[[ $output == *"guest count-baseline failed (status 1)"* ]]
	[ "$(seeds)" = 1 ]
	has latest.json runs 1
	# It has all rows: what it found wrong is no accident
	[ "$(wc -l <"$FAKE/boots")" -eq 34 ]
	printf '%s\n' 2 2 >"$FAKE/count-baseline"
	bench 2
	[ "$(seeds)" = 1 ]
}

@test "a guest that fails with another seed fails the whole" {
	echo 'patched 1 1030' >"$FAKE/figures"
	echo 1 >"$FAKE/bench-baseline-seed3"
	bench 1
	[[ $output == *"guest bench-baseline-seed3 failed (status 1)"*"2 bars held, 0 missed"* ]]
	# The medians of what there is, but no history
	rm "$BUILD"/bench/run-*
	printf '%s\n' 2 2 >"$FAKE/bench-baseline-seed2"
	: >"$FAKE/bench-baseline-seed2.log"
	bench 2
	[[ $output == *"medians of seeds"*"map/1 insn of vanilla: 2 of 3"*"failed: bench-baseline-seed2;"* ]]
	has first.json patched 1030
	[ -z "$(ls "$BUILD"/bench/run-* 2>/dev/null)" ]
}

@test "what cannot be compared is not measured again" {
	echo 'patched 1 5 6' >"$FAKE/figures"
	bench 4
	[[ $output == *"broken line"* ]]
	[ "$(seeds)" = 1 ]
}

@test "demo: the same, of its rows" {
	echo 'patched 1 1030' >"$FAKE/figures"
	bench 0 --demo
	[ "$(wc -l <"$FAKE/boots")" -eq 10 ]
	[[ $output == *"1 row missed."*"medians of seeds 1, 2 and 3:"*"map, 1 page |"*"1 cases, 0 faster, 0 slower, 1 bars held, 0 missed"* ]]
	has demo.json runs 3
	[ ! -e "$BUILD/bench/latest.json" ]
	echo 'patched 3 1030' >>"$FAKE/figures"
	bench 1 --demo
	run "$W/scripts/demo"
	[ "$status" -eq 1 ]
}

@test "--repeat: the repetition is compared with the first boots" {
	echo 'patched 1 1030' >"$FAKE/figures"
	bench 0 --repeat
	grep -qx 'bench-patched-again 1 1' "$FAKE/boots"
	[ "$(wc -l <"$FAKE/boots")" -eq 72 ]
	[[ $output == *"measure bench, vanilla and patched (again)"* ]]
	has latest.json patched 1000
	has again.json patched 1030
	# With the medians there would be a difference of 3 %
	[[ $output == *"2 values, 0 missing, largest difference 0.00 %"* ]]
	: >"$FAKE/figures"
	rm "$FAKE/boots"
	bench 0 --repeat
	[ "$(wc -l <"$FAKE/boots")" -eq 68 ]
	[ "$(seeds)" = 1 ]
	[[ $output == *"largest difference 0.00 %"* ]]
}

@test "GUESTS= measures these, and judges their rows" {
	export GUESTS=bench,lines16,half
	bench 0
	[[ "$output" == *"2 cases"*"0 missed"* ]]
	[ "$(cut -d' ' -f1 "$FAKE/boots" | cut -d- -f1 | sort -u | paste -sd' ')" = \
		"bench half lines16" ]
	[ ! -e "$BUILD/bench/latest.json" ]
	[ -s "$BUILD/bench/part-of-latest.json" ]
	# A row that one of them lacks is missing
	sed -i '/^map\/1 insn/a map/2 insn lower default - - - more' "$W/kunit/bench.cases"
	echo 0 >"$FAKE/bench-baseline"
	printf 'BENCH map/%d insn 1000\n' 1 2 >"$FAKE/bench-baseline.log"
	bench 1
	[[ "$output" == *"3 cases"*"1 missed"* ]]
	# No kernel that counts
	rm -r "$BUILD"/*/obj-x86_64-count
	GUESTS=half
	bench 0
	[[ "$output" == *"1 cases"*"0 missed"* ]]
	GUESTS=half,nonsense
	bench 4
	[[ "$output" == *"unknown guest 'nonsense'"* ]]
}

@test "DRY=1 prints the first measurement only" {
	rm -r "$BUILD"
	DRY=1 bench 0
	[ ! -e "$BUILD" ]
	[ ! -e "$FAKE/boots" ]
	[ "$(grep -c "/scripts/lib/boot' .*'--icount' '--seed' '1'" <<<"$output")" -eq 34 ]
	[[ $output != *"-seed2"* ]]
	[ "$(grep -c "/bench' 'compare'" <<<"$output")" -eq 1 ]
}

@test "a row that several guests have is measured again in all of them" {
	sed -i 's/^bench-\*)/	bench-*|bench64-*)/' "$W/scripts/lib/boot"
	echo 'patched 1 1030' >"$FAKE/figures"
	bench 0
	[ "$(wc -l <"$FAKE/boots")" -eq 42 ]
	grep -qx 'bench64-patched-seed3 3 1' "$FAKE/boots"
}

# boots GUEST...: those of the last call were these, and no others
boots()
{
	[ "$(cut -d' ' -f1 "$FAKE/boots" 2>/dev/null | sort | paste -sd ' ')" = "$*" ]
	rm -f "$FAKE/boots"
}

@test "a guest that crashes, hangs or lacks rows gets another try, alone" {
	printf '%s\n' 2 >"$FAKE/half-baseline"
	# The other one is still there then
	echo 1 >"$FAKE/half-patched.sleep"
	printf '%s\n' 3 >"$FAKE/maps-patched"
	printf '%s\n' 1 >"$FAKE/bench-baseline"
	: >"$FAKE/bench-baseline.log"
	bench 0 --demo
	[ "$(wc -l <"$FAKE/boots")" -eq 9 ]
	[[ $output == *"guest bench-baseline failed (status 1)"*"| it said 1"*"once more, alone"*"guest maps-patched failed (status 3)"*"guest half-baseline failed (status 2)"* ]]
	[[ $output == *"1 bars held, 0 missed"*"at the second try only: bench-baseline maps-patched half-baseline;"* ]]
	[ "$(tail -n 3 "$FAKE/events" | paste -sd,)" = \
		"half-patched ended,half-baseline began,half-baseline ended" ]
	# The logs of the first try are there to be read
	[ -d "$BUILD/runs/half-baseline-failed" ]
	[ -s "$BUILD/runs/half-baseline/result.log" ]
}

@test "a guest that fails twice: the rest is printed, and the next call measures it" {
	printf '%s\n' 3 3 >"$FAKE/bench-patched"
	# A line that was cut off, with a figure that would be wrong
	printf 'BENCH other insn 5\nBENCH map/1 insn 99' >"$FAKE/bench-patched.log"
	bench 3
	[[ $output == *"map/1 insn "*"1,000"*"MISSING: no figure of patched"*"2 cases, "*" 1 missed"*"failed: bench-patched;"* ]]
	[[ $output == *"   1.00  same"* ]]
	[[ $output != *"A single boot"* ]]
	has latest.json verdict '"missing"'
	[ -z "$(ls "$BUILD"/bench/run-* 2>/dev/null)" ]
	unset FORCE
	rm "$FAKE/boots"
	bench 0
	boots bench-patched
	[[ $output == *"measure bench, vanilla and patched (kept: bench-baseline)"*"   kept  count, vanilla"*"0 missed"* ]]
	# No guest, no boot: not even a result
	printf '%s\n' 4 4 >"$FAKE/half-patched"
	FORCE=1 bench 4 --demo
	[[ $output == *"1 bars held, 0 missed"*"failed: half-patched;"* ]]
	# No initramfs: no figures of an earlier boot
	sed -i '1a exit 4' "$W/scripts/lib/initramfs"
	bench 4 --demo
	[[ $output == *"MISSING: no figure of vanilla; no figure of patched"* ]]
}

@test "what ended well is not measured again" {
	local kernel=$BUILD/linux/obj-x86_64-bench/arch/x86/boot/bzImage

	unset FORCE
	bench 0 --demo
	boots bench-baseline bench-patched half-baseline half-patched maps-baseline maps-patched
	bench 0 --demo
	boots ''
	[[ $output == *"   kept  half, vanilla and patched"*"1 bars held, 0 missed"* ]]
	# Another kernel, initramfs, QEMU, boot, other arguments, other results
	echo new >"$kernel"
	bench 0 --demo
	boots bench-patched half-patched maps-patched
	sed -i 's/echo 1/echo 2/' "$W/scripts/lib/initramfs"
	bench 0 --demo
	[ "$(wc -l <"$FAKE/boots")" -eq 6 ]
	sed -i 's/7.2/7.3/' "$W/bin/qemu-system-x86_64"
	bench 0 --demo
	[ "$(wc -l <"$FAKE/boots")" -eq 12 ]
	echo '#' >>"$W/scripts/lib/boot"
	bench 0 --demo
	[ "$(wc -l <"$FAKE/boots")" -eq 18 ]
	rm "$FAKE/boots"
	sed -i 's/--mem 4G/--mem 5G/' "$W/scripts/bench"
	bench 0 --demo
	boots bench-baseline bench-patched
	echo BENCH map/1 insn 1000 0 >"$BUILD/runs/bench-patched/result.log"
	rm "$BUILD/runs/maps-baseline/result.log"
	bench 0 --demo
	boots bench-patched maps-baseline
	FORCE=1 bench 0 --demo
	[ "$(wc -l <"$FAKE/boots")" -eq 6 ]
}

@test "FORCE=1 measures anew, and does not replace what is in build/linux" {
	run make -n -C "$BATS_TEST_DIRNAME/../.." demo FORCE=1
	[[ $output == *"FORCE= KEEP=1 scripts/tree"* ]]
}

@test "the contents of a plugin are an input" {
	unset FORCE
	echo 1 >"$W/p.so"
	sed -i "s,--mem 4G,--plugin $W/p.so\,x=1 &," "$W/scripts/bench"
	bench 0 --demo
	rm "$FAKE/boots"
	bench 0 --demo
	boots ''
	echo 2 >"$W/p.so"
	bench 0 --demo
	boots bench-baseline bench-patched
}

@test "other seeds are kept, too; a repetition never" {
	unset FORCE
	echo 'patched 1 1030' >"$FAKE/figures"
	bench 0 --repeat
	rm "$FAKE/boots"
	bench 0 --repeat
	[[ $output == *"medians of seeds"*"2 bars held, 0 missed"* ]]
	[ "$(wc -l <"$FAKE/boots")" -eq 34 ]
	run ! grep -vqe '-again 1 1$' "$FAKE/boots"
}

@test "a first table as soon as its guests have ended" {
	unset FORCE
	echo 'other insn lower default - - demo other' >>"$W/kunit/bench.cases"
	sed -i 's/^bench-\*)/half-*) echo BENCH other insn 9 ;;\n&/' "$W/scripts/lib/boot"
	bench 0 --demo
	[[ $output == *"measure bench, "*"so far:"*"map, 1 page |"*"measure maps, "*"measure half, "*"map, 1 page |"*"other "*"2 cases, "* ]]
	[ "$(grep -c '^other' <<<"$output")" -eq 1 ]
	[[ $output != *MISSING* ]]
	# Not where it is there at once
	bench 0 --demo
	[[ $output != *"so far:"* ]]
}

@test "one CPU, or little memory: one guest at a time" {
	echo 3 >"$FAKE/half-baseline.sleep"
	bench 0 --demo
	run ! serial
	[[ $output != *"one guest at a time"* ]]
	printf '#!/bin/sh\necho 1\n' >"$W/bin/nproc"
	bench 0 --demo
	[[ $output == *"one guest at a time: for two, 2 CPUs and 6000 MB"*"1 and 7812 are"* ]]
	serial
	printf '#!/bin/sh\necho 2\n' >"$W/bin/nproc"
	echo 'MemAvailable: 3500000 kB' >"$PROC/meminfo"
	bench 0 --demo
	serial
}

# serial: each of the last six guests ended before the next began
serial()
{
	tail -n 12 "$FAKE/events" | awk '
		NR % 2 { name = $1 }
		$1 != name || $2 != (NR % 2 ? "began" : "ended") { exit 1 }'
}

@test "demo killed in the middle, and once more" {
	local signal pid i

	unset FORCE
	for signal in TERM INT KILL; do
		rm -rf "$BUILD/runs" "$FAKE/boots"
		echo 3 >"$FAKE/maps-patched.sleep"
		# A background job would ignore SIGINT
		setsid env --default-signal=INT "$W/scripts/demo" >"$W/out" 2>&1 3>&- &
		pid=$!
		for ((i = 0; i < 100; i++)); do
			! grep -qs 'maps-patched' "$FAKE/boots" || break
			sleep 0.1
		done
		kill -$signal $pid
		wait $pid || true
		rm -f "$FAKE/boots" "$FAKE/maps-patched.sleep"
		run "$W/scripts/demo"
		echo "$signal: $output"
		[ "$status" -eq 0 ]
		[[ $output == *"   kept  bench, "*"1 bars held, 0 missed"*"Done in "* ]]
		run ! grep -q bench- "$FAKE/boots"
		# Its guests ended with it; after SIGKILL, they are waited for
		[ $signal = KILL ] ||
			grep -q maps-patched "$FAKE/boots"
	done
}
