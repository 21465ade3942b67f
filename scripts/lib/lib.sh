# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Shared code of the programs in scripts/: paths, messages, steps, exit
# codes.  Sourced, never run:
#
#	. "$(dirname "$0")/lib/lib.sh"
#
# Variables from the user: V=1 shows commands, DRY=1 only prints them, ARCH=,
# BASE=, KDIR=, KSRC=, BUILD= (where everything built goes), CONFIG= (fragments
# on top of a profile's; such a kernel has its own folder).

# Exit codes, the same for every verb (Documentation/usage.rst lists them for users)
# shellcheck disable=SC2034
{
E_OK=0		# success
E_FAIL=1	# a test failed, a bar was missed, a patch did not apply
E_CRASH=2	# the guest crashed
E_TIMEOUT=3	# the guest exceeded its time limit
E_CANNOT=4	# cannot run here: something is missing or the input is wrong
}

# Variables of make (-j, VARIABLE=value) are for our Makefile, not for the
# kernel's; sbin is not in every user's path
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
# Kernel developers export these; here, a kernel is what its fragments say
unset LLVM LLVM_IAS KCFLAGS KAFLAGS KCPPFLAGS KRUSTFLAGS LOCALVERSION
PATH=$PATH:/usr/sbin:/sbin
# A checkout may belong to another user, as in containers
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=$(realpath -m "${BUILD:-$TOP/build}")
CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/vmseries
LOGS=$BUILD/logs
PATCHES=${PATCHES:-$TOP/patches}
ARCH=${ARCH:-x86_64}
[ "$ARCH" != x86 ] || ARCH=x86_64	# the kernel's name of both
V=${V:-0}
DRY=${DRY:-0}
SELF=${0##*/}
export LC_ALL=C

# What is not 1 would be taken for no
for flag in V DRY FORCE REVERSE REPEAT LINK NO_CCACHE KVM TIMEOUT_SCALE; do
	case $flag=${!flag:-} in
	*=|KVM=auto)	continue ;;
	TIMEOUT_SCALE=0*|TIMEOUT_SCALE=*[!0-9]*)
			want="a number from 1 on" ;;
	TIMEOUT_SCALE=*) continue ;;
	*=[01])		continue ;;
	KVM=*)		want="0, 1 or auto" ;;
	*)		want="0 or 1" ;;
	esac
	printf '%s: error: %s=%s is not known; it is %s\n' \
		"$SELF" "$flag" "${!flag}" "$want" >&2
	exit $E_CANNOT
done

# kbuild or QEMU does not support these in a path, so nothing here does
case $TOP$BUILD in
*[[:space:]:,]*)
	printf '%s: error: %s\n' "${0##*/}" \
		"blanks, colons and commas in a path are more than kbuild and QEMU can take ($TOP, $BUILD); clone elsewhere, or set BUILD=" >&2
	exit $E_CANNOT ;;
esac

# The architectures for which there are fragments
if [ ! -f "$TOP/kunit/${ARCH:-x86_64}.config" ]; then
	case ${0##*/} in
	boot|initramfs|kmake|kconfig)	;;
	*)
		printf '%s: error: %s\n' "${0##*/}" \
			"no kunit/$ARCH.config; ARCH= is x86_64, i386 or arm64" >&2
		exit $E_CANNOT ;;
	esac
fi

# say TEXT: one plain line on standard output
say()
{
	printf '%s\n' "$*"
}

# warn TEXT: one line on standard error
warn()
{
	printf '%s: %s\n' "$SELF" "$*" >&2
}

# die CODE TEXT: print one line with the error and its remedy; exit CODE
die()
{
	local code=$1

	shift
	printf '%s: error: %s\n' "$SELF" "$*" >&2
	exit "$code"
}

# run COMMAND...: run it; V=1 shows it first, DRY=1 only shows it
run()
{
	if [ "$V" = 1 ] || [ "$DRY" = 1 ]; then
		printf '+ %s\n' "${*@Q}" >&2
	fi
	[ "$DRY" = 1 ] || "$@"
}

# count N ONE [MANY]: as '1 patch', '2 patches'
count()
{
	if [ "$1" = 1 ]; then
		printf '1 %s' "$2"
	else
		printf '%s %s' "$1" "${3:-$2s}"
	fi
}

# elapsed SECONDS: as 1:23
elapsed()
{
	printf '%d:%02d' $(($1 / 60)) $(($1 % 60))
}

