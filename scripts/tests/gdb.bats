#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# scripts/gdb-check with a guest and a gdb that only print: their output decides.

setup()
{
	W=$BATS_TEST_TMPDIR
	unset DRY V ARCH TIMEOUT_SCALE
	export BUILD=$W/build
	S=$W/top/scripts
	mkdir -p "$W/top" "$BUILD/linux/obj-x86_64-gdb"
	cp -r "$BATS_TEST_DIRNAME/.." "$S"
	cp -r "$BATS_TEST_DIRNAME/../../kunit" "$W/top"
	: >"$BUILD/linux/obj-x86_64-gdb/vmlinux-gdb.py"
	printf '#!/bin/sh\n' >"$S/build"
	printf '#!/bin/sh\n' >"$S/lib/initramfs"
	cat >"$S/lib/boot" <<-END
	#!/bin/bash
	while [ \$# -gt 0 ]; do
		[ "\$1" != --out ] || out=\$2
		shift
	done
	mkdir -p "\$out"
	[ ! -e "$W/no-guest" ] || { echo "no guest today"; exit 2; }
	{ echo BEFORE; cat "$W/before"; echo READY; } >"\$out/result.log"
	until [ -e "$W/left" ]; do sleep 0.1; done
	{ echo AFTER; cat "$W/after"; echo END; } >>"\$out/result.log"
	END
	cat >"$W/gdb" <<-END
	#!/bin/sh
	case "\$*" in *python*) echo 42; exit ;; esac
	echo BEGIN
	cat "$W/lx"
	[ -e "$W/gdb-fails" ] || echo END
	: >"$W/left"
	END
	chmod +x "$S"/* "$S"/lib/* "$W/gdb"
	export GDB=$W/gdb
	cat >"$W/before" <<-'END'
	0xffffc90000000000-0xffffc90000005000   20480 dup_task_struct+0x57/0x1a0 pages=4 vmalloc N0=4
	0xffffc90000006000-0xffffc90000008000    8192 hpet_enable+0x36/0x2f0 phys=0x00000000fed00000 ioremap
	0xffffc90000009000-0xffffc9000000b000    8192 x+0x1/0x2 unpurged vm_area
	0xffffc90000400000-0xffffc90000800000 4194304 vm_map_ram
	0xffffc90000a00000-0xffffc90000de9000 4100096 bench+0x1/0x2 pages=1000 vmalloc vpages N0=1000
	END
	cp "$W/before" "$W/after"
	cat >"$W/lx" <<-'END'
	0xffffc90000a00000-0xffffc90000de9000    4100096 <bench+1> pages=1000 vmalloc vpages
	0xffffc90000000000-0xffffc90000005000      20480 <dup_task_struct+87> pages=4 vmalloc
	0xffffc90000006000-0xffffc90000008000       8192 <hpet_enable+54> phys=0xfed00000 ioremap
	0xffffc90000400000-0xffffc90000800000    4194304 vm_map_ram
	END
}

# check STATUS TEXT...: gdb-check ends with STATUS, and prints TEXT
check()
{
	local want=$1

	shift
	run timeout 60 "$S/gdb-check"
	printf '%s\n' "$output"
	[ "$status" -eq "$want" ] || return
	for text; do
		[[ $output == *"$text"* ]] || return
	done
}

@test "gdb-check: the same areas in other words and another order" {
	check 0 "4 areas" "8 passed, 0 failed"
}

@test "gdb-check: an area that gdb does not list, or lists twice, or invents" {
	sed -i '/vm_map_ram/d' "$W/lx"
	check 1 "FAIL lx-vmallocinfo lists what" "     | 0xffffc90000400000-"
	cat "$W/before" "$W/before" | grep -v unpurged >"$W/lx"
	rm "$W/left"
	check 1 "FAIL no area is listed twice"
	grep -v unpurged "$W/before" >"$W/lx"
	echo '0xffffc90000100000-0xffffc90000102000 8192 <x+1> vmap' >>"$W/lx"
	rm "$W/left"
	check 1 "FAIL and nothing else" "7 passed, 1 failed"
}

@test "gdb-check: another size, other flags" {
	sed -i 's/ 8192 / 4096 /' "$W/lx"
	check 1 "FAIL lx-vmallocinfo lists what" "FAIL and nothing else"
	sed -i 's/ 4096 / 8192 /; s/ ioremap/ vmap/' "$W/lx"
	rm "$W/left"
	check 1 "FAIL lx-vmallocinfo lists what" "FAIL and nothing else"
}

@test "gdb-check: an area that came or went meanwhile may be either way" {
	echo '0xffffc90000100000-0xffffc90000102000 8192 x+0x1/0x2 pages=1 vmalloc' \
		>>"$W/after"
	for i in 1 2 3 4 5 6 7; do
		echo "0xffffc9000100${i}000-0xffffc9000100${i}800 2048 x+0x1/0x2 vmap" |
			tee -a "$W/before" "$W/after" >>"$W/lx"
	done
	check 0 "8 passed, 0 failed"
	sed -n '/-0xffffc90000102000/p' "$W/after" >>"$W/lx"
	rm "$W/left"
	check 0 "8 passed, 0 failed"
}

@test "gdb-check: a kind of areas that is not there proves nothing" {
	for file in before after lx; do
		sed -i /ioremap/d "$W/$file"
	done
	check 1 "FAIL the guest has an area with 'ioremap'"
}

@test "gdb-check: a gdb that gives up, a guest that crashes" {
	: >"$W/gdb-fails"
	check 1 "FAIL lx-vmallocinfo: expected a list to its end" "0 passed, 1 failed"
	: >"$W/no-guest"
	check 2 "no guest today" "found one that has ended"
}

@test "gdb-check: no gdb, one without Python: cannot, and what to install" {
	GDB=$W/none check 4 "found none; run 'scripts/setup gdb', or: apt-get install gdb"
	printf '#!/bin/sh\nexit 1\n' >"$W/gdb"
	check 4 "expected a gdb with Python"
	ARCH=i386 check 4 "expected ARCH=x86_64"
}

@test "gdb-check: DRY=1 only prints" {
	rm -r "$BUILD"
	DRY=1 GDB=$W/none run "$S/gdb-check"
	[ "$status" -eq 0 ]
	[[ $output == *"'--gdb' 'SOCKET'"*"'-batch'"* ]]
	[ ! -e "$BUILD" ]
}

@test "job gdb: lists before and after the debugger, once nothing changes" {
	mkdir -p "$W/proc/sys/kernel" "$W/debug" "$W/tmp"
	: >"$W/debug/vmap_benchmark"
	: >"$W/proc/sys/kernel/kptr_restrict"
	grep -v unpurged "$W/before" >"$W/proc/vmallocinfo"
	echo 4711 >"$W/proc/sys/kernel/panic"
	PROC=$W/proc DEBUG=$W/debug TMP=$W/tmp run timeout 60 busybox sh \
		"$S/guest/jobs/gdb" 9
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(grep -cx 'BEFORE\|READY\|AFTER\|END' <<<"$output")" -eq 4 ]
	[ "$(grep -c vm_map_ram <<<"$output")" -eq 2 ]
	echo -1 >"$W/proc/sys/kernel/panic"
	rm "$W/tmp/never"
	PROC=$W/proc DEBUG=$W/debug TMP=$W/tmp run timeout 60 busybox sh \
		"$S/guest/jobs/gdb" 2
	[ "$status" -eq 1 ]
	[[ $output == *"no debugger connected"* ]]
	rm "$W/debug/vmap_benchmark"
	DEBUG=$W/debug run busybox sh "$S/guest/jobs/gdb"
	[ "$status" -eq 2 ]
	[[ $output == *"CONFIG_VMAP_BENCHMARK=y"* ]]
}
