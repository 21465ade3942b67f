#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# scripts/bisect with git bisect: the kernel is a file, and building and testing it
# only look at it.

bats_require_minimum_version 1.5.0

setup()
{
	local i

	W=$BATS_TEST_TMPDIR
	export BUILD=$W/build
	unset ARCH V DRY "${!GIT_@}"
	mkdir -p "$W"/{scripts,kunit} "$BUILD/linux"
	touch "$W/kunit/x86_64.config"
	mkdir "$W/scripts/lib"
	cp "$BATS_TEST_DIRNAME/../bisect" "$W/scripts/"
	cp "$BATS_TEST_DIRNAME/../lib/lib.sh" "$W/scripts/lib/"
	# The kernel does not build with BROKEN, and is bad with FAULT
	cat >"$W/scripts/build" <<-'END'
		#!/bin/sh
		echo "build $*" >>"$BUILD/calls"
		! grep -q BROKEN "$BUILD/linux/kernel"
	END
	cat >"$W/scripts/test" <<-'END'
		#!/bin/sh
		if [ "$1" = --row ]; then
			case $2 in
			patched-kunit)	echo "$2 patched debug kunit" ;;
			baseline-kunit)	echo "$2 baseline debug kunit" ;;
			*)	echo "unknown run '$2'" >&2; exit 4 ;;
			esac
			exit 0
		fi
		echo "test $*" >>"$BUILD/calls"
		[ -z "$STATUS" ] || exit "$STATUS"
		grep -q SUITE "$BUILD/linux/kernel" || exit 125
		! grep -q FAULT "$BUILD/linux/kernel"
	END
	chmod +x "$W"/scripts/*
	git init -q "$BUILD/linux"
	cd "$BUILD/linux" || return
	git config user.name u
	git config user.email u@example.org
	# No suite before 3, 5 and 6 do not build, a fault comes with 8
	for i in $(seq 12); do
		{	echo "$i"
			[ "$i" -lt 3 ] || echo SUITE
			[ "$i" != 5 ] && [ "$i" != 6 ] || echo BROKEN
			[ "$i" -lt 8 ] || echo FAULT
		} >kernel
		git add kernel
		git commit -q -m "commit $i"
		[ "$i" != 1 ] || git tag base
	done
	git tag series
}

@test "bisect: finds the fault, over commits that cannot be tested" {
	git bisect start series base
	run git bisect run "$W/scripts/bisect" patched-kunit
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(git log -1 --format=%s refs/bisect/bad)" = "commit 8" ]
	grep -qx "build patched debug" "$BUILD/calls"
	grep -qx "test patched-kunit" "$BUILD/calls"
}

@test "bisect: finds the commit that does not build" {
	git bisect start HEAD~7 base
	run git bisect run sh -c '"$1" --build bench; [ $? != 125 ]' - \
		"$W/scripts/bisect"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(git log -1 --format=%s refs/bisect/bad)" = "commit 5" ]
	run ! grep -q test "$BUILD/calls"
}

@test "bisect: what a step's result is" {
	run -1 "$W/scripts/bisect" patched-kunit
	[[ $output == *"(\"commit 12\") is bad (status 1)" ]]
	git checkout -q HEAD~5
	run -0 "$W/scripts/bisect"
	[[ $output == *"(\"commit 7\") is good" ]]
	git checkout -q HEAD~1
	run -125 "$W/scripts/bisect" patched-kunit
	[[ $output == *"(\"commit 6\") does not build: skipped" ]]
	git checkout -q base
	run -125 "$W/scripts/bisect" patched-kunit
	[[ $output == *"(\"commit 1\") has no suite of patched-kunit: skipped" ]]
}

@test "bisect: a crash and a hang are bad, what cannot run ends it" {
	STATUS=2 run -1 "$W/scripts/bisect"
	STATUS=3 run -1 "$W/scripts/bisect"
	STATUS=4 run -255 "$W/scripts/bisect"
	run -255 "$W/scripts/bisect" nonsense
	[[ $output == *"unknown run 'nonsense'"* ]]
	run -255 "$W/scripts/bisect" baseline-kunit
	[[ $output == *"the same at every commit"* ]]
	run -255 "$W/scripts/bisect" --build
	ARCH=vax run -255 "$W/scripts/bisect"
	[[ $output == *"no kunit/vax.config"* ]]
	rm -rf "$BUILD/linux"
	run -255 "$W/scripts/bisect"
	[[ $output == *"run 'make tree'"* ]]
}
