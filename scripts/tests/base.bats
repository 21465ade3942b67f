#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# scripts/lib/base: every source of the base kernel, and what it refuses.

setup()
{
	S=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
	W=$BATS_TEST_TMPDIR
	export HOME=$W/home XDG_CACHE_HOME=$W/cache
	mkdir -p "$HOME" "$W/bin"
	unset KDIR KSRC BASE DRY V
	# No network: apt-get fails, kernel.org is a folder
	printf '#!/bin/sh\nexit 100\n' >"$W/bin/apt-get"
	chmod +x "$W/bin/apt-get"
	export PATH=$W/bin:$PATH KERNEL_ORG=file://$W/org
	mkdir -p "$W/org/v7.x" "$W/tree/linux-7.3.13"
	printf 'VERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 13\nEXTRAVERSION =\n' \
		>"$W/tree/linux-7.3.13/Makefile"
	: >"$W/tree/linux-7.3.13/Kconfig"
	tar -C "$W/tree" -cJf "$W/linux-7.3.13.tar.xz" linux-7.3.13
}

# publish: the tarball on kernel.org, with its sum
publish()
{
	cp "$W/linux-7.3.13.tar.xz" "$W/org/v7.x/"
	(cd "$W/org/v7.x" && sha256sum linux-7.3.13.tar.xz >sha256sums.asc)
}

@test "a tree is taken as it is" {
	KDIR=$W/tree/linux-7.3.13 run "$S/lib/base"
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "$W/tree/linux-7.3.13" ]
	[ "${lines[1]}" = 7.3.13 ]
}

@test "a folder that is no kernel is refused" {
	KDIR=$W run "$S/lib/base"
	[ "$status" -eq 4 ]
	[[ $output == *"is no Linux tree"* ]]
	[ "${#lines[@]}" -eq 1 ]
}

@test "a tarball is taken as it is" {
	KSRC=$W/linux-7.3.13.tar.xz run "$S/lib/base"
	[ "$status" -eq 0 ]
	[ "${lines[1]}" = 7.3.13 ]
}

@test "a broken tarball is refused" {
	head -c 100 "$W/linux-7.3.13.tar.xz" >"$W/half.tar.xz"
	KSRC=$W/half.tar.xz run "$S/lib/base"
	[ "$status" -eq 4 ]
	[[ $output == *"no whole Linux tarball"* ]]
}

@test "no network: one line, nothing half-written" {
	run "$S/lib/base"
	[ "$status" -eq 4 ]
	[[ $output == *"cannot get Linux 7.3"*"KDIR="* ]]
	[ "${#lines[@]}" -eq 1 ]
	[ -z "$(find "$XDG_CACHE_HOME" -type f)" ]
}

@test "kernel.org's tarball is checked, kept, and found again" {
	publish
	run "$S/lib/base"
	[ "$status" -eq 0 ]
	[ "${lines[1]}" = 7.3.13 ]
	[ "${lines[0]}" = "$XDG_CACHE_HOME/vmseries/base/linux-7.3.13.tar.xz" ]
	rm -r "$W/org"
	run "$S/lib/base"
	[ "$status" -eq 0 ]
	[ "${lines[1]}" = 7.3.13 ]
}

@test "without BASE=, a version of the file bases is preferred" {
	publish
	sed 's/= 13/= 12/' "$W/tree/linux-7.3.13/Makefile" >"$W/Makefile"
	mv "$W/tree/linux-7.3.13" "$W/tree/linux-7.3.12"
	mv "$W/Makefile" "$W/tree/linux-7.3.12/"
	tar -C "$W/tree" -cJf "$W/org/v7.x/linux-7.3.12.tar.xz" linux-7.3.12
	(cd "$W/org/v7.x" && sha256sum linux-*.tar.xz >sha256sums.asc)
	echo '7.3.12  2026-11-30' >"$W/bases"
	BASE=7.3 BASES=$W/bases run "$S/lib/base"
	[ "${lines[1]}" = 7.3.13 ]
	BASES=$W/bases run "$S/lib/base"
	[ "$status" -eq 0 ]
	[ "${lines[1]}" = 7.3.12 ]
	echo '7.3.11  2026-11-30' >"$W/bases"
	BASES=$W/bases run "$S/lib/base"
	[ "$status" -eq 0 ]
	[ "${lines[1]}" = 7.3.13 ]
}

@test "a corrupted download is refused" {
	publish
	printf x | dd of="$W/org/v7.x/linux-7.3.13.tar.xz" bs=1 seek=60 \
		conv=notrunc 2>/dev/null
	run "$S/lib/base"
	[ "$status" -eq 4 ]
	[[ $output == *"does not have its published sha256; refused"* ]]
	[ -z "$(find "$XDG_CACHE_HOME" -type f)" ]
}

@test "a damaged cache is noticed and fetched again" {
	publish
	"$S/lib/base" >/dev/null
	echo more >>"$XDG_CACHE_HOME/vmseries/base/linux-7.3.13.tar.xz"
	run "$S/lib/base"
	[ "$status" -eq 0 ]
	[[ $output == *"is damaged"* ]]
	(cd "$XDG_CACHE_HOME/vmseries/base" && sha256sum -c ./*.sha256)
}

@test "another version than the cached one is not served from the cache" {
	publish
	"$S/lib/base" >/dev/null
	BASE=7.4 run "$S/lib/base"
	[ "$status" -eq 4 ]
	[[ $output == *"cannot get Linux 7.4"* ]]
}

@test "a BASE that is no version is refused" {
	BASE=newest run "$S/lib/base"
	[ "$status" -eq 4 ]
	[[ $output == *"BASE=newest is no version"* ]]
}

@test "disk full: one line" {
	cat >"$W/bin/df" <<-END
	#!/bin/sh
	echo 'Filesystem 1M-blocks Used Available Capacity Mounted on'
	echo '/dev/x 100 100 0 100% /'
	END
	chmod +x "$W/bin/df"
	run "$S/lib/base"
	[ "$status" -eq 4 ]
	[[ $output == *"MB of disk are needed"* ]]
	[ "${#lines[@]}" -eq 1 ]
}
