# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Booting the kernels that scripts/build has made.  Sourced after lib.sh.

RUNS=$BUILD/runs	# one folder a boot: logs, results, the QEMU command
TOOLS=$BUILD/tools	# the C programs of tools/

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

# build_tools: the C programs, quickly done
build_tools()
{
	run make -s -C "$TOP/tools" O="$TOOLS" || die "$E_CANNOT" \
		"the programs in tools/ did not build; 'make setup' installs what they need"
}

# arch PROFILE: the architecture that it names, as arm64/debug does, or else
# the one that everything is for
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

# What is compiled of tools/testing/selftests/mm: ours, some that stress runs, and
# those of patched-kselftest-mm
PROGRAMS='vcompound mremap_test mremap_dontunmap map_fixed_noreplace map_populate
madv_populate mrelease_test droppable guard-regions compaction_test hugetlb-mmap
hugetlb-shm hugetlb-mremap hugetlb-vmemmap hugetlb-madvise hugetlb_dio
hugetlb_fault_after_madv hugetlb_madv_vs_map thuge-gen write_to_hugetlbfs
process_madv merge pagemap_ioctl cow uffd-unit-tests uffd-stress
uffd-wp-mremap'

# programs VARIANT: those that this kernel's source has, compiled to
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

# initrd VARIANT PROFILE: its initramfs, made now; prints its name
initrd()
{
	local out=$BUILD/initramfs/$ARCH-$1-$2.cpio.gz options=() data busybox

	[ "$DRY" = 1 ] || mkdir -p "$BUILD/initramfs"
	# This machine's programs do not run in guests of another architecture: no
	# bash there, no selftests, no loop devices for images
	if [ "$ARCH" != x86_64 ]; then
		busybox=$("$TOP/scripts/busybox" "$ARCH") || return
		"$TOP/scripts/initramfs" "$out" --busybox "$busybox" >&2 || return
		printf '%s\n' "$out"
		return
	fi
	case $2 in
	debug|rt|stress)
		options=(--modules "$(obj "$1" "$2")" --bash
			--kselftest "$(src "$1")/tools/testing/selftests")
		programs "$1" >&2 || return
		[ "$DRY" = 1 ] || options+=(--programs "$BUILD/selftests/$1") ;;
	bench|count)
		# One for each, because several are made at the same time
		data=$BUILD/initramfs/$ARCH-$1-$2/erofs
		"$TOP/scripts/erofs-image" "$data" >&2 || return
		[ "$DRY" = 1 ] || options=(--data "$data")
		# The stock test, and a modprobe that loads a module once
		[ "$2" = count ] ||
			options+=(--modules "$(obj "$1" "$2")" --bash) ;;
	esac
	"$TOP/scripts/initramfs" "$out" "${options[@]}" >&2 || return
	printf '%s\n' "$out"
}

# guest RUN VARIANT [ARCH/]PROFILE JOB ARGS [BOOT-OPTION...]: boot that kernel
# with that job; all it leaves is in $RUNS/RUN, and what an earlier one left is
# gone.  Returns boot's status.
guest()
{
	local name=$1 variant=$2 profile=${3##*/} job=$4 args=$5 rd launch=()
	local -x ARCH=$ARCH

	ARCH=$(arch "$3")
	shift 5
	[ "$DRY" = 1 ] || rm -rf "${RUNS:?}/$name"
	# With us ends the guest, whatever signal it is
	if command -v setpriv >/dev/null 2>&1 &&
			setpriv --pdeathsig TERM true 2>/dev/null; then
		launch=(setpriv --pdeathsig TERM --)
	fi
	case $profile in
	debug|rt|stress|pae)
			set -- --debug "$@" ;;
	esac
	# vmap_block_misuse undoes maps that are not its own, which others here may have
	case $job in
	stress-vmap-block)
		set -- --append 'kunit.filter_glob=vmap_block.vmap_block_[!m]*' \
			--timeout 900 --mem 3G "$@" ;;
	stress-vmap-area|stress-stock)
		set -- --timeout 900 --mem 3G "$@" ;;
	stress-vcompound)
		set -- --append vcompound=always --timeout 1200 --mem 3G "$@" ;;
	# Memory blocks that can go are those of ZONE_MOVABLE
	stress-contig)
		set -- --append movablecore=768M --timeout 1500 --mem 2G "$@" ;;
	# Its figures are instructions.  hugetlb's pages of 1 GB, and ranges of
	# ZONE_MOVABLE, want more memory than the others; and several processors
	# share the clock, so that what one does is in another's stretch
	contig)
		case $args in
		*gigantic*)	set -- --mem 8G "$@" ;;
		*irqs*)	set -- --mem 6G --append movablecore=4G --smp 1 \
				--possible 4 "$@" ;;
		*)		set -- --mem 4G "$@" ;;
		esac
		set -- --icount --timeout 1800 "$@" ;;
	esac
	rd=$(initrd "$variant" "$profile") || return "$E_CANNOT"
	run "${launch[@]}" "$TOP/scripts/boot" --kernel "$(kernel "$variant" "$profile")" \
		--vmlinux "$(obj "$variant" "$profile")/vmlinux" \
		--initrd "$rd" --job "$job" ${args:+--args "$args"} \
		--out "$RUNS/$name" "$@"
}
