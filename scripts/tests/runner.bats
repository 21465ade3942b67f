#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# The runner's own tests: guests that succeed, fail, hang, keep silent and
# crash must be reported as such, and so must a runner that cannot run.
#
#	KERNEL=/path/to/bzImage bats scripts/tests/runner.bats
#
# Any x86_64 kernel with the options of kunit/base.config will do.

bats_require_minimum_version 1.5.0

setup_file()
{
	SCRIPTS=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
	export SCRIPTS
	export INITRD=$BATS_FILE_TMPDIR/initrd.cpio
	# The caller's environment must not change what is tested
	unset KVM DRY V ARCH
	"$SCRIPTS/lib/initramfs" "$INITRD"
}

setup()
{
	OUT=$BATS_TEST_TMPDIR/out
	unset KVM DRY V ARCH
}

# boot OPTION...: with the real kernel; a test that cannot boot has failed
boot()
{
	if [ ! -r "${KERNEL:-}" ]; then
		echo "KERNEL= must name a bzImage; '${KERNEL:-}' is none"
		false
	fi
	run "$SCRIPTS/lib/boot" --kernel "$KERNEL" --initrd "$INITRD" --out "$OUT" "$@"
	echo "$output"
}

# fake_kernel FILE CODE: what QEMU takes for a bzImage.  All that it does is
# CODE, in real mode, at the entry of the setup part, after its header.
fake_kernel()
{
	head -c 65536 /dev/zero >"$1"
	bytes "$1" $((0x1f1)) '\x04'			# sectors of setup
	bytes "$1" $((0x1fe)) '\x55\xaa'
	bytes "$1" $((0x200)) '\xeb\x66HdrS\x0c\x02'	# jump to 0x268
	bytes "$1" $((0x211)) '\x01'			# loaded high
	bytes "$1" $((0x22c)) '\xff\xff\xff\x7f'	# highest initrd
	bytes "$1" $((0x268)) "$2"
}

