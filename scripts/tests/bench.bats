#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# bench: what is measured once, what again with other seeds, and whose verdict
# counts.  The guests are stand-ins that print what a test has them print; what
# compares is the real program.

setup_file()
{
	make -s -C "$BATS_TEST_DIRNAME/../../tools" O="$BATS_FILE_TMPDIR/tools"
}

setup()
{
	local program

	unset KVM DRY V ARCH BASE REPEAT VMSERIES_LOCKED MAKEFLAGS MAKELEVEL
	W=$BATS_TEST_TMPDIR
	export FAKE=$W/fake BUILD=$W/build NO_COLOR=1
	mkdir -p "$W/scripts" "$W/kunit" "$BUILD" "$FAKE"
	cp -a "$BATS_FILE_TMPDIR/tools" "$BUILD/tools"
	ln -s "$(realpath "$BATS_TEST_DIRNAME/../../tools")" "$W/tools"
	cp "$BATS_TEST_DIRNAME"/../{bench,demo,lib.sh,guest.sh} "$W/scripts"
	for program in build initramfs erofs-image; do
		printf '#!/bin/sh\n' >"$W/scripts/$program"
	done
	# The folder's name tells which guest it is; $FAKE/figures has a line
	# VARIANT SEED FIGURE for each that is not 1000, and $FAKE/NAME a status
	cat >"$W/scripts/boot" <<-'END'
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
	mkdir -p "$out"
	variant=${name#*-}
	figure=$(sed -n "s/^${variant%%-*} $seed //p" "$FAKE/figures")
	case $name in
	bench-*)	echo "BENCH map/1 insn ${figure:-1000}" ;;
	*)		echo "BENCH map/1 locks 7" ;;
	esac >"$out/result.log"
	exit "$(cat "$FAKE/$name" 2>/dev/null || echo 0)"
	END
	chmod +x "$W"/scripts/*
	: >"$FAKE/figures"
	: >"$W/kunit/x86_64.config"
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
	[ "$(wc -l <"$FAKE/boots")" -eq 24 ]
	[ "$(sort -u "$FAKE/boots" | wc -l)" -eq 24 ]
	[ "$(sed 's/^[^ ]* //' "$FAKE/boots" | sort -u)" = "1 1" ]
	[[ $output != *missed:* ]]
	[[ $output == *"2 cases, 0 faster, 0 slower, 2 bars held, 0 missed"* ]]
	has latest.json runs 1
	# Nothing is left of an earlier run's other seeds
	[ ! -e "$BUILD/bench/first.json" ]
	[ ! -e "$BUILD/runs/bench-baseline-seed2" ]
}

@test "a row that only one boot misses: the medians hold it" {
	echo 'patched 1 1030' >"$FAKE/figures"
	bench 0
	[ "$(seeds)" = "1 2 3" ]
	# 24, and those of the profiles with that row twice
	[ "$(wc -l <"$FAKE/boots")" -eq 28 ]
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
	echo 2 >"$FAKE/count-baseline"
	bench 2
	[ "$(seeds)" = 1 ]
}

@test "a guest that fails with another seed fails the whole" {
	echo 'patched 1 1030' >"$FAKE/figures"
	echo 1 >"$FAKE/bench-baseline-seed3"
	bench 1
	[[ $output == *"guest bench-baseline-seed3 failed (status 1)"*"2 bars held, 0 missed"* ]]
	# No verdict: no result, and none of an earlier run
	echo 2 >"$FAKE/bench-baseline-seed2"
	bench 2
	[[ $output != *"medians of seeds"* ]]
	[ ! -e "$BUILD/bench/latest.json" ]
	has first.json patched 1030
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
	[ "$(wc -l <"$FAKE/boots")" -eq 52 ]
	[[ $output == *"measure bench, vanilla and patched (again)"* ]]
	has latest.json patched 1000
	has again.json patched 1030
	# With the medians there would be a difference of 3 %
	[[ $output == *"2 values, 0 missing, largest difference 0.00 %"* ]]
	: >"$FAKE/figures"
	rm "$FAKE/boots"
	bench 0 --repeat
	[ "$(wc -l <"$FAKE/boots")" -eq 48 ]
	[ "$(seeds)" = 1 ]
	[[ $output == *"largest difference 0.00 %"* ]]
}

@test "DRY=1 prints the first measurement only" {
	rm -r "$BUILD"
	DRY=1 bench 0
	[ ! -e "$BUILD" ]
	[ ! -e "$FAKE/boots" ]
	[ "$(grep -c "/scripts/boot' .*'--icount' '--seed' '1'" <<<"$output")" -eq 24 ]
	[[ $output != *"-seed2"* ]]
	[ "$(grep -c "/bench' 'compare'" <<<"$output")" -eq 1 ]
}

@test "a row that several guests have is measured again in all of them" {
	sed -i 's/^bench-\*)/	bench-*|bench64-*)/' "$W/scripts/boot"
	echo 'patched 1 1030' >"$FAKE/figures"
	bench 0
	[ "$(wc -l <"$FAKE/boots")" -eq 32 ]
	grep -qx 'bench64-patched-seed3 3 1' "$FAKE/boots"
}
