# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # run sets status, output, lines
# What the tests of the C programs share: where they are, and a folder each.

# From the environment, so that 'make check' can give a sanitizer build
TOOLS=${TOOLS:-$BATS_TEST_DIRNAME/../../build/tools}
export DATA=$BATS_TEST_DIRNAME/data

setup()
{
	export LC_ALL=C PATH="$TOOLS:$PATH" NO_COLOR=1
	cd "$BATS_TEST_TMPDIR" || return
}

# expect STATUS COMMAND...: run it; its output is shown if the status is wrong
expect()
{
	local want=$1

	shift
	run "$@"
	[ "$status" -eq "$want" ] && return
	printf 'status %d instead of %d\n%s\n' "$status" "$want" "$output"
	return 1
}

# has TEXT, hasnt TEXT: whether the last output contains it
has()
{
	[[ $output == *"$1"* ]] && return
	printf 'no "%s" in:\n%s\n' "$1" "$output"
	return 1
}

hasnt()
{
	[[ $output != *"$1"* ]] && return
	printf '"%s" is in:\n%s\n' "$1" "$output"
	return 1
}

# ends TEXT: whether the last line is exactly this
ends()
{
	[ "${lines[-1]}" = "$1" ] && return
	printf 'the last line is not "%s":\n%s\n' "$1" "$output"
	return 1
}

# same FILE: whether the last output is what FILE has
same()
{
	diff -u "$1" <(printf '%s\n' "$output")
}
