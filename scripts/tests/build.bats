#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# Configuration, set-up, the Makefile's verbs: bad input and its answers.

setup()
{
	S=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
	W=$BATS_TEST_TMPDIR
	SRC=${SRC:-${BUILD:-$S/../build}/linux}
	unset KDIR KSRC BASE DRY V SECTION MAKEFLAGS MAKELEVEL ARCH BUILD
	[ -f "$SRC/Kconfig" ] || {
		echo "no kernel tree in $SRC; run 'make tree'" >&2
		false
	}
}

@test "an option that olddefconfig drops fails by name" {
	# It depends on SMP
	printf 'CONFIG_SMP=n\nCONFIG_HOTPLUG_CPU=y\n' >"$W/x.config"
	run "$S/lib/kconfig" "$SRC" "$W/obj" "$W/x.config"
	[ "$status" -eq 1 ]
	[[ $output == *"CONFIG_HOTPLUG_CPU=y requested in x.config came out as n"* ]]
	[ ! -e "$W/obj/.config" ]
}

@test "an option that the tree does not have is left out, and said so; with --all it fails" {
	printf 'CONFIG_SMP=y\nCONFIG_NO_SUCH_THING=y\n' >"$W/x.config"
	run "$S/lib/kconfig" "$SRC" "$W/obj" "$W/x.config"
	[ "$status" -eq 0 ]
	[[ $output == *"not in this tree, left out: CONFIG_NO_SUCH_THING"* ]]
	grep -qx CONFIG_SMP=y "$W/obj/.config"
	rm -rf "$W/obj"
	run "$S/lib/kconfig" --all "$SRC" "$W/obj" "$W/x.config"
	[ "$status" -eq 1 ]
	[[ $output == *"CONFIG_NO_SUCH_THING=y requested in x.config came out as n"* ]]
	[ ! -e "$W/obj/.config" ]
	run "$S/lib/kconfig" --loose "$SRC" "$W/obj" "$W/x.config"
	[ "$status" -eq 0 ]
	[[ $output != *"left out"* ]]
}

@test "an option that cannot be switched off fails by name" {
	printf 'CONFIG_X86=n\n' >"$W/x.config"
	run "$S/lib/kconfig" "$SRC" "$W/obj" "$W/x.config"
	[ "$status" -eq 1 ]
	[[ $output == *"CONFIG_X86=n requested in x.config came out as y"* ]]
}

@test "'is not set' is a value, too" {
	printf 'CONFIG_SMP=y\nCONFIG_SWAP=y\n' >"$W/a.config"
	printf '# CONFIG_SWAP is not set\n# CONFIG_X86 is not set\n' >"$W/b.config"
	run "$S/lib/kconfig" "$SRC" "$W/obj" "$W/a.config" "$W/b.config"
	[ "$status" -eq 1 ]
	[[ $output == *"CONFIG_X86=n requested in b.config came out as y"* ]]
	[[ $output != *SWAP* ]]
}

@test "a later fragment overrides, and the same again changes nothing" {
	printf 'CONFIG_64BIT=y\nCONFIG_SMP=n\n' >"$W/a.config"
	printf 'CONFIG_SMP=y\nCONFIG_NR_CPUS=64\n' >"$W/b.config"
	"$S/lib/kconfig" "$SRC" "$W/obj" "$W/a.config" "$W/b.config"
	grep -qx CONFIG_NR_CPUS=64 "$W/obj/.config"
	touch -d '2020-01-01' "$W/obj/.config"
	"$S/lib/kconfig" "$SRC" "$W/obj" "$W/a.config" "$W/b.config"
	[ "$(date -r "$W/obj/.config" +%Y)" = 2020 ]
}

@test "no fragment, no tree: one line each" {
	run "$S/lib/kconfig" "$SRC" "$W/obj" "$W/none.config"
	[ "$status" -eq 4 ]
	[[ $output == *"no config fragment"* ]]
	run "$S/lib/kconfig" "$W" "$W/obj" "$W/none.config"
	[ "$status" -eq 4 ]
	[[ $output == *"is no Linux tree"* ]]
}