# bytes FILE OFFSET BYTES: overwrite FILE there
bytes()
{
	printf '%b' "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

LOOP='\xeb\xfe'			# jmp .
RESET='\xb0\x01\xe6\x92\xf4'	# mov $1,%al; out %al,$0x92; hlt

# no_qemu: is none left that writes to OUT?
no_qemu()
{
	! pgrep -f "^qemu-system.*path=$OUT/"
}

# outcome STATUS WORD: of the last boot
outcome()
{
	[ "$status" -eq "$1" ]
	[ "$(cat "$OUT/outcome")" = "$2" ]
	no_qemu
}

@test "a job that succeeds: exit 0, ok, its results, its arguments" {
	boot --job selftest-ok --args one,two
	outcome 0 ok
	[ -z "$output" ]
	[ "$(sed -n 1p "$OUT/result.log")" = "KTAP version 1" ]
	grep -qx '# argument: one' "$OUT/result.log"
	grep -qx '# argument: two' "$OUT/result.log"
	grep -qx 'ok 1 runner' "$OUT/result.log"
	[ "$(cat "$OUT/status.log")" = "exit 0" ]
}

@test "without ACPI the guest ends just as well" {
	boot --job selftest-ok --append acpi=off --smp 1
	outcome 0 ok
}

@test "a job that fails: exit 1, failed, and the command to repeat it" {
	boot --job selftest-fail --args 7
	outcome 1 failed
	[[ $output == *"ended with status 7"* ]]
	[[ $output == *"$OUT/console.log"* ]]
	[[ $output == *"exec qemu-system-x86_64 "* ]]
	# The command works
	rm "$OUT/status.log"
	timeout 120 sh "$OUT/qemu.sh"
	[ "$(cat "$OUT/status.log")" = "exit 7" ]
}

@test "a job that does not exist: exit 1, and the names of those that do" {
	boot --job no-such-job
	outcome 1 failed
	[[ $output == *"no job is named 'no-such-job'"*selftest-ok* ]]
}

@test "a guest that loops: exit 3, timeout" {
	boot --job selftest-hang --args chatty --timeout 20
	outcome 3 timeout
	[[ $output == *"did not end within 20 s of QEMU's CPU time"* ]]
}

@test "a guest that falls silent, busy: exit 3, silent" {
	boot --job selftest-hang --args busy --silence 12
	outcome 3 silent
	[[ $output == *"printed nothing for 12 s of QEMU's CPU time"* ]]
	[[ $output == *"the console's last lines"* ]]
}

@test "a guest that falls silent, idle: exit 3, silent" {
	boot --job selftest-hang --args sleep --silence 12
	outcome 3 silent
}

@test "a kernel that never prints: exit 3, silent, told from later silence" {
	fake_kernel "$BATS_TEST_TMPDIR/mute" "$LOOP"
	KERNEL=$BATS_TEST_TMPDIR/mute boot --job selftest-ok --silence 5
	outcome 3 silent
	[[ $output == *"the kernel printed nothing for 5 s of QEMU's CPU time"* ]]
}

@test "a guest may be larger than the machine, as long as it does not use it" {
	fake_kernel "$BATS_TEST_TMPDIR/mute" "$LOOP"
	KERNEL=$BATS_TEST_TMPDIR/mute boot --job selftest-ok --silence 1 --mem \
		"$(($(awk '/^(Mem|Swap)Total:/ { kb += $2 } END { print kb }' \
		/proc/meminfo) / 1024 + 1024))M"
	outcome 3 silent
}

@test "limits are multiplied by TIMEOUT_SCALE" {
	fake_kernel "$BATS_TEST_TMPDIR/mute" "$LOOP"
	export TIMEOUT_SCALE=3
	KERNEL=$BATS_TEST_TMPDIR/mute boot --job selftest-ok --silence 2
	outcome 3 silent
	[[ $output == *"printed nothing for 6 s"* ]]
}

@test "a kernel that panics: exit 2, crash, the trace, a steady fingerprint" {
	local first

	boot --job selftest-panic
	outcome 2 crash
	[[ $output == *"sysrq triggered crash"* ]]
	[[ $output == *"Call Trace:"* ]]
	first=$(grep '^fingerprint: [0-9a-f]\{8\} ' <<<"$output")
	[[ $first == *" sysrq_handle_crash < "* ]]
	grep -qF "$first" "$OUT/crash.log"
	# Results that came before the crash are kept, and are no verdict
	grep -q 'ok 1 passes' "$OUT/result.log"
	boot --job selftest-panic --smp 2 --mem 1G
	[ "$(grep '^fingerprint: ' <<<"$output")" = "$first" ]
}

# fake_qemu: a QEMU that prints standard input on the console and ends with
# the status $1
fake_qemu()
{
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	cat >"$BATS_TEST_TMPDIR/console"
	cat >"$BATS_TEST_TMPDIR/bin/qemu-system-x86_64" <<-END
	#!/bin/sh
	cat "$BATS_TEST_TMPDIR/console" >"$OUT/console.log"
	echo "QEMU's last words" >&2
	exit $1
	END
	chmod +x "$BATS_TEST_TMPDIR/bin/qemu-system-x86_64"
	fake_kernel "$BATS_TEST_TMPDIR/mute" "$LOOP"
}

# qemu_does COMMAND: a QEMU that consists of this
qemu_does()
{
	fake_qemu 0 </dev/null
	printf '#!/bin/sh\n%s\n' "$1" >"$BATS_TEST_TMPDIR/bin/qemu-system-x86_64"
}

@test "limits count CPU time: a QEMU that gets none is not late" {
	qemu_does "kill -STOP \$\$; echo 'exit 0' >'$OUT/status.log'"
	{
		# Three times as long as the limits
		for ((i = 0; i < 300; i++)); do
			[ -s "$OUT/qemu.sh" ] && break
			sleep 0.1
		done
		sleep 6
		pkill -CONT -f "^/bin/sh $BATS_TEST_TMPDIR/bin/"
	} 3>&- &
	crash_of --silence 2 --timeout 2
	wait $!
	[ "$status" -eq 0 ]
	[ "$(cat "$OUT/outcome")" = ok ]
}

@test "a QEMU that gets no CPU time for 10 times as long: exit 3, and why" {
	qemu_does "kill -STOP \$\$"
	SECONDS=0
	crash_of --silence 1
	[ $SECONDS -ge 10 ]
	outcome 3 silent
	[[ $output == *"QEMU got no CPU time for 10 s"* ]]
}

@test "an idle QEMU: its sleep counts" {
	qemu_does "echo one >'$OUT/console.log'; exec sleep 100"
	SECONDS=0
	crash_of --silence 2
	outcome 3 silent
	[ $SECONDS -lt 15 ]
	[[ $output == *"selftest-ok printed nothing for 2 s of QEMU's CPU time"* ]]
}

@test "a QEMU with several busy threads: they do not add up" {
	# The kernel's threads of one process, which is what processors are
	qemu_does "exec python3 -c 'import hashlib, threading, time
def busy():
    end = time.thread_time() + 2
    while time.thread_time() < end:
        hashlib.pbkdf2_hmac(\"sha256\", b\"\", b\"\", 50000)
for _ in range(3): threading.Thread(target=busy).start()
busy()
open(\"$OUT/status.log\", \"w\").write(\"exit 0\\n\")'"
	crash_of --timeout 4
	[ "$status" -eq 0 ]
}

# crash_of [OPTION...]: boots it
crash_of()
{
	PATH=$BATS_TEST_TMPDIR/bin:$PATH KERNEL=$BATS_TEST_TMPDIR/mute \
		boot --job selftest-ok "$@"
}

@test "an oops: from its first line, fingerprint from RIP, guesses left out" {
	fake_qemu 0 <<-'END'
	[    0.100000] all is well
	[    1.000000] WARNING: mm/old.c:1 at old_func+0x1/0x2, CPU#0: init/1
	[    1.100000] Call Trace:
	[    1.100000]  old_func+0x1/0x2
	[    1.200000] one
	[    1.200000] two
	[    1.200000] three
	[    1.200000] four
	[    2.000000] BUG: kernel NULL pointer dereference, address: 0000000000000008
	[    2.000000] #PF: supervisor read access in kernel mode
	[    2.000000] Oops: Oops: 0000 [#1] SMP
	[    2.000000] CPU: 1 UID: 0 PID: 1 Comm: init Not tainted 7.2.13
	[    2.000000] RIP: 0010:vb_free.isra.0+0x12/0x340
	[    2.000000] Call Trace:
	[    2.000000]  <TASK>
	[    2.000000]  ? __die_body+0x1a/0x60
	[    2.000000]  ? page_fault_oops+0x15c/0x2a0
	[    2.000000]  vm_unmap_ram+0x88/0x120
	[    2.000000]  test_case.cold+0x9/0x10 [some_module]
	[    2.000000]  kthread+0xf6/0x130
	[    2.000000]  </TASK>
	[    2.100000] Kernel panic - not syncing: Fatal exception
	END
	crash_of
	outcome 2 crash
	[[ $output == *"the guest crashed: BUG: kernel NULL pointer dereference"* ]]
	[[ $output =~ fingerprint:\ [0-9a-f]{8}\ "vb_free < vm_unmap_ram < test_case < kthread" ]]
	[[ $(sed -n 1p "$OUT/crash.log") == *"BUG: kernel NULL"* ]]
}

@test "a KASAN report that panics: its own frames are left out" {
	fake_qemu 0 <<-'END'
	[    1.000000][   T42] ==================================================================
	[    1.000000][   T42] BUG: KASAN: slab-use-after-free in purge+0x1f0/0x2a0
	[    1.000000][   T42] Read of size 8 at addr ffff888004c13e40 by task init/42
	[    1.000000][   T42] CPU: 0 UID: 0 PID: 42 Comm: init Not tainted
	[    1.000000][   T42] Call Trace:
	[    1.000000][   T42]  <TASK>
	[    1.000000][   T42]  dump_stack_lvl+0x5b/0x80
	[    1.000000][   T42]  print_report+0xc1/0x620
	[    1.000000][   T42]  kasan_report+0xd8/0x110
	[    1.000000][   T42]  purge+0x1f0/0x2a0
	[    1.000000][   T42]  vfree+0x10/0x20
	[    1.000000][   T42]  </TASK>
	[    1.000000][   T42]
	[    1.000000][   T42] Allocated by task 42:
	[    1.000000][   T42]  kasan_save_stack+0x20/0x40
	[    1.100000][   T42] Kernel panic - not syncing: KASAN: panic_on_warn set ...
	[    1.100000][   T42] Call Trace:
	[    1.100000][   T42]  panic+0x4d/0x50
	END
	crash_of
	outcome 2 crash
	[[ $output =~ fingerprint:\ [0-9a-f]{8}\ "purge < vfree"$'\n' ]]
}

@test "a QEMU that fails itself is not a crash of the guest: exit 4" {
	fake_qemu 1 <<<"[    1.000000] all is well"
	crash_of
	outcome 4 cannot
	[[ $output == *"QEMU itself failed with status 1: QEMU's last words"* ]]
}

@test "a crash is decoded when vmlinux has debug information" {
	local tree=$BATS_TEST_TMPDIR/tree

	mkdir -p "$tree/scripts"
	echo 'int nothing;void f(void){}' | gcc -g -xc -c -o "$tree/vmlinux" -
	# As the kernel's: vmlinux auto, log in, decoded log out
	echo 'sed "s/sysrq_handle_crash+[^ ]*/& ($2 sysrq.c:1)/"' \
		>"$tree/scripts/decode_stacktrace.sh"
	boot --job selftest-panic --vmlinux "$tree/vmlinux"
	outcome 2 crash
	[[ $output == *"(auto sysrq.c:1)"* ]]
}

@test "a guest that ends without a word: exit 2, crash" {
	boot --job selftest-reset
	outcome 2 crash
	[[ $output == *"without a status and without a trace"* ]]
}

@test "a kernel that resets at once: exit 2, crash" {
	fake_kernel "$BATS_TEST_TMPDIR/reset" "$RESET"
	KERNEL=$BATS_TEST_TMPDIR/reset boot --job selftest-ok --silence 20
	outcome 2 crash
	[[ $output == *"reset before it printed anything"* ]]
}

@test "a suite that vanishes leaves a plan that is not met" {
	boot --job selftest-vanish
	outcome 0 ok
	grep -qx '1..2' "$OUT/result.log"
	[ "$(grep -c '^ok ' "$OUT/result.log")" -eq 1 ]
}

@test "results of an earlier boot never remain" {
	mkdir -p "$OUT"
	for file in outcome status.log result.log console.log crash.log; do
		echo "exit 0" >"$OUT/$file"
	done
	echo mine >"$OUT/other"
	run "$SCRIPTS/lib/boot" --kernel /nonexistent --initrd "$INITRD" \
		--out "$OUT" --job selftest-ok
	outcome 4 cannot
	[ "$(ls "$OUT")" = "$(printf '%s\n' other outcome)" ]
}

@test "instruction counts repeat to the nanosecond" {
	local first

	boot --job selftest-clock --args 1000 --icount
	outcome 0 ok
	first=$(cat "$OUT/result.log")
	[[ $first == *"BENCH clock/work ns "* ]]
	boot --job selftest-clock --args 1000 --icount
	outcome 0 ok
	echo "$first"
	cat "$OUT/result.log"
	[ "$(cat "$OUT/result.log")" = "$first" ]
}

@test "an interactive shell, and its exit status" {
	if [ ! -r "${KERNEL:-}" ]; then
		echo "KERNEL= must name a bzImage"
		false
	fi
	mkdir "$OUT"
	{
		for ((i = 0; i < 300; i++)); do
			grep -qs "Leave with 'exit'" "$OUT/console.log" && break
			sleep 0.2
		done
		sleep 2
		printf 'echo $((6 * 7))\nexit 5\n'
		sleep 3
	} | timeout 120 "$SCRIPTS/lib/boot" --kernel "$KERNEL" --initrd "$INITRD" \
		--out "$OUT" --job shell --interactive || status=$?
	outcome 1 failed
	[ "$(cat "$OUT/status.log")" = "exit 5" ]
	grep -q '^42' "$OUT/console.log"
}

@test "a killed runner leaves no QEMU" {
	local pid signal

	fake_kernel "$BATS_TEST_TMPDIR/mute" "$LOOP"
	# SIGINT is ignored by a script's background jobs; the next test has it
	for signal in HUP TERM KILL; do
		"$SCRIPTS/lib/boot" --kernel "$BATS_TEST_TMPDIR/mute" \
			--initrd "$INITRD" --out "$OUT" --job selftest-ok 3>&- &
		pid=$!
		for ((i = 0; i < 100; i++)); do
			no_qemu || break
			sleep 0.1
		done
		run ! no_qemu
		kill -$signal $pid
		wait $pid || true
		for ((i = 0; i < 50; i++)); do
			no_qemu && break
			sleep 0.1
		done
		no_qemu
	done
	[ "$(cat "$OUT/outcome")" = cannot ]
}

@test "Ctrl-C ends runner and guest" {
	fake_kernel "$BATS_TEST_TMPDIR/mute" "$LOOP"
	# timeout sends what the terminal would, to the whole process group
	run timeout --signal=INT 6 \
		"$SCRIPTS/lib/boot" --kernel "$BATS_TEST_TMPDIR/mute" \
		--initrd "$INITRD" --out "$OUT" --job selftest-ok
	[ "$status" -eq 124 ]
	[ "$(cat "$OUT/outcome")" = cannot ]
	no_qemu
}

@test "no QEMU: exit 4, cannot, and how to install it" {
	local program bin=$BATS_TEST_TMPDIR/bin

	mkdir "$bin"
	fake_kernel "$BATS_TEST_TMPDIR/mute" "$LOOP"
	for program in bash env dirname mkdir rm mv realpath dd tr grep awk df cat; do
		ln -s "$(type -P $program)" "$bin/"
	done
	PATH=$bin run "$SCRIPTS/lib/boot" --kernel "$BATS_TEST_TMPDIR/mute" \
		--initrd "$INITRD" --out "$OUT" --job selftest-ok
	echo "$output"
	outcome 4 cannot
	[[ $output == *"qemu-system-x86_64 is missing"*"apt-get install qemu-system-x86"* ]]
}

@test "no kernel, none of this kind, an empty one: exit 4, cannot" {
	KERNEL='' run "$SCRIPTS/lib/boot" --initrd "$INITRD" --out "$OUT" --job x
	outcome 4 cannot
	run "$SCRIPTS/lib/boot" --kernel "$BATS_TEST_TMPDIR/none" \
		--initrd "$INITRD" --out "$OUT" --job selftest-ok
	outcome 4 cannot
	[[ $output == *"$BATS_TEST_TMPDIR/none is no readable file"* ]]
	: >"$BATS_TEST_TMPDIR/empty"
	KERNEL=$BATS_TEST_TMPDIR/empty boot --job selftest-ok
	outcome 4 cannot
	head -c 100000 /dev/urandom >"$BATS_TEST_TMPDIR/garbage"
	KERNEL=$BATS_TEST_TMPDIR/garbage boot --job selftest-ok
	outcome 4 cannot
	[[ $output == *"is no x86 bzImage"* ]]
	fake_kernel "$BATS_TEST_TMPDIR/mute" "$LOOP"
	KERNEL=$BATS_TEST_TMPDIR/mute boot --job selftest-ok --arch arm64
	outcome 4 cannot
	[[ $output == *"is no arm64 Image"* ]]
}

@test "bad options: exit 4, one line" {
	local options=(--smp=2 '--smp 0' '--mem lots' '--timeout 1h' '--silence'
		       '--arch vax' '--no-such' '--cpu no-such-model'
		       '--seed' '--seed 0' '--seed -1')

	fake_kernel "$BATS_TEST_TMPDIR/mute" "$LOOP"
	for option in "${options[@]}"; do
		# shellcheck disable=SC2086
		KERNEL=$BATS_TEST_TMPDIR/mute boot --job selftest-ok $option
		[ "$status" -eq 4 ]
		[ "${#lines[@]}" -eq 1 ]
	done
	KERNEL=$BATS_TEST_TMPDIR/mute boot --job 'a b'
	outcome 4 cannot
	KERNEL=$BATS_TEST_TMPDIR/mute boot --job selftest-ok --args '$(reboot)'
	outcome 4 cannot
}

@test "an output directory that cannot be: exit 4" {
	echo >"$BATS_TEST_TMPDIR/file"
	OUT=$BATS_TEST_TMPDIR/file
	KERNEL=/dev/null run "$SCRIPTS/lib/boot" --kernel x --initrd x --job x \
		--out "$OUT"
	[ "$status" -eq 4 ]
	[[ $output == *"cannot create the directory $OUT"* ]]
}

@test "a full disk: exit 4, before the boot and during it" {
	local disk=$BATS_TEST_TMPDIR/disk filler

	[ "$(id -u)" -eq 0 ] || { echo "needs root, to mount a small tmpfs"; false; }
	mkdir "$disk"
	fake_kernel "$BATS_TEST_TMPDIR/mute" "$LOOP"
	mount -t tmpfs -o size=4m tmpfs "$disk"
	OUT=$disk/out
	KERNEL=$BATS_TEST_TMPDIR/mute boot --job selftest-ok
	umount "$disk"
	[ "$status" -eq 4 ]
	[[ $output == *"MB of disk are needed"* ]]

	mount -t tmpfs -o size=20m tmpfs "$disk"
	{
		for ((i = 0; i < 100; i++)); do
			[ -s "$OUT/console.log" ] && break
			sleep 0.1
		done
		cat /dev/zero >"$disk/filler" 2>/dev/null || true
	} 3>&- &
	filler=$!
	boot --job selftest-fail
	wait $filler || true
	cat "$OUT/outcome" || true
	umount "$disk"
	[ "$status" -eq 4 ]
	[[ $output == *"is full"* ]]
}

@test "DRY=1 prints the command and writes nothing" {
	DRY=1 boot --job selftest-ok --icount
	[ "$status" -eq 0 ]
	[[ $output == "qemu-system-x86_64 "*"shift=0,sleep=off"* ]]
	[ ! -e "$OUT" ]
}

@test "--append adds up, and a folder of the host is read-only unless :rw" {
	local dir=$BATS_TEST_TMPDIR/a,b

	mkdir "$dir"
	fake_kernel "$BATS_TEST_TMPDIR/mute" "$LOOP"
	export KERNEL=$BATS_TEST_TMPDIR/mute DRY=1
	boot --job selftest-ok --append one=1 --append two
	[[ $output == *"vmseries.job=selftest-ok one=1 two'" ]]
	[[ $output != *9p* ]]
	boot --job selftest-ok --host "$dir"
	[[ $output == *" vmseries.host=ro' "*",path=$BATS_TEST_TMPDIR/a,,b,"*",readonly=on -device virtio-9p-pci,"* ]]
	boot --job selftest-ok --host "$dir:rw"
	[[ $output != *readonly* ]]
	[[ $output == *" vmseries.host=rw'"* ]]
	boot --job selftest-ok --host /nonexistent
	[ "$status" -eq 4 ]
}

@test "a folder of the host that the kernel cannot mount: the job does not run" {
	boot --job selftest-ok --host "$BATS_TEST_TMPDIR"
	outcome 1 failed
	[[ $output == *"the kernel needs kunit/host.config"* ]]
	[ ! -s "$OUT/result.log" ]
}

@test "--seed is QEMU's, 1 without it, and only where instructions are counted" {
	fake_kernel "$BATS_TEST_TMPDIR/mute" "$LOOP"
	export KERNEL=$BATS_TEST_TMPDIR/mute DRY=1
	boot --job selftest-ok --icount
	[[ $output == *" -seed 1 "* ]]
	boot --job selftest-ok --icount --seed 23
	[ "$status" -eq 0 ]
	[[ $output == *" -seed 23 "* ]]
	boot --job selftest-ok --seed 23
	[ "$status" -eq 0 ]
	[[ $output != *-seed* ]]
	boot --job selftest-ok --icount --seed x
	[ "$status" -eq 4 ]
	[[ $output == *"seed must be a positive number, not 'x'"* ]]
}

@test "arm64: its program, machine, processor and console" {
	local kernel=$BATS_TEST_TMPDIR/Image bin=$BATS_TEST_TMPDIR/bin

	head -c 4096 /dev/zero >"$kernel"
	bytes "$kernel" $((0x38)) 'ARMd'
	mkdir "$bin"
	printf '#!/bin/sh\n' >"$bin/qemu-system-aarch64"
	chmod +x "$bin/qemu-system-aarch64"
	DRY=1 PATH=$bin:$PATH KERNEL=$kernel boot --job selftest-ok --arch arm64
	[ "$status" -eq 0 ]
	[[ $output == "qemu-system-aarch64 "*"-machine virt,gic-version=3,"*"-cpu cortex-a76 "*"console=ttyAMA0 "* ]]
	DRY=1 ARCH=arm64 PATH=$bin:$PATH KERNEL=$kernel boot --job selftest-ok
	[ "$status" -eq 0 ]
	DRY=1 PATH=$bin:$PATH KERNEL=$kernel boot --job selftest-ok --arch arm64 --possible 8
	[ "$status" -eq 4 ]
}

@test "KVM=1 where there is none is an error, KVM=auto is not" {
	if grep -qw 'vmx\|svm' /proc/cpuinfo; then
		KVM=auto DRY=1 boot --job selftest-ok
		[ "$status" -eq 0 ]
		KVM=1 DRY=1 boot --job selftest-ok --icount
		[[ $output == *"-accel tcg "* ]]
	else
		KVM=1 DRY=1 boot --job selftest-ok
		[ "$status" -eq 4 ]
		KVM=auto DRY=1 boot --job selftest-ok
		[[ $output == *"-accel tcg,"* ]]
	fi
}

@test "the same initramfs twice is the same, and needs no root" {
	"$SCRIPTS/lib/initramfs" "$BATS_TEST_TMPDIR/a.cpio.gz" --bash
	(
		umask 077
		sleep 1
		cd /
		"$SCRIPTS/lib/initramfs" "$BATS_TEST_TMPDIR/b.cpio.gz" --bash
	)
	cmp "$BATS_TEST_TMPDIR/a.cpio.gz" "$BATS_TEST_TMPDIR/b.cpio.gz"
	[ "$(ls "$BATS_TEST_TMPDIR" | grep -c tmp)" -eq 0 ]
	gzip -dc "$BATS_TEST_TMPDIR/a.cpio.gz" | cpio -t --quiet >"$BATS_TEST_TMPDIR/list"
	grep -qx init "$BATS_TEST_TMPDIR/list"
	grep -qx jobs/kunit "$BATS_TEST_TMPDIR/list"
	grep -qx bin/kmod "$BATS_TEST_TMPDIR/list"
}

@test "bash, kmod and getconf work in the guest, in a job of one's own" {
	mkdir "$BATS_TEST_TMPDIR/jobs"
	cat >"$BATS_TEST_TMPDIR/jobs/own" <<-'END'
	#!/bin/bash
	set -e
	[ -n "$BASH_VERSION" ]
	getconf _AVPHYS_PAGES
	modprobe --version | grep kmod
	which id awk modinfo
	id -u
	END
	"$SCRIPTS/lib/initramfs" "$BATS_TEST_TMPDIR/i.cpio.gz" --bash \
		--jobs "$BATS_TEST_TMPDIR/jobs"
	INITRD=$BATS_TEST_TMPDIR/i.cpio.gz boot --job own
	cat "$OUT/result.log"
	outcome 0 ok
	grep -q '^kmod version' "$OUT/result.log"
}

@test "data for the guest: an erofs image, the same twice, and its checksums" {
	local w=$BATS_TEST_TMPDIR

	command -v mkfs.erofs fsck.erofs
	"$SCRIPTS/lib/erofs-image" "$w/a/erofs"
	"$SCRIPTS/lib/erofs-image" "$w/b/erofs"
	cmp "$w/a/erofs/image" "$w/b/erofs/image"
	cmp "$w/a/erofs/sha256" "$w/b/erofs/sha256"
	[ "$(wc -l <"$w/a/erofs/sha256")" -ge 32 ]
	# It holds these files
	fsck.erofs --extract="$w/files" "$w/a/erofs/image"
	(cd "$w/files" && sha256sum --quiet -c "$w/a/erofs/sha256")
	[ "$(find "$w/files" -type f | wc -l)" -eq "$(wc -l <"$w/a/erofs/sha256")" ]

	"$SCRIPTS/lib/initramfs" "$w/i.cpio" --data "$w/a/erofs"
	cpio -t --quiet <"$w/i.cpio" >"$w/list"
	grep -qx data/erofs/image "$w/list"
	grep -qx data/erofs/sha256 "$w/list"
}

@test "erofs-image: what is missing is named, exit 4" {
	local w=$BATS_TEST_TMPDIR

	: >"$w/file"
	run "$SCRIPTS/lib/erofs-image" "$w/file/dir"
	[ "$status" -eq 4 ]
	[[ $output == *"cannot create"* ]]
	mkdir "$w/bin"
	printf '#!/bin/sh\necho why >&2\nexit 1\n' >"$w/bin/mkfs.erofs"
	chmod +x "$w/bin/mkfs.erofs"
	PATH=$w/bin:$PATH run "$SCRIPTS/lib/erofs-image" "$w/out"
	[ "$status" -eq 4 ]
	[ "${lines[0]}" = "| why" ]
	[ ! -e "$w/out/image" ]
}

@test "initramfs: what is missing is named, exit 4" {
	local option

	for option in "--modules $BATS_TEST_TMPDIR" "--kselftest /" \
		      "--data /nonexistent" \
		      "--busybox /nonexistent" "--busybox /bin/ls" --no-such; do
		# shellcheck disable=SC2086
		run "$SCRIPTS/lib/initramfs" "$BATS_TEST_TMPDIR/x" $option
		echo "$output"
		[ "$status" -eq 4 ]
		[ "${#lines[@]}" -eq 1 ]
		[ ! -e "$BATS_TEST_TMPDIR/x" ]
	done
}

# The jobs that need special kernels, with stand-ins for what they call

@test "job kunit: one document, numbered, and what is missing shows" {
	local debug=$BATS_TEST_TMPDIR/debug suite
	# It must not touch this machine's cgroups
	local -x CGROUP=$BATS_TEST_TMPDIR/none

	for suite in one two three; do
		mkdir -p "$debug/kunit/$suite" "$debug/failslab"
		: >"$debug/kunit/$suite/run"
		printf '%s\n' 'KTAP version 1' 1..1 '    KTAP version 1' \
			"    # Subtest: $suite" '    1..1' '    ok 1 case' \
			"ok 1 $suite" >"$debug/kunit/$suite/results"
	done
	: >"$debug/failslab/ignore-gfp-wait"
	DEBUG=$debug run sh "$SCRIPTS/guest/jobs/kunit" one two
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[1]}" = 1..2 ]
	[ "${lines[6]}" = "ok 1 one" ]
	[ "${lines[11]}" = "ok 2 two" ]
	[ "$(cat "$debug/kunit/two/run")" = 1 ]
	[ ! -s "$debug/kunit/three/run" ]
	[ "$(cat "$debug/failslab/ignore-gfp-wait")" = N ]

	DEBUG=$debug run --separate-stderr sh "$SCRIPTS/guest/jobs/kunit" one gone three
	[ "$status" -eq 1 ]
	[ "${lines[1]}" = 1..3 ]
	[[ $output != *gone* ]]
	[ "${lines[11]}" = "ok 3 three" ]

	sed -i 's/^ok 1/not ok 1/' "$debug/kunit/two/results"
	DEBUG=$debug run sh "$SCRIPTS/guest/jobs/kunit" one two
	[ "$status" -eq 1 ]
	[[ $output == *$'\nnot ok 2 two'* ]]
}

@test "job bench: its lists, the cases chosen, the figures" {
	local t=$BATS_TEST_TMPDIR

	mkdir -p "$t/debug" "$t/jobs"
	: >"$t/debug/vmap_benchmark"
	printf '%s\n' '# a list' \
		'a/1 vmap_benchmark pages=3 ns_per_op=7.50 area_pages=4' \
		'b/1 vmap_benchmark ns_per_op=9.00 area_pages=0 range_mb=12' \
		>"$t/jobs/bench.list"
	echo 'c/1 vmap_benchmark success=2' >"$t/jobs/long.list"
	echo 'd/1 vmap_benchmark free_blocks=9 pud=1 leaves=4 huge_leaves=2 own=7 taken=8 l1_misses=5.00 l2_misses=3.50 levels=6.25' \
		>"$t/jobs/huge.list"
	echo 'echo erofs ran' >"$t/jobs/erofs"
	export DEBUG=$t/debug JOBS=$t/jobs

	run busybox sh "$SCRIPTS/guest/jobs/bench"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(grep -v '^#' <<<"$output")" = "BENCH a/1 insn 7.50
BENCH a/1 pages_wasted 1
BENCH b/1 insn 9.00
BENCH b/1 address_mb 12
erofs ran
BENCH d/1 free_blocks 9
BENCH d/1 pud_leaves 1
BENCH d/1 leaves 4
BENCH d/1 huge_leaves 2
BENCH d/1 real_pages 8
BENCH d/1 tlb_l1 5.00
BENCH d/1 tlb_l2 3.50
BENCH d/1 tlb_levels 6.25" ]
	run busybox sh "$SCRIPTS/guest/jobs/bench" --long
	[[ $output == *"BENCH c/1 success 2"*"erofs ran"* ]]
	# What fragments memory comes last
	[[ $output == *"erofs ran"*"BENCH d/1 tlb_levels 6.25" ]]
	run busybox sh "$SCRIPTS/guest/jobs/bench" --long 'c/*'
	[[ $output == *"BENCH c/1 success 2" ]]
	[[ $output != *"BENCH a/1"* ]]
	[[ $output != *erofs* ]]

	# A wrong file of the image fails the run
	echo 'exit 1' >"$t/jobs/erofs"
	run busybox sh "$SCRIPTS/guest/jobs/bench"
	[ "$status" -eq 1 ]
}

# count_stubs: what the job count reads and writes; its case's result is its
# command, and its shell is task $$
count_stubs()
{
	local t=$BATS_TEST_TMPDIR event

	mkdir -p "$t/debug" "$t/jobs" "$t/proc/sys/kernel"
	: >"$t/debug/vmap_benchmark"
	: >"$t/proc/sys/kernel/lock_stat"
	for event in vmseries/tlb kmem/kmalloc kmem/kmem_cache_alloc \
		     vmalloc/alloc_vmap_area; do
		mkdir -p "$t/tracing/events/$event"
		: >"$t/tracing/events/$event/trigger"
		printf '%s\n' "{ common_pid:          2 } hitcount:      1000" \
			"{ common_pid:         77 } hitcount:       10" \
			"{ common_pid:     123456 } hitcount:        5" \
			Totals: '    Hits: 1015' '    Dropped: 0' \
			>"$t/tracing/events/$event/hist"
	done
	printf '%s\n' "{ common_pid:       2, size:     20480 } hitcount:   4" \
		"{ common_pid:      77, size:   4194304 } hitcount:   3" \
		"{ common_pid:      77, size:     20480 } hitcount:   1" \
		>"$t/tracing/events/vmalloc/alloc_vmap_area/hist"
	: >"$t/tracing/kprobe_events"
	echo 37 >"$t/tracing/tracing_max_latency"
	mkdir -p "$t/workqueue"
	: >"$t/workqueue/cpu_intensive_thresh_us"
	export WORKQUEUE=$t/workqueue
	echo 'vm_map_ram/1M vmap_benchmark op=x ops=1000 pages=4 loops=992' \
		>"$t/jobs/count.list"
	echo 'vread/blocks vmap_benchmark op=vread pages=3' >"$t/jobs/bench.list"
	printf '%s\n' '# a list' 'leaves/1 vmap_benchmark op=leaves peak=17' \
		'tlb/1 vmap_benchmark op=tlb peak=18' >"$t/jobs/huge.list"
	echo '[ "$COUNT" = 1 ] && echo erofs ran' >"$t/jobs/erofs"
	# The job empties it, and then the kernel counts
	cat >"$t/lock_stat" <<-'END'
	     &vb->lock:    0   0   0 0 0 0   0   3000   0 0 0 0
	     &pcp->lock:   0   0   0 0 0 0   0   2000   0 0 0 0
	     vmap_purge_lock: 0 0 0 0 0 0   0   1000   0 0 0 0
	     &rq->__lock:  0   0   0 0 0 0   0   9000   0 0 0 0
	     rare:         0   0   0 0 0 0   0   1      0 0 0 0
	END
	mkfifo "$t/proc/lock_stat"
}

# feed_lock_stat: what the job writes there is gone, what it reads is what the
# kernel has counted: of the case, of two round trips
feed_lock_stat()
{
	local t=$BATS_TEST_TMPDIR

	cat "$t/proc/lock_stat" >/dev/null
	cat "$t/lock_stat" >"$t/proc/lock_stat"
	cat "$t/proc/lock_stat" >/dev/null
	echo '     &vb->lock:    0   0   0 0 0 0   0   6   0 0 0 0' \
		>"$t/proc/lock_stat"
}

@test "job count: only what the case did, all but per-CPU locks are shared" {
	local t=$BATS_TEST_TMPDIR

	count_stubs
	feed_lock_stat 3>&- &
	DEBUG=$t/debug TRACING=$t/tracing PROC=$t/proc JOBS=$t/jobs TMP=$t \
		run timeout 20 busybox sh "$SCRIPTS/guest/jobs/count"
	echo "$output"
	[ "$status" -eq 0 ]
	# 1000 operations, and 62 of the warm-up that lock_stat has seen, too,
	# less one that stands for what the benchmark itself takes
	[[ $output == *"# lock vm_map_ram/1M &vb->lock 2.822"* ]]
	[[ $output == *"BENCH vm_map_ram/1M locks 5.65"* ]]
	[[ $output == *"BENCH vm_map_ram/1M shared_locks 3.76"* ]]
	[[ $output == *"BENCH vm_map_ram/1M global_locks 0.94"* ]]
	# Neither kthreadd's nor the shell's own
	[[ $output == *"BENCH vm_map_ram/1M tlb_flushes 15.00"* ]]
	[[ $output == *"BENCH vm_map_ram/1M flushes 15000.00"* ]]
	[[ $output == *"BENCH vm_map_ram/1M slab_allocs 0.03"* ]]
	[[ $output == *"BENCH vm_map_ram/1M areas 4000.00"* ]]
	[[ $output == *"BENCH vm_map_ram/1M blocks 3.00"* ]]
	[[ $output == *"erofs ran"*"BENCH leaves/1 peak_pages 17" ]]
	[[ $output != *vread* ]]
	[[ $output != *tlb/1* ]]
	# Stopped before they are read
	[ "$(tail -n 1 "$t/tracing/events/vmseries/tlb/trigger")" = hist:keys=common_pid:pause ]
}

@test "job erofs: without its image it says what it needs" {
	DATA=$BATS_TEST_TMPDIR run busybox sh "$SCRIPTS/guest/jobs/erofs"
	[ "$status" -eq 2 ]
	[[ $output == *"no $BATS_TEST_TMPDIR/image"* ]]
}

@test "job count: a histogram that lost entries is no number" {
	local t=$BATS_TEST_TMPDIR

	count_stubs
	echo '    Dropped: 3' >>"$t/tracing/events/kmem/kmalloc/hist"
	feed_lock_stat 3>&- &
	DEBUG=$t/debug TRACING=$t/tracing PROC=$t/proc JOBS=$t/jobs TMP=$t \
		run timeout 20 busybox sh "$SCRIPTS/guest/jobs/count"
	echo "$output"
	[[ $output == *"BENCH vm_map_ram/1M slab_allocs dropped"* ]]
}

@test "job count: a list alone, and of purges the longest stretch" {
	local t=$BATS_TEST_TMPDIR

	count_stubs
	echo 'purge/1 vmap_benchmark op=purge' >"$t/jobs/purge.list"
	mkdir -p "$t/bin"
	# It resets the maximum; the kernel finds one
	rm "$t/tracing/tracing_max_latency"
	mkfifo "$t/tracing/tracing_max_latency"
	(cat "$t/tracing/tracing_max_latency"
	 echo 37 >"$t/tracing/tracing_max_latency") >/dev/null 3>&- &
	printf '%s\n' '#  => started at: _raw_spin_lock' \
		'#  => ended at:   _raw_spin_unlock' >"$t/tracing/trace"
	printf '%s\n' '#!/bin/sh' '[ "$1" = -c ] ||' \
		'echo workqueue: work hogged CPU for 10000us' >"$t/bin/dmesg"
	chmod +x "$t/bin/dmesg"
	DEBUG=$t/debug TRACING=$t/tracing PROC=$t/proc JOBS=$t/jobs TMP=$t \
		PATH=$t/bin:$PATH run timeout 20 sh \
		"$SCRIPTS/guest/jobs/count" --only purge.list
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"# off purge/1 37 started at _raw_spin_lock ended at _raw_spin_unlock"* ]]
	[[ $output == *"BENCH purge/1 max_off 37000"* ]]
	[[ $output == *"BENCH purge/1 hogged 1" ]]
	[[ $output != *vm_map_ram* ]]
	[[ $output != *erofs* ]]
}

# stock_stubs LINES: modprobe logs the command, and LINES with its case's
# name for NAME go to the kernel log
stock_stubs()
{
	local bin=$BATS_TEST_TMPDIR/bin

	mkdir -p "$bin"
	printf 'parm=run_test_mask:Set tests\0\t\tid: 1,    name: first_test\n' \
		>"$BATS_TEST_TMPDIR/test_vmalloc.ko"
	printf '\t\tid: 4096, name: last_test\n\0' >>"$BATS_TEST_TMPDIR/test_vmalloc.ko"
	printf '%s\n' "$1" >"$BATS_TEST_TMPDIR/lines"
	cat >"$bin/modprobe" <<-END
	#!/bin/sh
	echo "\$@" >>"$BATS_TEST_TMPDIR/calls"
	case "\$*" in *mask=1\ *) n=first_test;; *mask=4096\ *) n=last_test;; esac
	sed "s/NAME/\$n/" "$BATS_TEST_TMPDIR/lines" >"$BATS_TEST_TMPDIR/dmesg"
	exit 1
	END
	cat >"$bin/dmesg" <<-END
	#!/bin/sh
	cat "$BATS_TEST_TMPDIR/dmesg" 2>/dev/null
	[ "\$1" != -c ] || rm -f "$BATS_TEST_TMPDIR/dmesg"
	END
	chmod +x "$bin"/*
	export MODPROBE=modprobe MODULE=$BATS_TEST_TMPDIR/test_vmalloc.ko PATH=$bin:$PATH
}

@test "job stock: every case once, evaluated by every worker's summary" {
	local line='[    1.0] Summary: NAME passed: 3 failed: 0 xfailed: 0 repeat: 3 loops: 5 avg: 9 usec'

	stock_stubs "$line"$'\n'"$line"
	run sh "$SCRIPTS/guest/jobs/stock" 2 5 3
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"    1..2"* ]]
	[[ $output == *"    ok 1 first_test"* ]]
	[[ $output == *"    ok 2 last_test"* ]]
	[ "${lines[-1]}" = "ok 1 test_vmalloc" ]
	[ "$(wc -l <"$BATS_TEST_TMPDIR/calls")" -eq 2 ]
	grep -q 'run_test_mask=4096 nr_threads=2 test_loop_count=5 test_repeat_count=3' \
		"$BATS_TEST_TMPDIR/calls"
}

@test "job stock: expected failures pass; a failure, a missing or foreign summary do not" {
	local good='Summary: NAME passed: 1 failed: 0 xfailed: 0 repeat: 1'
	local xfail='Summary: NAME passed: 0 failed: 0 xfailed: 1 repeat: 1'
	local bad='Summary: NAME passed: 0 failed: 1 xfailed: 0 repeat: 1'
	local none='Summary: NAME passed: 0 failed: 0 xfailed: 0 repeat: 1'
	local other='Summary: other_test passed: 1 failed: 0 xfailed: 0 repeat: 1'
	local second

	for second in "$good" "$xfail"; do
		stock_stubs "$good"$'\n'"$second"
		run sh "$SCRIPTS/guest/jobs/stock" 2 5 1
		[ "$status" -eq 0 ]
	done
	for second in "$bad" "$none" "$other" ''; do
		stock_stubs "$good"$'\n'"$second"
		run sh "$SCRIPTS/guest/jobs/stock" 2 5 1
		echo "$output"
		[ "$status" -eq 1 ]
		[[ $output == *"    not ok 1 first_test"* ]]
		[ "${lines[-1]}" = "not ok 1 test_vmalloc" ]
	done
}

@test "job bench: stock cases, the slowest worker, and failures" {
	local t=$BATS_TEST_TMPDIR
	local good='Summary: NAME passed: 0 failed: 0 xfailed: 2 repeat: 2 loops: 5 avg: 9 usec'
	local bad='Summary: NAME passed: 1 failed: 1 xfailed: 0 repeat: 2 loops: 5 avg: 9 usec'
	local took='All test took worker0=1000 cycles'
	local longer='All test took worker1=3000 cycles'

	mkdir -p "$t/jobs"
	echo 's/1 test_vmalloc run_test_mask=1 nr_threads=2 test_loop_count=5 test_repeat_count=2' \
		>"$t/jobs/s.list"
	export JOBS=$t/jobs TMP=$t
	stock_stubs "$good"$'\n'"$longer"$'\n'"$good"$'\n'"$took"
	run sh "$SCRIPTS/guest/jobs/bench" --only s.list
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"BENCH s/1 insn 150.00" ]]
	# A case that failed, a worker that did not end
	for lines in "$good"$'\n'"$longer"$'\n'"$bad"$'\n'"$took" \
			"$good"$'\n'"$took"; do
		stock_stubs "$lines"
		run sh "$SCRIPTS/guest/jobs/bench" --only s.list
		[ "$status" -eq 1 ]
		[[ $output != *BENCH* ]]
		[[ $output == *"s/1: expected a good Summary"* ]]
	done
	MODULE=$t/none run sh "$SCRIPTS/guest/jobs/bench" --only s.list
	[ "$status" -eq 1 ]
	[[ $output == *"no $t/none"* ]]
	run sh "$SCRIPTS/guest/jobs/bench" --only none.list
	[ "$status" -eq 2 ]
	[[ $output == *"no list $t/jobs/none.list"*"s.list"* ]]
}

@test "the MP table: sums, processors, what it refuses" {
	local f=$BATS_TEST_TMPDIR/table

	"$SCRIPTS/lib/mptable" 4 64 >"$f"
	[ "$(stat -c %s "$f")" -eq $((44 + 64 * 20 + 3 * 8 + 17 * 8)) ]
	[ "$(od -An -v -tu1 -w1 "$f" | awk '{ s += $1 } END { print s % 256 }')" -eq 0 ]
	"$SCRIPTS/lib/mptable" --pointer $((0x800000)) >"$f"
	[ "$(stat -c %s "$f")" -eq 16 ]
	[ "$(od -An -v -tu1 -w1 "$f" | awk '{ s += $1 } END { print s % 256 }')" -eq 0 ]
	run "$SCRIPTS/lib/mptable" 4 2
	[ "$status" -eq 4 ]
	DRY=1 KERNEL=${KERNEL:-} boot --job selftest-ok --possible 0
	[ "$status" -eq 4 ]
}

@test "job kselftest: suites, skips, failures, and the loop counts" {
	local dir=$BATS_TEST_TMPDIR/mm

	mkdir "$dir"
	printf '#!/bin/sh\necho TAP version 13\necho "# said"\necho ok 1 x\necho 1..1\n' \
		>"$dir/ksft_good.sh"
	printf '#!/bin/sh\necho ok 1 y\nexit 4\n' >"$dir/skips"
	printf '#!/bin/sh\necho not ok 1 z\nexit 1\n' >"$dir/fails"
	chmod +x "$dir"/*
	export DIR=$dir MODPROBE_D=$BATS_TEST_TMPDIR/modprobe.d
	run sh "$SCRIPTS/guest/jobs/kselftest" loops=20 repeat=2 good skips
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[1]}" = 1..2 ]
	[[ $output == *$'\n    ok 1 x\n    1..1\nok 1 kselftest_mm_good\n'* ]]
	[[ $output != *"TAP version 13"* ]]
	[ "${lines[-1]}" = "ok 2 kselftest_mm_skips # SKIP" ]
	grep -q '\$CMDLINE_OPTS test_loop_count=20 test_repeat_count=2$' "$MODPROBE_D"/*
	run sh "$SCRIPTS/guest/jobs/kselftest" fails missing good
	[ "$status" -eq 1 ]
	[[ $output == *$'\nnot ok 1 kselftest_mm_fails\n'* ]]
	[[ $output == *$'\nnot ok 2 kselftest_mm_missing\n'* ]]
	[ "${lines[-1]}" = "ok 3 kselftest_mm_good" ]
}

# stress_stubs: a guest for the stress in which every worker makes progress
stress_stubs()
{
	local g=$BATS_TEST_TMPDIR/guest

	rm -rf "$g"
	mkdir -p "$g"/{bin,jobs,debug/kunit/vmap_block,proc/sys/vm,proc/sys/kernel} \
		"$g"/cpus/cpu{0,1,2}
	printf '#!/bin/sh\nsleep 0.02\n' >"$g/bin/usleep"
	printf '#!/bin/sh\ncat "%s/dmesg"\n' "$g" >"$g/bin/dmesg"
	printf '#!/bin/sh\necho "modprobe: Resource temporarily unavailable" >&2\nexit 1\n' \
		>"$g/bin/modprobe"
	printf 'echo "ok 1 vmap_block"\n' >"$g/jobs/kunit"
	chmod +x "$g"/bin/*
	echo "all is well" >"$g/dmesg"
	: >"$g/debug/kunit/vmap_block/run"
	# A plain file is no benchmark: what is read back is the command
	: >"$g/debug/vmap_benchmark"
	echo 1 >"$g/cpus/cpu1/online"
	echo 1 >"$g/cpus/cpu2/online"
	echo "$((18 << 18))" >"$g/proc/sys/kernel/tainted"
	echo " debug_locks:      1" >"$g/proc/lockdep_stats"
	: >"$g/proc/sys/vm/drop_caches"
	printf 'processor\t: %d\n' 0 1 2 >"$g/proc/cpuinfo"
	echo "MemAvailable: 2048000 kB" >"$g/proc/meminfo"
	echo "quiet kunit.filter_glob=x" >"$g/proc/cmdline"
	ln -s /proc/uptime "$g/proc/uptime"
	printf '%s\n' '0xffffc90000001000-0xffffc90000003000    8192 vm_map_ram' \
		'0xffffc90000004000-0xffffc90000006000    8192 vmalloc+0x1' \
		>"$g/proc/vmallocinfo"
	# An ELF file with one segment, at 0x1000, for 0xffffc90000000000
	{
		head -c 32 /dev/zero
		printf '\x40\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0'
		printf '\1\0\0\0\7\0\0\0\0\x10\0\0\0\0\0\0\0\0\0\0\0\xc9\xff\xff'
		printf '\0\0\0\0\0\0\0\0\0\x40\0\0\0\0\0\0\0\x40\0\0\0\0\0\0\0\0\0\0\0\0\0\0'
		head -c 20000 /dev/zero
	} >"$g/proc/kcore"
	export DEBUG=$g/debug PROC=$g/proc CPUS=$g/cpus JOBS=$g/jobs \
		DIR=$g/dir MODPROBE=$g/bin/modprobe STEP=1 GRACE=2 PATH=$g/bin:$PATH
}

# Not dash, whose numbers end at 0x7fffffffffffffff; nor busybox, which would
# take its own dmesg
stress()
{
	run bash "$SCRIPTS/guest/jobs/stress-vmap-block" "$@"
	echo "$output"
}

@test "job stress: every worker makes progress, and is counted" {
	local worker

	stress_stubs
	stress 2 9 kunit module hotplug shrink vmallocinfo kcore
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = "ok 1 stress_vmap_block" ]
	[[ $output == *"    1..9"* ]]
	for worker in kunit module hotplug shrink vmallocinfo kcore; do
		grep -qE "^    # $worker: [1-9][0-9]* rounds, 0 could not be done" <<<"$output"
		grep -qE "^    ok [0-9] $worker\$" <<<"$output"
	done
	[[ $output == *"at most 1 of vm_map_ram(), 9 allowed"* ]]
	grep -qx 1 "$CPUS/cpu1/online"
	grep -qx 1 "$CPUS/cpu2/online"
}

@test "job stress: a worker without progress fails, and no other" {
	stress_stubs
	stress 2 9 bench shrink
	[ "$status" -eq 1 ]
	[[ $output == *"    not ok 1 bench"* ]]
	[[ $output == *"    ok 2 shrink"* ]]
	[ "${lines[-1]}" = "not ok 1 stress_vmap_block" ]
	rm "$CPUS"/cpu?/online
	mkdir -p "$CPUS"/cpu{1,2}/online	# not to be written to
	stress 2 9 hotplug
	[ "$status" -eq 1 ]
	[[ $output == *"    not ok 1 hotplug"* ]]
}

@test "job stress: what a worker finds is reported" {
	stress_stubs
	printf '%s\n' 'echo "    not ok 3 vmap_block_stale"' \
		'echo "    not ok 4 vmap_block_exact"' \
		'echo "not ok 1 vmap_block"; exit 1' >"$JOBS/kunit"
	printf '#!/bin/sh\necho "modprobe: Input/output error" >&2\nexit 1\n' \
		>"$BATS_TEST_TMPDIR/guest/bin/modprobe"
	echo '0xffffc90000003000-0xffffc90000006000   12288 vm_map_ram' \
		>"$PROC/vmallocinfo"
	stress 2 9 kunit module kcore
	[ "$status" -eq 1 ]
	[[ $output == *"# kunit: round 0: vmap_block_stale"*"    not ok 1 kunit"* ]]
	[[ $output == *"Input/output error"*"    not ok 2 module"* ]]
	[[ $output == *"# kcore: round 0: no segment has"*"    not ok 3 kcore"* ]]
}

@test "job stress: of the suite, what others disturb is only counted" {
	stress_stubs
	printf '%s\n' 'echo "    not ok 4 vmap_block_exact"' \
		'echo "not ok 1 vmap_block"; exit 1' >"$JOBS/kunit"
	stress 2 9 kunit
	[ "$status" -eq 0 ]
	[[ $output == *"not judged, failed so often: vmap_block_exact "[1-9]* ]]
	[[ $output == *"    ok 1 kunit"* ]]
	# A case that did not end is a failure
	printf 'echo "    ok 1 vmap_block_contents"\n' >"$JOBS/kunit"
	stress 2 9 kunit
	[ "$status" -eq 1 ]
	[[ $output == *"    not ok 1 kunit"* ]]
}

@test "job stress: a splat, a taint, lockdep off, each fails" {
	stress_stubs
	echo "WARNING: suspicious RCU usage" >"$BATS_TEST_TMPDIR/guest/dmesg"
	stress 2 9 shrink
	[ "$status" -eq 1 ]
	[[ $output == *"# log: WARNING: suspicious RCU usage"*"    not ok 2 log"* ]]
	stress_stubs
	echo 512 >"$PROC/sys/kernel/tainted"
	stress 2 9 shrink
	[ "$status" -eq 1 ]
	[[ $output == *"the kernel is tainted"* ]]
	stress_stubs
	echo " debug_locks:      0" >"$PROC/lockdep_stats"
	stress 2 9 shrink
	[ "$status" -eq 1 ]
	[[ $output == *"lockdep has switched itself off"* ]]
}

@test "job stress: too many areas, a stuck worker" {
	local i

	stress_stubs
	for ((i = 0; i < 13; i++)); do
		echo '0xffffc90000001000-0xffffc90000003000    8192 vm_map_ram'
	done >"$PROC/vmallocinfo"
	stress 2 12 shrink
	[ "$status" -eq 1 ]
	[[ $output == *"    not ok 3 areas"*"    not ok 4 shrunk"* ]]
	stress 2 13 shrink
	[[ $output == *"    ok 3 areas"*"    not ok 4 shrunk"* ]]
	stress_stubs
	printf 'sleep 8\n' >"$JOBS/kunit"
	stress 1 9 kunit
	[ "$status" -eq 1 ]
	[[ $output == *"stuck, 2 s after the end"*"    not ok 1 kunit"* ]]
}

@test "job stress: what is missing is named" {
	stress_stubs
	rm "$PROC/kcore"
	stress 2
	[ "$status" -eq 2 ]
	[[ $output == *"kcore; the kernel needs CONFIG_PROC_KCORE=y"* ]]
	echo quiet >"$PROC/cmdline"
	stress 2 9 kunit
	[ "$status" -eq 2 ]
	[[ $output == *"boot with 'kunit.filter_glob="* ]]
	stress 2 9 nosuch
	[ "$status" -eq 2 ]
	stress 2m
	[ "$status" -eq 2 ]
}

# area_stubs: a guest for the stress of areas, with stacks among them
area_stubs()
{
	local g=$BATS_TEST_TMPDIR/guest

	stress_stubs
	printf 'parm=run_test_mask:Set tests\0\t\tid: 1,    name: first_test\n\t\tid: 1024, name: vm_map_ram_test\n\t\tid: 4096, name: last_test\n\0' \
		>"$g/test_vmalloc.ko"
	cat >"$g/bin/modprobe" <<-END
	#!/bin/sh
	echo "\$@" >>"$g/calls"
	echo "modprobe: Resource temporarily unavailable" >&2
	exit 1
	END
	printf '%s\n' 'VmallocTotal:   34359738367 kB' 'VmallocUsed:        1234 kB' \
		>>"$g/proc/meminfo"
	printf '%s\n' '0xffffc90000001000-0xffffc90000003000    8192 dup_task_struct+0x57/0x1a0 pages=1 vmalloc N0=1' \
		'0xffffc90000003000-0xffffc90000005000    8192 unpurged vm_area' \
		>"$g/proc/vmallocinfo"
	export MODULE=$g/test_vmalloc.ko SETTLE=2
}

# job NAME ARGUMENT...: of the stress
job()
{
	run bash "$SCRIPTS/guest/jobs/$1" "${@:2}"
	echo "$output"
}

@test "job stress of areas: every worker makes progress, and is counted" {
	local worker

	area_stubs
	job stress-vmap-area 3 9 module vmallocinfo meminfo kcore shrink hotplug tasks
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = "ok 1 stress_vmap_area" ]
	[[ $output == *"    1..9"* ]]
	for worker in module vmallocinfo meminfo kcore shrink hotplug tasks; do
		grep -qE "^    # $worker: [1-9][0-9]* rounds, 0 could not be done" <<<"$output"
		grep -qE "^    ok [0-9] $worker\$" <<<"$output"
	done
	[[ $output == *"1 areas left, 1 before, 9 more allowed"* ]]
	grep -q 'run_test_mask=1 \|run_test_mask=4097 ' "$BATS_TEST_TMPDIR/guest/calls"
	grep -q 'run_test_mask=4096 \|run_test_mask=4097 ' "$BATS_TEST_TMPDIR/guest/calls"
	# The case of vm_map_ram() never
	run ! grep -vE 'run_test_mask=(1|4096|4097) ' "$BATS_TEST_TMPDIR/guest/calls"
}

@test "job stress of areas: failures, no progress, leftovers" {
	area_stubs
	printf '#!/bin/sh\necho "modprobe: Input/output error" >&2\nexit 1\n' \
		>"$BATS_TEST_TMPDIR/guest/bin/modprobe"
	echo nonsense >>"$PROC/vmallocinfo"
	sed -i /VmallocUsed/d "$PROC/meminfo"
	# The benchmark is a plain file, which gives no figure
	job stress-vmap-area 2 9 module vmallocinfo meminfo bench
	[ "$status" -eq 1 ]
	[[ $output == *"# module: round 0: "*"Input/output error"*"    not ok 1 module"* ]]
	[[ $output == *"# vmallocinfo: round 0: nonsense"*"    not ok 2 vmallocinfo"* ]]
	[[ $output == *"expected VmallocTotal and VmallocUsed"*"    not ok 3 meminfo"* ]]
	[[ $output == *"# bench: 0 rounds"*"    not ok 4 bench"* ]]
	[ "${lines[-1]}" = "not ok 1 stress_vmap_area" ]

	area_stubs
	# Dropping caches creates areas
	cat >"$BATS_TEST_TMPDIR/guest/bin/usleep" <<-END
	#!/bin/sh
	sleep 0.02
	sed -n 1p "$PROC/vmallocinfo" >>"$PROC/vmallocinfo"
	END
	job stress-vmap-area 2 3 shrink
	[ "$status" -eq 1 ]
	[[ $output == *"3 more allowed"*"    not ok 3 left"* ]]

	area_stubs
	echo "BUG: sleeping function called from invalid context" \
		>"$BATS_TEST_TMPDIR/guest/dmesg"
	job stress-vmap-area 2 9 shrink
	[ "$status" -eq 1 ]
	[[ $output == *"# log: BUG: sleeping"*"    not ok 2 log"* ]]
}

@test "job stress of areas: what is missing is named" {
	area_stubs
	sed -i /dup_task/d "$PROC/vmallocinfo"
	job stress-vmap-area 2 9 tasks
	[ "$status" -eq 2 ]
	[[ $output == *"CONFIG_VMAP_STACK=y"* ]]
	: >"$MODULE"
	job stress-vmap-area 2 9 module
	[ "$status" -eq 2 ]
	[[ $output == *"expected a list of cases"* ]]
	rm "$MODULE"
	job stress-vmap-area 2 9 module
	[ "$status" -eq 2 ]
	[[ $output == *"CONFIG_TEST_VMALLOC=m"* ]]
	job stress-vmap-area 2 9 nosuch
	[ "$status" -eq 2 ]
	job stress-vmap-area 2m
	[ "$status" -eq 2 ]
}

# stress_stock_stubs STATUS LINES: the stock script ends so, and the kernel
# log has LINES then
stress_stock_stubs()
{
	local g=$BATS_TEST_TMPDIR/guest

	stress_stubs
	printf '%s\n' "$2" >"$g/lines"
	printf '#!/bin/bash\necho "$@" >>"%s/calls"\nsleep 0.2\ncat "%s/lines" >"%s/dmesg"\necho said\nexit %s\n' \
		"$g" "$g" "$g" "$1" >"$g/test_vmalloc.sh"
	cat >"$g/bin/dmesg" <<-END
	#!/bin/sh
	cat "$g/dmesg" 2>/dev/null
	[ "\$1" != -c ] || : >"$g/dmesg"
	END
	export SCRIPT=$g/test_vmalloc.sh MODPROBE_D=$g/modprobe.d
}

@test "job stress of the stock test: rounds until the time is up, each evaluated" {
	local a='[ 1.0] Summary: a_test passed: 2 failed: 0 xfailed: 0 repeat: 2 loops: 5 avg: 9 usec'
	local x='[ 1.0] Summary: x_test passed: 0 failed: 0 xfailed: 2 repeat: 2 loops: 5 avg: 9 usec'
	local other

	# Three processors, three workers
	stress_stock_stubs 0 "$(printf '%s\n' "$a" "$x" "$a" "$x" "$a" "$x")"
	job stress-stock 2 loops=5 repeat=2
	[ "$status" -eq 0 ]
	[[ $output == *"    1..3"*" rounds; a_test 6 x_test 6"* ]]
	[[ $output == *"    ok 1 rounds"*"    ok 2 cases"*"    ok 3 log"* ]]
	[ "${lines[-1]}" = "ok 1 test_vmalloc_stress" ]
	[ "$(sort -u "$BATS_TEST_TMPDIR/guest/calls")" = stress ]
	[ "$(wc -l <"$BATS_TEST_TMPDIR/guest/calls")" -gt 1 ]
	grep -q '\$CMDLINE_OPTS test_loop_count=5 test_repeat_count=2$' "$MODPROBE_D"/*
	# Without counts, those of the script
	job stress-stock 1
	[ "$status" -eq 0 ]
	[ ! -e "$MODPROBE_D/test_vmalloc.conf" ]

	# A failed case, a worker that did not end, none at all
	for other in "${a/passed: 2 failed: 0/passed: 1 failed: 1}" ''; do
		stress_stock_stubs 0 "$(printf '%s\n' "$a" "$a" "$other")"
		job stress-stock 2
		[ "$status" -eq 1 ]
		[[ $output == *"# cases: a_test: expected "*"    not ok 2 cases"* ]]
	done
	stress_stock_stubs 0 ''
	job stress-stock 2
	[[ $output == *"expected a Summary of each case"*"    not ok 2 cases"* ]]
}

@test "job stress of the stock test: the script fails, the kernel complains" {
	local a='Summary: a_test passed: 1 failed: 0 xfailed: 0 repeat: 1'

	stress_stock_stubs 1 "$(printf '%s\n' "$a" "$a" "$a")"
	job stress-stock 2
	[ "$status" -eq 1 ]
	[[ $output == *"round 0: expected status 0, found 1: said"*"    not ok 1 rounds"* ]]
	[ "${lines[-1]}" = "not ok 1 test_vmalloc_stress" ]
	stress_stock_stubs 0 "$(printf '%s\n' "$a" "$a" "$a" 'WARNING: possible circular locking')"
	job stress-stock 2
	[ "$status" -eq 1 ]
	[[ $output == *"    ok 1 rounds"*"    ok 2 cases"*"possible circular"*"    not ok 3 log"* ]]
	job stress-stock 2 threads=3
	[ "$status" -eq 2 ]
	[[ $output == *"found 'threads=3'"* ]]
	rm "$SCRIPT"
	job stress-stock 2
	[ "$status" -eq 2 ]
	[[ $output == *"--kselftest"* ]]
}

# contig_stubs: a guest for the stress of ranges, with room for five files
contig_stubs()
{
	local g=$BATS_TEST_TMPDIR/guest

	stress_stubs
	: >"$g/debug/contig_benchmark"
	printf '%s\n' 'MemAvailable: 174080 kB' 'MemFree: 174080 kB' 'Slab: 0 kB' \
		>"$g/proc/meminfo"
	echo "    count:    256" >"$g/proc/zoneinfo"
	echo "contig_alloc_success 1" >"$g/proc/vmstat"
	printf '#!/bin/sh\n' >"$g/bin/mount"
	# It is called when the workers are done
	cat >"$g/bin/umount" <<-END
	#!/bin/sh
	printf '%s\n' 'contig_alloc_success 1002' 'contig_alloc_migrated 1001' \
		'contig_alloc_fail 7' >"$g/proc/vmstat"
	END
	chmod +x "$g/bin/mount" "$g/bin/umount"
	export SETTLE=1
}

@test "job stress of ranges: every worker makes progress, and the plan is met" {
	contig_stubs
	job stress-contig 2 hog cache shrink
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = "ok 1 stress_contig" ]
	[[ $output == *"    1..6"* ]]
	[[ $output == *"# 5 files of 4 MB, and a third of them removed"* ]]
	[[ $output == *"1001 ranges, 1001 pages moved, 7 requests failed"* ]]
	[[ $output == *"    ok 6 free"* ]]
}

@test "job stress of ranges: files that change, ranges not allocated, memory lost" {
	contig_stubs
	# Too few, and pages are missing
	cat >"$BATS_TEST_TMPDIR/guest/bin/umount" <<-END
	#!/bin/sh
	echo contig_alloc_success 1000 >"$BATS_TEST_TMPDIR/guest/proc/vmstat"
	echo MemFree: 100000 kB >"$BATS_TEST_TMPDIR/guest/proc/meminfo"
	END
	# The contents differ
	printf '#!/bin/sh\nexit 1\n' >"$BATS_TEST_TMPDIR/guest/bin/cmp"
	chmod +x "$BATS_TEST_TMPDIR/guest/bin/cmp"
	job stress-contig 2 cache shrink
	[ "$status" -eq 1 ]
	[[ $output == *"is not as it was"* ]]
	[[ $output == *"    not ok 1 cache"* ]]
	[[ $output == *"    ok 2 shrink"* ]]
	[[ $output == *"    ok 3 log"* ]]
	[[ $output == *"    not ok 4 progress"* ]]
	[[ $output == *"    not ok 5 free"* ]]
	[ "${lines[-1]}" = "not ok 1 stress_contig" ]
}

@test "job stress of ranges: what is missing is named" {
	contig_stubs
	rm "$DEBUG/contig_benchmark"
	job stress-contig 2 hog
	[ "$status" -eq 2 ]
	[[ $output == *"CONFIG_CONTIG_BENCHMARK=y"* ]]
}