# step TEXT COMMAND...: run COMMAND with its output in a separate log; print one
# line of progress with the time it took, and on failure the log's tail and name.
# Returns the command's status.
step()
{
	local text=$1 log start status=0

	shift
	if [ "$DRY" = 1 ]; then
		printf '# %s\n' "$text" >&2
		run "$@"
		return
	fi
	mkdir -p "$LOGS" 2>/dev/null || die $E_CANNOT \
		"cannot write to $LOGS; free disk space or set BUILD= to another folder"
	log=$LOGS/$(printf '%s' "$text" | tr -cs 'A-Za-z0-9._-' '-').log
	start=$SECONDS
	[ "$V" = 1 ] && printf '+ %s\n' "${*@Q}" >&2
	[ -t 1 ] && printf '  ....  %s\r' "$text"
	if [ "$V" = 1 ]; then
		"$@" 2>&1 | tee "$log" || status=$?
	else
		"$@" >"$log" 2>&1 || status=$?
	fi
	if [ $status -eq 0 ]; then
		printf '  %5s  %s\n' "$(elapsed $((SECONDS - start)))" "$text"
		return 0
	fi
	printf '  %5s  %s: FAILED (status %d)\n' \
		"$(elapsed $((SECONDS - start)))" "$text" "$status"
	tail -n "${STEP_TAIL:-25}" "$log" | sed 's/^/        | /'
	printf '         full log: %s\n' "$log"
	return "$status"
}

# need PROGRAM PACKAGE: exit 4 with the install command if it is missing
need()
{
	command -v "$1" >/dev/null 2>&1 || die $E_CANNOT \
		"$1 is missing; run 'make setup', or: apt-get install $2"
}

# need_space DIRECTORY MEGABYTES: exit 4 if the disk has less
need_space()
{
	local dir=$1 have

	while [ ! -d "$dir" ]; do
		dir=$(dirname "$dir")
	done
	have=$(df -Pm "$dir" | awk 'NR == 2 { print $4 }')
	[ "$have" -ge "$2" ] || die $E_CANNOT \
		"$2 MB of disk are needed in $dir, $have MB are free; free some, or set BUILD= (or XDG_CACHE_HOME=) to another disk"
}

# shellcheck disable=SC2120
# series [SECTION]: the patches of patches/series, in order, one per line
series()
{
	[ -f "$PATCHES/series" ] || die $E_CANNOT "no $PATCHES/series"
	sed -e 's/[[:space:]]*#.*//' -e '/^[[:space:]]*$/d' "$PATCHES/series" |
		awk -v s="${1:+$1/}" 'index($0, s) == 1'
}

# shellcheck disable=SC2119
# sections: the sections of patches/series, in order, one per line
sections()
{
	series | sed 's,/.*,,' | uniq
}

# src VARIANT: the source tree of a variant, baseline or patched
src()
{
	case $1 in
	baseline)	printf '%s\n' "$BUILD/baseline" ;;
	patched)	printf '%s\n' "$BUILD/linux" ;;
	*)		die $E_CANNOT "unknown variant '$1'; it is baseline or patched" ;;
	esac
}

# whole VARIANT: is its tree the whole series, as 'make tree' creates it?
whole()
{
	[ "$1" = patched ] &&
	[ "$(git -C "$BUILD/linux" rev-parse -q --verify refs/vmseries/laid \
		2>/dev/null)" = "$(git -C "$BUILD/linux" rev-parse -q --verify \
		HEAD 2>/dev/null)" ]
}

# lock HOW: make programs that build or boot below BUILD wait for each other.
# HOW is -s for those that may run concurrently, -x for those that may not.  Held
# until the program ends.
lock()
{
	[ "$DRY" != 1 ] || return 0
	mkdir -p "$BUILD" 2>/dev/null || die $E_CANNOT \
		"cannot write to $BUILD; set BUILD= to another folder"
	need flock util-linux
	# Programs started by this one share its lock
	if [ "${VMSERIES_LOCKED:-}" = "$BUILD" ]; then
		return
	fi
	while :; do
		mkdir -p "$BUILD"
		exec {LOCK}>"$BUILD/.lock"
		flock -n "$1" "$LOCK" || {
			say "waiting for another program that works in $BUILD"
			flock -w 3600 "$1" "$LOCK" || die $E_CANNOT \
				"another program still works in $BUILD; end it, or set BUILD= to another folder"
		}
		# clean may have removed the file
		[ ! "$BUILD/.lock" -ef "/proc/$BASHPID/fd/$LOCK" ] || break
		exec {LOCK}>&-
	done
	export VMSERIES_LOCKED=$BUILD
}

# extra: what the fragments of CONFIG= add to a kernel's name
extra()
{
	local file

	for file in ${CONFIG:-}; do
		file=${file##*/}
		printf '+%s' "${file%.config}"
	done
}

# obj VARIANT PROFILE: where that kernel is built.  A direct child of the
# source tree, because then kbuild's paths are relative and ccache's results
# hold for both variants and for every checkout.
obj()
{
	printf '%s/obj-%s-%s%s\n' "$(src "$1")" "$ARCH" "$2" "$(extra)"
}