@test "unknown variant, profile, architecture, run, verb" {
	run "$S/build" vanilla bench
	[ "$status" -eq 4 ]
	[[ $output == *"unknown variant 'vanilla'"* ]]
	run "$S/build" patched fast
	[ "$status" -eq 4 ]
	[[ $output == *"unknown profile 'fast'"* ]]
	ARCH=vax run "$S/lib/kmake" "$SRC" "$W/obj" all
	[ "$status" -eq 4 ]
	[[ $output == *"ARCH=vax is not known"* ]]
	ARCH=vax run "$S/build" patched bench
	[ "$status" -eq 4 ]
	[[ $output == *"no kunit/vax.config"* ]]
	run "$S/test" nosuch
	[ "$status" -eq 4 ]
	[[ $output == *"unknown run 'nosuch'"* ]]
	run make -C "$S/.." frobnicate
	[ "$status" -ne 0 ]
	[[ $output == *"no verb 'frobnicate'"* ]]
	run "$S/setup" nosuch
	[ "$status" -eq 4 ]
	[[ $output == *"unknown argument 'nosuch'; it is --check, gdb mail i386 arm64 or nothing"* ]]
	LEVEL=some run "$S/check"
	[ "$status" -eq 4 ]
}

@test "without root or sudo, the install line is printed" {
	# A path without sparse, and an unprivileged id
	mkdir "$W/bin"
	for program in bash env dirname realpath sed grep awk cat mkdir ldd; do
		ln -s "$(command -v $program)" "$W/bin/$program"
	done
	printf '#!/bin/sh\necho 1000\n' >"$W/bin/id"
	printf '#!/bin/sh\nexit 0\n' >"$W/bin/apt-get"
	chmod +x "$W/bin/id" "$W/bin/apt-get"
	PATH=$W/bin run "$S/setup"
	[ "$status" -eq 4 ]
	[[ $output == *"as root run: apt-get install --no-install-recommends"*sparse* ]]
}

@test "what only one verb needs is installed by name only" {
	mkdir "$W/bin"
	for program in bash env dirname realpath sed grep awk cat mkdir ldd paste; do
		ln -s "$(command -v $program)" "$W/bin/$program"
	done
	PATH=$W/bin run "$S/setup" --check gdb
	[ "$status" -eq 4 ]
	[ "${lines[0]}" = "missing: gdb" ]
	PATH=$W/bin DRY=1 run "$S/setup" gdb
	[ "$status" -eq 0 ]
	[[ $output == *"'apt-get' 'install' '--no-install-recommends' 'gdb'"* ]]
	printf '#!/bin/sh\n' >"$W/bin/gdb"
	chmod +x "$W/bin/gdb"
	PATH=$W/bin run "$S/setup" --check gdb
	[ "$status" -eq 0 ]
	# And is not among the packages that all verbs need
	run "$S/setup" --check
	[[ $output != *gdb* ]]
}

@test "what kernels of another architecture need is installed by its name, or by ARCH=" {
	mkdir "$W/bin"
	for program in bash env dirname realpath sed grep awk cat mkdir ldd paste \
			uniq; do
		ln -s "$(command -v $program)" "$W/bin/$program"
	done
	PATH=$W/bin run "$S/setup" --check arm64
	[ "$status" -eq 4 ]
	[ "${lines[0]}" = "missing: gcc-aarch64-linux-gnu qemu-system-arm" ]
	PATH=$W/bin run "$S/setup" --check i386
	[ "$status" -eq 4 ]
	[ "${lines[0]}" = "missing: qemu-system-x86" ]
	ARCH=arm64 PATH=$W/bin run "$S/setup" --check
	[ "$status" -eq 4 ]
	[[ ${lines[0]} == *" gcc-aarch64-linux-gnu qemu-system-arm"* ]]
	PATH=$W/bin run "$S/setup" --check
	[[ $output != *aarch64* ]]
	[[ $output != *qemu-system-arm* ]]
	# A run checks it before anything is built, and no other run does
	DRY=1 BUILD=$W/build PATH=$W/bin:$PATH run "$S/test" patched-kunit
	[[ $output != *arm64* ]]
	mkdir "$W/top"
	cp -r "$S" "$S/../kunit" "$S/../tools" "$W/top/"
	printf '#!/bin/sh\necho "cannot: $*"; exit 4\n' >"$W/top/scripts/setup"
	BUILD=$W/build run "$W/top/scripts/test" patched-kunit-arm64
	[ "$status" -eq 4 ]
	[ "${lines[*]}" = "cannot: arm64" ]
}

