#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# scripts/model on a model of a few states: two processes and a lock.

setup()
{
	S=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
	W=$BATS_TEST_TMPDIR
	unset DRY V
	export BUILD=$W/build MODEL=$W/lock.pml
	cat >"$MODEL" <<-'END'
	/*
	 * Sizes:
	 *	two	-DN=2 -DMAX=1
	 *	three	-DN=3 -DMAX=1
	 *
	 * Mistakes:
	 *	1 two	the lock is taken by load and store
	 *	2 three	it is not taken at all
	 */
	#ifndef MUTATE
	#define MUTATE 0
	#endif
	byte lock, in;

	active [N] proctype p()
	{
		do
		::
	#if MUTATE == 1
			!lock;
			lock = 1;
	#elif MUTATE == 2
			skip;
	#else
			atomic { !lock; lock = 1 }
	#endif
			in++;
			assert(in <= MAX);
			in--;
			lock = 0
		od
	}
	END
}

# says TEXT: the output has TEXT; shows the output when not
says()
{
	[[ $output == *"$1"* ]] || {
		printf 'wanted: %s\nstatus %s, output:\n%s\n' "$1" "$status" \
			"$output"
		return 1
	}
}

@test "model: what holds, and the mistakes that are found" {
	run "$S/model"
	[ "$status" -eq 0 ]
	says "two: holds in all of "
	says "three: holds in all of "
	says "mistake 1 is found: the lock is taken by load and store"
	says "mistake 2 is found: it is not taken at all"
	[ "${lines[-1]}" = "4 passed, 0 failed" ]
	[ ! -e "$BUILD/model/two/pan.c" ]
}

@test "model: a mistake that is not found fails" {
	sed -i 's/skip;/atomic { !lock; lock = 2 }/' "$MODEL"
	run "$S/model"
	[ "$status" -eq 1 ]
	says "FAIL  mistake 2 is NOT found: it is not taken at all, log: "
	[ "${lines[-1]}" = "3 passed, 1 failed" ]
}

@test "model: what does not hold fails, and the steps to it are there" {
	sed -i 's/-DN=3 -DMAX=1/-DN=3 -DMAX=0/' "$MODEL"
	run "$S/model"
	[ "$status" -eq 1 ]
	says "FAIL  three: assertion violated (in<=0) (at depth "
	says "the steps: cd $BUILD/model/three && spin -k lock.pml.trail"
	(cd "$BUILD/model/three" && spin -k lock.pml.trail -p -DN=3 -DMAX=0 \
		"$MODEL" | grep -q 'assertion violated')
}

@test "model: a deadlock is an error, and is no mistake found" {
	sed -i 's/^lock = 0$/skip/; s/skip;/(false);/' "$MODEL"
	run "$S/model"
	[ "$status" -eq 1 ]
	says "FAIL  two: invalid end state (at depth "
	says "FAIL  mistake 2 is NOT found"
}

@test "model: a search that is cut short fails" {
	# Deeper and larger than the limits
	sed -i 's/^byte lock/int x; active proctype q() { do :: x >= 0 -> x++ od }\n&/' \
		"$MODEL"
	sed "s/^MEMORY=.*/MEMORY=600 DEPTH=1000/; s,\$(dirname \"\$0\"),$S," \
		"$S/model" >"$W/model"
	run bash "$W/model"
	[ "$status" -eq 1 ]
	says "FAIL  two: not searched to the end"
}

@test "model: no spin, no model, no tables: what to do" {
	mkdir "$W/bin"
	for program in bash env dirname realpath sed grep awk gcc; do
		ln -s "$(command -v $program)" "$W/bin/$program"
	done
	# lib.sh adds the sbin folders, which have no spin
	PATH=$W/bin run "$S/model"
	[ "$status" -eq 4 ]
	says "spin is missing; run 'make setup', or: apt-get install spin"
	MODEL=$W/none.pml run "$S/model"
	[ "$status" -eq 4 ]
	says "no model $W/none.pml"
	run "$S/model" all
	[ "$status" -eq 4 ]
	sed -i 's/2 three/2 four/' "$MODEL"
	run "$S/model"
	[ "$status" -eq 4 ]
	says "is to be found in size 'four', which is not listed"
	sed -i '/2 four/d' "$MODEL"
	run "$S/model"
	[ "$status" -eq 4 ]
	says "makes the mistakes 1 2 and lists 1; list what it makes"
	sed -i '/Mistakes:/d' "$MODEL"
	run "$S/model"
	[ "$status" -eq 4 ]
	says "has no table 'Sizes:' or 'Mistakes:'"
}

@test "model: a model that spin does not take fails" {
	echo 'active proctype' >>"$MODEL"
	run "$S/model"
	[ "$status" -eq 1 ]
	says "two: spin or gcc does not take it"
}

@test "model: DRY=1 only prints" {
	DRY=1 run "$S/model"
	[ "$status" -eq 0 ]
	says "'spin' '-a' '-DMUTATE=1' '-DN=2' '-DMAX=1'"
	[ ! -e "$BUILD" ]
}
