#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# make run, make test CASE=, make decode: the kernel is a file, and a guest is the
# unpacked initramfs, whose job runs here.

bats_require_minimum_version 1.5.0

setup()
{
	REPO=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	W=$BATS_TEST_TMPDIR
	LAID=${SRC:-${BUILD:-$REPO/build}/linux}
	export BUILD=$W/build HOME=$W
	unset ARCH V DRY KVM VARIANT PROFILE "${!GIT_@}" CMD FILES HOST CONFIG MEM CPUS \
		APPEND ICOUNT TIMEOUT COMPARE CASE LOG MAKEFLAGS MAKELEVEL SRC
	mkdir -p "$W/scripts/lib" "$BUILD"/{linux,baseline}/mm/tests
	cp "$REPO"/scripts/{run,test,decode} "$W/scripts/"
	cp "$REPO"/scripts/lib/{config,initramfs,lib.sh,guest.sh} "$W/scripts/lib/"
	cp -r "$REPO/scripts/guest" "$W/scripts/"
	cp -r "$REPO/kunit" "$REPO/Makefile" "$W/"
	ln -s "$REPO/tools" "$W/tools"
	cat >"$W/scripts/build" <<-'END'
	#!/bin/sh
	echo "build $* CONFIG=$CONFIG" >>"$BUILD/calls"
	END
	for name in setup tree; do
		printf '#!/bin/sh\n' >"$W/scripts/$name"
	done
	# The guest: a user who is root in the initramfs, or the suites of KUnit that
	# the kernel's filter leaves, each with one case
	cat >"$W/scripts/lib/boot" <<-'END'
	#!/bin/bash
	echo "boot $*" >>"$BUILD/calls"
	while [ $# -gt 0 ]; do
		case $1 in
		--out|--initrd|--job|--kernel|--args)	declare "${1#--}=$2" ;;
		--append)	glob=${2#kunit.filter_glob=} ;;
		esac
		shift
	done
	mkdir -p "$out/root"
	exec >"$out/result.log"
	: >"$out/console.log"
	if [ "$job" = kunit ]; then
		echo KTAP version 1
		for suite in ${args//,/ }; do
			[[ $suite == ${glob%%.*} && $suite != "$GONE" ]] || continue
			printf '%s\n' "    # Subtest: $suite" '    1..1' \
				'    ok 1 case' "ok $((++n)) $suite"
		done
		exit
	fi
	gzip -dc "$initrd" | (cd "$out/root" && cpio -idm --quiet)
	as_root=
	[ "$(id -u)" = 0 ] || as_root='unshare -r'
	status=0
	KERNEL=$kernel $as_root chroot "$out/root" /bin/bash -c "export PATH=/bin
		cd /tmp && exec bash /jobs/$job" || status=$?
	[ $status = 0 ] || {
		echo "boot: error: job $job ended with status $status" >&2
		exit 1
	}
	END
	chmod +x "$W"/scripts/{,lib/}*
	cd "$W" || return
}

# runs VARIABLE=VALUE...: make run with them
runs()
{
	run --separate-stderr env -u BUILD make -s run BUILD="$BUILD" "$@"
	printf '%s\n' "$output" -- "$stderr"
}

@test "run: a command with a file, a folder, a program and its libraries" {
	mkdir -p own/dir/sub lib
	printf '#!/bin/sh\necho "script $1 in $PWD"\n' >own/dir/sub/s
	chmod 700 own/dir/sub/s
	echo data >own/data
	echo 'const char *word(void) { return "library"; }' |
		gcc -shared -fPIC -xc -o lib/libword.so -
	printf '%s\n' '#include <stdio.h>' 'const char *word(void);' \
		'int main(void) { return puts(word()) < 0; }' |
		gcc -xc -o own/prog - -L lib -lword -Wl,-rpath,"$W/lib"
	runs CMD='./dir/sub/s one; ./prog; cat data; stat -c %a dir/sub/s data
echo "it'"'"'s $((6*7))" $HOME; echo error >&2' FILES='own/dir/ own/prog own/data'
	[ "$status" -eq 0 ]
	[ "$(head -n 7 <<<"$output")" = "script one in /data
library
data
755
644
it's 42 $HOME
error" ]
	grep -qx "build patched bench CONFIG=" "$BUILD/calls"
	grep -q -- "--job command .*--timeout 3600 --silence 3600\$" "$BUILD/calls"
}

@test "run: the status of the command, and its own in the message" {
	runs CMD='echo out; exit 7'
	[ "$status" -eq 2 ]
	[[ $output == out$'\n'* ]]
	[[ $stderr == *"job command ended with status 7"*"Error 1"* ]]
}

@test "run: memory, processors, arguments, clock, folder, kernel" {
	mkdir -p folder
	printf 'CONFIG_SWAP=y\n' >mine.config
	runs CMD=true MEM=3G CPUS=2 APPEND='a=1 b' ICOUNT=1 HOST="$W/folder:rw" \
		VARIANT=baseline PROFILE=debug CONFIG=mine.config TIMEOUT=60
	[ "$status" -eq 0 ]
	grep -qx "build baseline debug CONFIG=mine.config $W/kunit/host.config" "$BUILD/calls"
	grep -q "/baseline/obj-x86_64-debug+mine+host/arch/x86/boot/bzImage " "$BUILD/calls"
	grep -q -- " --debug --host $W/folder:rw --timeout 60 --silence 60 --icount --mem 3G --smp 2 --append a=1 b\$" "$BUILD/calls"
	[ -d "$BUILD/runs/baseline-debug+mine+host-command" ]
}

@test "run: what is wrong is said before a kernel is built" {
	local bad

	for bad in CMD= 'CMD=a MEM=much' 'CMD=a CPUS=0' 'CMD=a ICOUNT=yes' \
			'CMD=a TIMEOUT=1h' 'CMD=a FILES=/nonexistent' \
			'CMD=a HOST=/nonexistent' 'CMD=a CONFIG=/nonexistent' \
			'CMD=a PROFILE=none'; do
		# shellcheck disable=SC2086
		runs $bad
		[ "$status" -eq 2 ]
		[[ $stderr == *": error: "*"Error 4"* ]]
	done
	COMPARE=1 run -4 "$W/scripts/run" patched bench selftest-ok
	run -4 "$W/scripts/run" patched bench nosuch
	[ ! -e "$BUILD/calls" ]
	# Others' variables of the environment are not ours
	HOST=myhost MEM=much CONFIG=x FILES=y runs CMD=true
	[ "$status" -eq 0 ]
}

@test "run: vanilla and patched side by side" {
	runs COMPARE=1 ICOUNT=1 CMD='case $KERNEL in
		*/baseline/*) v=40; echo "only: 3" ;;
		*) v=10 ;;
		esac
		for i in 9 1 5; do echo "lat $((v + i)) ns"; done
		echo BENCH case/1 insn $v.5; echo zero 0; echo bytes 1e3; echo 7 8
		echo not a figure; echo real 0m1.5s'
	[ "$status" -eq 0 ]
	[[ $output == *"== vanilla"$'\n'"only: 3"*"== patched"* ]]
	[ "$(sed -n '/| ratio/,$p' <<<"$output" | tr -s ' ')" = " | vanilla | patched | ratio
only | 3 | - | -
lat, ns | 45 | 15 | 0.33
case/1 insn | 40.5 | 10.5 | 0.26
zero | 0 | 0 | 1.00
bytes | 1e3 | 1e3 | 1.00" ]
	[ "$(grep -c ^build "$BUILD/calls")" -eq 2 ]
}

@test "run: a comparison of nothing fails, and so does one side that fails" {
	runs COMPARE=1 CMD='echo hello'
	[[ $stderr == *"no figures; expected lines 'NAME VALUE [UNIT]'"*"Error 1"* ]]
	runs COMPARE=1 CMD='echo a 1; case $KERNEL in */baseline/*) exit 3 ;; esac'
	[ "$status" -eq 2 ]
	[[ $output == *"a "*" 1.00"*"ICOUNT=1"* ]]
	[[ $stderr == *"ended with status 3"*"Error 1"* ]]
}

@test "run: DRY=1 boots nothing" {
	runs CMD=true COMPARE=1 DRY=1
	[ "$status" -eq 0 ]
	[ "$(grep -c "scripts/lib/boot.*'command'" <<<"$stderr")" -eq 2 ]
	run ! grep -q boot "$BUILD/calls"
	[ ! -e "$BUILD/runs" ]
}

@test "initramfs: two of one name are not data" {
	mkdir a b
	touch a/x b/x
	run -4 "$W/scripts/lib/initramfs" "$W/i.cpio" --data a/x --data b/x
	[[ $output == *"two files or folders of data are named x"* ]]
}

# suites: all in both trees, with some cases each
suites()
{
	local tree name dir

	for tree in linux baseline; do
		dir=$BUILD/$tree/tools/testing/selftests/mm
		mkdir -p "$dir"
		printf '#!/bin/sh\n' >"$dir/run_vmtests.sh"
		for name in contig_alloc vcompound vmalloc_huge; do
			printf '\tKUNIT_CASE(%s_1),\n' "$name" \
				>"$BUILD/$tree/mm/tests/${name}_kunit.c"
		done
		printf '\tKUNIT_CASE(vmap_area_one),\n\tKUNIT_CASE_SLOW(vmap_area_stale),\n' \
			>"$BUILD/$tree/mm/tests/vmap_area_kunit.c"
		printf '\tKUNIT_CASE_PARAM(vmap_block_stale, gen),\n' \
			>"$BUILD/$tree/mm/tests/vmap_block_kunit.c"
	done
}

# tests CASE [RUN]: make test with them; CHOSEN is what was booted
tests()
{
	rm -f "$BUILD/calls"
	run env -u BUILD make -s test BUILD="$BUILD" CASE="$1" RUN="${2:-}"
	echo "$output"
	CHOSEN=$(sed -n 's/^boot .*--args \([^ ]*\) .*--append kunit.filter_glob=\([^ ]*\).*/\1 \2/p' \
		"$BUILD/calls" 2>/dev/null || true)
}

@test "test CASE=: the suites that have it are run, and no other is required" {
	suites
	tests 'vmap_*.*stale*'
	[ "$status" -eq 0 ]
	[ "$CHOSEN" = 'vmap_area,vmap_block vmap_*.*stale*' ]
	[ "${lines[-1]}" = "2 passed, 0 failed, 0 skipped" ]
	tests vcompound
	[ "$CHOSEN" = 'vcompound vcompound' ]
	[ "${lines[-1]}" = "1 passed, 0 failed, 0 skipped" ]
	tests '*.[!v]*e' patched-kunit
	[ "$status" -ne 0 ]
	tests '*.vmap*_?ne' baseline-kunit
	[ "$CHOSEN" = 'vmap_area *.vmap*_?ne' ]
}

@test "test CASE=: a selected suite that does not run is a failure" {
	suites
	export GONE=vmap_block
	tests '*.*stale*'
	[ "$status" -eq 2 ]
	[[ $output == *"1 passed, 1 failed, 0 skipped"* ]]
}

@test "test CASE=: an empty selection, a run without KUnit, no glob: exit 4" {
	suites
	tests 'vmap_area.nosuch'
	[[ $output == *"selects nothing of patched-kunit"*"suites contig_alloc vcompound vmalloc_huge vmap_area vmap_block; cases: vmap_area_one vmap_area_stale"*"Error 4"* ]]
	tests vmap_area_one
	[[ $output == *"SUITE or SUITE.CASE"*"Error 4"* ]]
	tests '*' patched-stock
	[[ $output == *"patched-stock has none"*"Error 4"* ]]
	tests 'a b'
	[[ $output == *"Error 4"* ]]
	[ ! -e "$BUILD/calls" ]
}

# vmlinux FOLDER SIZE [-g [NAME]]: a kernel there with the functions f and, of SIZE
# bytes, g or NAME; the kernel's decoder, which says where it was called
vmlinux()
{
	local obj=$BUILD/$1

	mkdir -p "$obj" "$BUILD/linux/scripts"
	[ -e "$obj/source" ] || ln -s "$BUILD/linux" "$obj/source"
	printf '.text\nf: .skip 32\n%s: .skip %s\nend: nop\n' "${4:-g}" "$2" >"$W/x.s"
	echo 'int main(void){return 0;}' >"$W/x.c"
	gcc -c ${3:+"$3"} -o "$W/c.o" "$W/x.c"
	gcc -c -o "$W/s.o" "$W/x.s"
	ld -r -o "$obj/vmlinux" "$W/s.o" "$W/c.o"
	# A map, as the kernel's build leaves it, of every other one only
	[ "$2" != 64 ] || nm -n "$obj/vmlinux" >"$obj/System.map"
	echo 'sed "s,g+0x[^ ]*,& (g.c:7 by ${1%/vmlinux} $2),"' \
		>"$BUILD/linux/scripts/decode_stacktrace.sh"
}

# crash: the log of one
crash()
{
	printf '%s\r\n' '[    0.1] Linux version 7.3.4' \
		'[    1.0] BUG: kernel NULL pointer dereference, address: 8' \
		'[    1.0] RIP: 0010:g+0x12/0x40' '[    1.0] Call Trace:' \
		'[    1.0]  f+0x8/0x20' '[    1.0]  f+0x8/0x900 [module]' \
		'[    1.1] Kernel panic - not syncing: Fatal exception' >"$W/log"
}

# decodes VARIABLE=VALUE...: make decode of it
decodes()
{
	run --separate-stderr env -u BUILD make -s decode BUILD="$BUILD" "$@"
	printf '%s\n' "$output" -- "$stderr"
}

@test "decode: the kernel is found by the sizes of functions" {
	crash
	vmlinux baseline/obj-x86_64-debug 48 -g
	vmlinux linux/obj-x86_64-debug 64 -g
	vmlinux linux/obj-x86_64-bench 80
	# These have less of it
	vmlinux linux/obj-i386-debug 64 -g other
	vmlinux linux/obj-i386-rt 64 -g other
	decodes LOG=log
	[ "$status" -eq 0 ]
	[[ $output == *"Linux version"*"g+0x12/0x40 (g.c:7 by $BUILD/linux/obj-x86_64-debug auto)"* ]]
	[[ ${lines[-1]} =~ ^fingerprint:\ [0-9a-f]{8}\ "g < f"$ ]]
	[[ $stderr == *"decoded by $BUILD/linux/obj-x86_64-debug/vmlinux"* ]]
	[[ $stderr != *"may also"* ]]
	# Equal ones: one with line numbers, and the other is named
	vmlinux baseline/obj-x86_64-bench 64
	vmlinux linux/obj-x86_64-bench 64
	decodes LOG=log
	[[ $output == *"by $BUILD/linux/obj-x86_64-debug auto"* ]]
	[[ $stderr == *"it may also be of $BUILD/linux/obj-x86_64-bench/vmlinux $BUILD/baseline/obj-x86_64-bench/vmlinux"* ]]
}

@test "decode: the kernel that VARIANT= and PROFILE= name" {
	crash
	vmlinux linux/obj-x86_64-debug 64 -g
	vmlinux baseline/obj-x86_64-debug 48 -g
	decodes LOG=log VARIANT=baseline PROFILE=debug
	[ "$status" -eq 0 ]
	[[ $output == *"by $BUILD/baseline/obj-x86_64-debug auto"* ]]
	decodes LOG=log PROFILE=rt
	[[ $stderr == *"make build VARIANT=patched PROFILE=rt"*"Error 4"* ]]
}

@test "decode: what cannot be decoded is printed as it is, and why: exit 4" {
	crash
	decodes LOG=log
	[[ $output == *"g+0x12/0x40"*"fingerprint: "* ]]
	[[ $stderr == *"no kernel in $BUILD has the functions of log"*"Error 4"* ]]
	vmlinux linux/obj-x86_64-bench 64
	decodes LOG=log
	[[ $output == *"g+0x12/0x40"* ]]
	[[ $stderr == *"has no line numbers; PROFILE=debug has"*"Error 4"* ]]
	echo 'exit 1' >"$BUILD/linux/scripts/decode_stacktrace.sh"
	vmlinux linux/obj-x86_64-bench 64 -g
	echo 'echo why >&2; exit 1' >"$BUILD/linux/scripts/decode_stacktrace.sh"
	decodes LOG=log
	[[ $output == *"g+0x12/0x40"* ]]
	[[ $stderr == *"failed: why"*"Error 4"* ]]
	echo hello >log
	decodes LOG=log
	[ "$output" = hello ]
	[[ $stderr == *"expected traces"*"Error 4"* ]]
	decodes LOG=nosuch
	[[ $stderr == *"no readable file"*"Error 4"* ]]
	decodes
	[[ $stderr == *"no log is named"*"Error 4"* ]]
}

# laid: the tree that 'make tree' creates, with the whole series
laid()
{
	[ -f "$LAID/mm/tests/vcompound_kunit.c" ] || skip "no whole series in $LAID; run 'make tree'"
}

@test "kunit.py configures the suites, as documented" {
	laid
	mkdir "$W/um"
	cd "$LAID"
	grep -q -- "kunit.py run --arch=x86_64 --kunitconfig=mm/tests" \
		"$REPO/Documentation/testing.rst"
	run -0 python3 -B ./tools/testing/kunit/kunit.py config --arch=x86_64 \
		--kunitconfig=mm/tests --build_dir="$W/um"
	echo "$output"
	for option in $(grep -o '^CONFIG_[^ ]*=y' mm/tests/.kunitconfig); do
		grep -qx "$option" "$W/um/.config"
	done
}

@test "the fragments of make run fit the profile that is measured" {
	local name

	laid
	for name in host lines; do
		run -0 "$REPO/scripts/lib/kconfig" --all "$LAID" "$W/$name" \
			"$REPO"/kunit/{base,bench,x86_64,modules,$name}.config
	done
	grep -qx CONFIG_9P_FS=y "$W/host/.config"
	grep -qx CONFIG_DEBUG_INFO_REDUCED=y "$W/lines/.config"
}