@test "runs on other architectures: by name only, each with its kernel and busybox" {
	for arch in arm64 i386; do
		mkdir -p "$W/cache/vmseries/busybox"
		: >"$W/cache/vmseries/busybox/$arch"
	done
	XDG_CACHE_HOME=$W/cache DRY=1 BUILD=$W/build run "$S/test" \
		patched-kunit-arm64 patched-kunit-i386 patched-kunit-pae
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"kmake' '$W/build/linux' '$W/build/linux/obj-arm64-debug' 'Image'"* ]]
	[[ $output == *"kmake' '$W/build/linux' '$W/build/linux/obj-i386-pae' 'bzImage'"* ]]
	for want in arm64-debug/arch/arm64/boot/Image i386-debug/arch/x86/boot/bzImage \
			i386-pae/arch/x86/boot/bzImage; do
		arch=${want%%-*}
		# shellcheck disable=SC2076
		[[ $output == *"$arch-patched-"*".cpio.gz with $W/cache/vmseries/busybox/$arch"* ]]
		[[ $output == *"'--kernel' '$W/build/linux/obj-$want'"*"'--job' 'kunit' '--args' 'contig_alloc,vcompound,vmalloc_huge,vmap_area,vmap_block'"*"'--debug'"* ]]
	done
	# ARCH= applies to runs that name none
	ARCH=i386 XDG_CACHE_HOME=$W/cache DRY=1 BUILD=$W/build run "$S/test" \
		patched-kunit patched-kunit-arm64
	[ "$status" -eq 0 ]
	[[ $output == *"obj-i386-debug/arch/x86/boot/bzImage"*"obj-arm64-debug/arch/arm64/boot/Image"* ]]
	[[ $output != *x86_64* ]]
	DRY=1 BUILD=$W/build run "$S/test"
	[ "$status" -eq 0 ]
	[[ $output != *arm64* ]]
	[[ $output != *i386* ]]
}

# elf FILE MACHINE: the parts of a static program for that machine that are checked
elf()
{
	printf '\177ELF\2\1\1%9s\2\0%b%4096s' '' "\\x$2\\0" '' >"$1"
}

