# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Booting the kernels that scripts/build has made.  Sourced after lib.sh.

RUNS=$BUILD/runs	# one folder per boot: logs, results, the QEMU command
TOOLS=$BUILD/tools	# the C programs of tools/
KEEP_RUNS=0		# 1: see guest()

# kernel VARIANT PROFILE: the bootable file
kernel()
{
	local obj

	obj=$(obj "$1" "$2")
	case $ARCH in
	arm64)	printf '%s\n' "$obj/arch/arm64/boot/Image" ;;
	*)	printf '%s\n' "$obj/arch/x86/boot/bzImage" ;;
	esac
}

# build_tools: build the C programs, which is quick
build_tools()
{
	run make -s -C "$TOP/tools" O="$TOOLS" || die "$E_CANNOT" \
		"the programs in tools/ did not build; 'make setup' installs what they need"
}

# arch PROFILE: the architecture that it names, as arm64/debug does, or else the
# default
arch()
{
	case $1 in
	*/*)	printf '%s\n' "${1%%/*}" ;;
	*)	printf '%s\n' "$ARCH" ;;
	esac
}

# build_kernels VARIANT:[ARCH/]PROFILE...: one after the other, each with all cores
build_kernels()
{
	local what

	for what; do
		ARCH=$(arch "${what#*:}") "$TOP/scripts/build" "${what%:*}" \
			"${what##*[:/]}" || return
	done
}

# Programs compiled from tools/testing/selftests/mm: ours, some that the stress
# runs, and those of patched-kselftest-mm
PROGRAMS='vcompound io_uring_memcg mremap_test mremap_dontunmap map_fixed_noreplace map_populate
madv_populate mrelease_test droppable guard-regions compaction_test hugetlb-mmap
hugetlb-shm hugetlb-mremap hugetlb-vmemmap hugetlb-madvise hugetlb_dio
hugetlb_fault_after_madv hugetlb_madv_vs_map thuge-gen write_to_hugetlbfs
process_madv merge pagemap_ioctl cow uffd-unit-tests uffd-stress
uffd-wp-mremap'

# programs VARIANT: compile those that this kernel's source has to
# $BUILD/selftests/VARIANT
programs()
{
	local out=$BUILD/selftests/$1 dir name targets=()

	dir=$(src "$1")/tools/testing/selftests/mm
	for name in $PROGRAMS; do
		[ ! -r "$dir/$name.c" ] || targets+=("$out/$name")
	done
	[ "$DRY" = 1 ] || mkdir -p "$out"
	[ ${#targets[@]} -eq 0 ] ||
		run make -s -C "$dir" OUTPUT="$out" "${targets[@]}" ||
		die "$E_CANNOT" "the selftests in $dir did not compile; 'make setup' installs what they need"
}

# initrd VARIANT PROFILE JOB [OPTION...]: make its initramfs, with further options
# of scripts/lib/initramfs, and print its name
initrd()
{
	local out options=("${@:4}") data busybox obj

	obj=$(obj "$1" "$2")
	out=$BUILD/initramfs/$ARCH-$1-$2$(extra)${4:+-own}.cpio.gz

	[ "$DRY" = 1 ] || mkdir -p "$BUILD/initramfs"
	# This machine's programs do not run in guests of another architecture: no
	# bash there, no selftests, no loop devices for images
	if [ "$ARCH" != x86_64 ]; then
		busybox=$("$TOP/scripts/lib/busybox" "$ARCH") || return
		"$TOP/scripts/lib/initramfs" "$out" --busybox "$busybox" \
			"${options[@]}" >&2 || return
		printf '%s\n' "$out"
		return
	fi
	# What kernel shell tests need, too: a modprobe that loads a module once
	[ ! -s "$obj/modules.order" ] || options+=(--modules "$obj" --bash)
	case $2:$3 in
	*:command)	;;	# the user's, who says what it needs
	debug:*|rt:*|stress:*)
		options+=(--kselftest "$(src "$1")/tools/testing/selftests")
		programs "$1" >&2 || return
		[ "$DRY" = 1 ] || options+=(--programs "$BUILD/selftests/$1") ;;
	bench:*|count:*)
		# A separate file for each, since several are made at the same time
		data=$BUILD/initramfs/$ARCH-$1-$2$(extra)/erofs
		"$TOP/scripts/lib/erofs-image" "$data" >&2 || return
		[ "$DRY" = 1 ] || options+=(--data "$data") ;;
	esac
	"$TOP/scripts/lib/initramfs" "$out" "${options[@]}" >&2 || return
	printf '%s\n' "$out"
}

# inputs KERNEL INITRD ARGUMENT...: a checksum of what a guest under icount depends
# on; an argument can name a file before its first comma, as a plugin's does
inputs()
{
	local word

	{
		cat "$1" "$2" "$TOP/scripts/lib/boot" "$TOP/scripts/lib/mptable" &&
		"qemu-system-${ARCH/arm64/aarch64}" --version || return
		for word in "${@:3}"; do
			printf '%s\n' "$word"
			[ ! -f "${word%%,*}" ] || cat "${word%%,*}" || return
		done
	} 2>/dev/null | sha256sum
}

# results RUN SUM: what $RUNS/RUN/sum has: the inputs, and a checksum of the results,
# and of what a plugin wrote
results()
{
	printf '%s\n' "$2"
	[ -f "$RUNS/$1/result.log" ] || return
	{
		cat "$RUNS/$1/result.log" &&
		{ [ ! -f "$RUNS/$1/lines" ] || cat "$RUNS/$1/lines"; }
	} | sha256sum
}

# guest RUN VARIANT [ARCH/]PROFILE JOB ARGS [BOOT-OPTION...]: boot that kernel
# with that job; its files go to $RUNS/RUN, and those of an earlier boot are
# removed.  INITRAMFS has further options of scripts/lib/initramfs.  Returns boot's
# status.  With KEEP_RUNS=1, a guest that ended well before with the same inputs is
# not booted but reported as kept.
INITRAMFS=()
guest()
{
	local name=$1 variant=$2 profile=${3##*/} job=$4 args=$5 rd launch=() sum=
	local -x ARCH=$ARCH

	ARCH=$(arch "$3")
	shift 5
	# On any signal, end the guest, too
	if command -v setpriv >/dev/null 2>&1 &&
			setpriv --pdeathsig TERM true 2>/dev/null; then
		launch=(setpriv --pdeathsig TERM --)
	fi
	case $profile in
	debug|rt|stress|pae)
			set -- --debug "$@" ;;
	esac
	# vmap_block_misuse undoes mappings that other workers here may have
	case $job in
	stress-vmap-block)
		set -- --append 'kunit.filter_glob=vmap_block.vmap_block_[!m]*' \
			--timeout 900 --mem 3G "$@" ;;
	stress-vmap-area|stress-stock)
		set -- --timeout 900 --mem 3G "$@" ;;
	stress-vcompound)
		set -- --append vcompound=always --timeout 1200 --mem 3G "$@" ;;
	# Only memory blocks of ZONE_MOVABLE can go offline
	stress-contig)
		set -- --append movablecore=768M --timeout 1500 --mem 2G "$@" ;;
	# Its figures are instructions.  hugetlb's pages of 1 GB, and ranges of
	# ZONE_MOVABLE, need more memory than the others; and several processors
	# share the clock, so that the work of one lengthens another's stretch
	contig)
		case $args in
		*gigantic*)	set -- --mem 8G "$@" ;;
		*irqs*)	set -- --mem 6G --append movablecore=4G --smp 1 \
				--possible 4 "$@" ;;
		*)		set -- --mem 4G "$@" ;;
		esac
		set -- --icount --timeout 1800 "$@" ;;
	esac
	rd=$(initrd "$variant" "$profile" "$job" "${INITRAMFS[@]}") || {
		[ "$DRY" = 1 ] || rm -rf "${RUNS:?}/$name"
		return "$E_CANNOT"
	}
	if [ "$DRY" != 1 ]; then
		sum=$(inputs "$(kernel "$variant" "$profile")" "$rd" "$job" \
			"$args" "$@") || sum=
		if [ $KEEP_RUNS = 1 ] && [ -n "$sum" ] &&
				results "$name" "$sum" |
				cmp -s - "$RUNS/$name/sum"; then
			say kept
			return
		fi
		rm -rf "${RUNS:?}/$name"
	fi
	run "${launch[@]}" "$TOP/scripts/lib/boot" --kernel "$(kernel "$variant" "$profile")" \
		--vmlinux "$(obj "$variant" "$profile")/vmlinux" \
		--initrd "$rd" --job "$job" ${args:+--args "$args"} \
		--out "$RUNS/$name" "$@" || return
	[ -z "$sum" ] || results "$name" "$sum" >"$RUNS/$name/sum" ||
		rm -f "$RUNS/$name/sum"
}