@test "busybox: the machine's own, the cache's, Debian's; and what it refuses" {
	export XDG_CACHE_HOME=$W/cache
	cache=$W/cache/vmseries/busybox
	run "$S/lib/busybox" x86_64
	[ "$status" -eq 0 ]
	[ "$output" = "$(command -v busybox)" ]
	run "$S/lib/busybox" vax
	[ "$status" -eq 4 ]
	[[ $output == *"no busybox is known for 'vax'"* ]]
	DRY=1 run "$S/lib/busybox" arm64
	[ "$status" -eq 0 ]
	[ ! -e "$W/cache" ]
	[ "${lines[0]}" = "# would fetch busybox-static:arm64" ]
	# An apt-get whose update fails for one source, and that has the package
	mkdir -p "$W/bin" "$W/deb/bin"
	elf "$W/deb/bin/busybox" b7
	cat >"$W/bin/apt-get" <<-END
		#!/bin/sh
		echo "\$*" >>$W/asked
		case "\$*" in
		*" download busybox-static:arm64")	: >busybox-static_1_arm64.deb ;;
		*)	echo "E: nothing"; exit 100 ;;
		esac
	END
	cat >"$W/bin/dpkg-deb" <<-END
		#!/bin/sh
		cp -r $W/deb "\$3"
	END
	chmod +x "$W"/bin/*
	PATH=$W/bin:$PATH run "$S/lib/busybox" arm64
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$output" = "$cache/arm64" ]
	cmp "$cache/arm64" "$W/deb/bin/busybox"
	# Signatures are required, and nothing of the machine's apt is changed
	[ "$(grep -c 'AllowUnauthenticated=false.*AllowInsecureRepositories=false' "$W/asked")" -eq 2 ]
	[ "$(grep -c 'Dir::State=/.* Dir::State::status=/.* Dir::Cache=/' "$W/asked")" -eq 2 ]
	# Then it is there
	rm "$W/asked"
	PATH=$W/bin:$PATH run "$S/lib/busybox" arm64
	[ "$output" = "$cache/arm64" ]
	[ ! -e "$W/asked" ]
	# A package that apt-get does not have; one with another machine's program
	PATH=$W/bin:$PATH run "$S/lib/busybox" i386
	[ "$status" -eq 4 ]
	[[ ${lines[-1]} == *"cannot fetch busybox-static:i386"*"at $cache/i386" ]]
	[ ! -e "$cache/i386" ]
	rm "$cache/arm64"
	elf "$W/deb/bin/busybox" 3
	PATH=$W/bin:$PATH run "$S/lib/busybox" arm64
	[ "$status" -eq 4 ]
	[[ $output == *"no static busybox for arm64"* ]]
	[ ! -e "$cache/arm64" ]
	# A wrong one in the cache: for another machine, or not static
	cp "$W/deb/bin/busybox" "$cache/arm64"
	run "$S/lib/busybox" arm64
	[ "$status" -eq 4 ]
	[[ $output == *"is no static busybox for arm64; remove it"* ]]
	elf "$cache/arm64" b7
	printf 'ld-linux' | dd of="$cache/arm64" bs=1 seek=64 conv=notrunc status=none
	run "$S/lib/busybox" arm64
	[ "$status" -eq 4 ]
	# No apt-get: where to put one
	rm "$cache/arm64" "$W/bin/apt-get"
	for program in bash env dirname realpath sed grep awk cat mkdir od tr; do
		ln -s "$(command -v $program)" "$W/bin/$program"
	done
	PATH=$W/bin run "$S/lib/busybox" arm64
	[ "$status" -eq 4 ]
	[[ $output == *"no apt-get here"*"put a static busybox for arm64 at $cache/arm64" ]]
}

@test "the stresses: by name only, each with its kernel, job and memory" {
	DRY=1 BUILD=$W/build run "$S/test" patched-stress-area patched-stockstress \
		patched-stress-contig
	[ "$status" -eq 0 ]
	[[ $output == *"obj-x86_64-debug/"*"'--job' 'stress-contig' '--args' '600'"*"movablecore="*"'--mem' '2G'"* ]]
	[[ $output == *"obj-x86_64-stress/"*"'--job' 'stress-vmap-area' '--args' '600'"*"'--mem' '3G'"* ]]
	[[ $output == *"obj-x86_64-debug/"*"'--job' 'stress-stock' '--args' '600,loops=100,repeat=1'"*"'--mem' '3G'"* ]]
	DRY=1 BUILD=$W/build run "$S/test"
	[ "$status" -eq 0 ]
	[[ $output != *stress* ]]
}

@test "check runs the allocator's user-space build on the tree, as one result" {
	DRY=1 LEVEL=series BUILD=$W/build run "$S/check"
	[ "$status" -eq 0 ]
	[[ $output == *"'one' 'user-space vmap_area' 'make' '-C' '$W/build/linux/tools/testing/vmap_area' 'check'"* ]]
	# Its own output is not a result; its last lines are printed
	sed -n '/^one()/,/^}/p' "$S/check" >"$W/one"
	list=$W/list S=$S run bash -c 'set -euo pipefail; . "$S/lib/lib.sh"; . "$1"
		one name sh -c "echo ok 1; echo why >&2; exit 3"' check "$W/one"
	[ "$status" -eq 3 ]
	[ "${lines[0]}" = "    ok 1" ]
	[ "$(grep -cE '^(ok|not ok|FAIL) ' <<<"$output")" -eq 1 ]
	[[ $output == *"FAIL name: expected status 0, found 3"*"why" ]]
	list=$W/list S=$S run bash -c 'set -euo pipefail; . "$S/lib/lib.sh"; . "$1"
		one name echo ok 7' check "$W/one"
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = "ok name" ]
}

@test "make alone lists every verb" {
	run make -C "$S/.."
	[ "$status" -eq 0 ]
	for verb in doctor setup tree apply build boot shell test bench report \
			gdbcheck model check refresh rebase range-diff export clean demo; do
		[[ $output == *"    $verb "* ]]
	done
}

@test "DRY=1 only prints, without a tree or a base, too" {
	for verb in tree demo test bench gdbcheck model check; do
		XDG_CACHE_HOME=$W/cache run make -C "$S/.." "$verb" DRY=1 \
			BUILD="$W/build"
		echo "$verb: $output"
		[ "$status" -eq 0 ]
		[ ! -e "$W/build" ]
		[ ! -e "$W/cache" ]
	done
}

@test "clean removes what we made, and keeps work and what is not ours" {
	mkdir -p "$W/build/logs" "$W/build/selftests" "$W/build/mine"
	BUILD=$W/build run "$S/clean"
	[ "$status" -eq 0 ]
	[ ! -e "$W/build/logs" ]
	[ ! -e "$W/build/selftests" ]
	[ -e "$W/build/mine" ]
	git init -q "$W/build/linux"
	echo work >"$W/build/linux/file"
	BUILD=$W/build run "$S/clean"
	[ "$status" -eq 4 ]
	[[ $output == *"holds work"* ]]
	[ -e "$W/build/linux/file" ]
	BUILD=$W/build FORCE=1 run "$S/clean"
	[ "$status" -eq 0 ]
	[ ! -e "$W/build/linux" ]
	# A branch of the user's counts as work, one of export does not
	git init -q -b series "$W/build/linux"
	u() { git -C "$W/build/linux" -c user.name=a -c user.email=a@b.c "$@"; }
	u commit -q --allow-empty -m base
	u update-ref refs/vmseries/laid HEAD
	u checkout -q -b export/x
	u commit -q --allow-empty -m export
	u checkout -q series
	BUILD=$W/build DRY=1 run "$S/clean"
	[ "$status" -eq 0 ]
	u branch -q wip export/x
	BUILD=$W/build run "$S/clean"
	[ "$status" -eq 4 ]
	[[ $output == *"another branch"* ]]
	[ -e "$W/build/linux" ]
}

@test "a path that kbuild cannot take is named" {
	BUILD="$W/my dir" run "$S/build" patched bench
	[ "$status" -eq 4 ]
	[[ $output == *"blanks, colons and commas in a path"* ]]
}

@test "the stock test's script tells failed from passed" {
	# modprobe and the like are ours; the script is the patched kernel's
	mkdir "$W/bin"
	printf '#!/bin/sh\necho "parm: run_test_mask:x"\n' >"$W/bin/modinfo"
	printf '#!/bin/sh\necho 0\n' >"$W/bin/id"
	cat >"$W/bin/modprobe" <<-'END'
	#!/bin/sh
	[ -n "$SAYS" ] || exit 0
	echo "modprobe: ERROR: could not insert 'test_vmalloc': $SAYS" >&2
	exit 1
	END
	chmod +x "$W"/bin/*
	script=$SRC/tools/testing/selftests/mm/test_vmalloc.sh
	export PATH=$W/bin:$PATH
	SAYS='Resource temporarily unavailable' run bash "$script" run_test_mask=1
	[ "$status" -eq 0 ]
	SAYS='Input/output error' run bash "$script" run_test_mask=1
	[ "$status" -eq 1 ]
	[[ $output == *"FAIL: "*"Input/output error"* ]]
	SAYS='' run bash "$script" run_test_mask=1
	[ "$status" -eq 4 ]
}

@test "a flag that is neither yes nor no is refused before anything is done" {
	for flag in DRY=yes V=2 FORCE=on KVM=2 TIMEOUT_SCALE=0 TIMEOUT_SCALE=0.5; do
		run env BUILD="$W/build" "$flag" "$S/clean"
		[ "$status" -eq 4 ]
		[[ $output == *"$flag is not known"* ]]
	done
	run env BUILD="$W/build" KVM=auto TIMEOUT_SCALE=2 DRY=0 "$S/clean"
	[ "$status" -eq 0 ]
}

@test "x86 is x86_64, and what kbuild would read from the environment does not count" {
	run env ARCH=x86 LLVM=1 KCFLAGS=-O0 bash -c ". '$S/lib/lib.sh'; echo \$ARCH,\${LLVM-},\${KCFLAGS-}"
	[ "$status" -eq 0 ]
	[[ $output == *x86_64,, ]]
}

@test "a lock file that clean removed is not waited for" {
	mkdir -p "$W/build"
	# The holder removes it and ends: whoever waited has to lock the new one
	BUILD=$W/build bash -c ". '$S/lib/lib.sh'; lock -x; : >'$W/held'
		while [ ! -e '$W/waits' ]; do sleep 0.05; done
		sleep 0.3; rm -f '$W/build/.lock'" &
	while [ ! -e "$W/held" ]; do sleep 0.05; done
	: >"$W/waits"
	BUILD=$W/build run bash -c ". '$S/lib/lib.sh'; lock -x
		[ '$W/build/.lock' -ef /proc/\$BASHPID/fd/\$LOCK ] && echo same"
	[[ $output == *same ]]
	wait
}
